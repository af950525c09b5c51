/** Speaks to a simulator as a client of the historical API would, over real HTTP. */
import type { TestContext } from 'node:test';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';

/** A simulator of this test's own, closed when the test ends. */
export async function simulatorFor(t: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  t.after(() => simulator.close());
  return simulator;
}

export interface SendOptions {
  readonly department?: string;
  readonly customer?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the items. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly redirect?: RequestInit['redirect'];
  readonly signal?: AbortSignal;
}

export const SIMULATOR_AUTHORIZATION = `Basic ${btoa('simulator:simulator')}`;

/** One request with these items. Rejects as fetch does when no answer comes. */
export function send(
  simulator: Simulator,
  items: readonly unknown[],
  options: SendOptions = {},
): Promise<Response> {
  const { department = 'dept', customer = 'cust', method = 'PUT' } = options;
  return fetch(
    `${simulator.baseUrl}/department/${encodeURIComponent(department)}/customer/${encodeURIComponent(customer)}/communication/historical`,
    {
      method,
      headers: {
        authorization: SIMULATOR_AUTHORIZATION,
        'content-type': 'application/json',
        ...options.headers,
      },
      body: options.body ?? JSON.stringify({ saveMessageRequestList: items }),
      redirect: options.redirect ?? 'manual',
      signal: options.signal ?? null,
    },
  );
}

/** An answer in the reference's shape. */
export interface HistoricalAnswer {
  readonly saveMessageResponse: readonly {
    readonly sourceUuid: string;
    readonly messageUuid?: string;
    readonly errors?: readonly { readonly errorCode: string; readonly errorDescription: string }[];
    readonly warnings?: readonly { readonly warningCode: string }[];
  }[];
  readonly succesfullySubmittedSourceUuids: readonly string[];
  readonly failedSourceUuids: readonly string[];
  readonly errors: readonly { readonly errorCode: string }[];
}

export async function answerOf(response: Promise<Response>): Promise<HistoricalAnswer> {
  return (await (await response).json()) as HistoricalAnswer;
}

/** The least that is a valid item, sent at second number `second`. */
export function textItem(sourceUuid: string, second = 0): Record<string, unknown> {
  return {
    sourceUuid,
    sentOn: new Date(Date.UTC(2024, 2, 1, 10, 0, second)).toISOString(),
    messageAttributes: { body: 'Your car is ready.', type: 'OUTGOING', protocol: 'TEXT' },
  };
}
