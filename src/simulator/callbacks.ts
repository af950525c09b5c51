/** Asynchronous results: told to the URL that the request gave, some time after its answer. */
import { drawMs } from './chance.ts';
import type { DeliveryKind, Outbox } from './outbox.ts';
import type { SimulatorSettings } from './simulator.ts';

export interface Callbacks {
  /** @param about decides the delay, together with the seed. */
  post(kind: Exclude<DeliveryKind, 'messageEvents'>, url: string, result: unknown, about: string): void;
}

export function createCallbacks({ callbackDelayMs, seed }: SimulatorSettings, outbox: Outbox): Callbacks {
  return {
    post(kind, url, result, about) {
      outbox.post({
        kind,
        url,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(result),
        delayMs: drawMs(callbackDelayMs, seed, 'callback', about),
      });
    },
  };
}
