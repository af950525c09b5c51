/**
 * Message events for what was accepted, as the message-event reference has them delivered: `text/plain`, the payload a JSON
 * string, signed. Deliveries repeat and arrive out of order when told so.
 */
import { createHmac } from 'node:crypto';
import { chance } from './chance.ts';
import { type EventMessage, eventText, isTold } from './message-event-document.ts';
import type { Outbox } from './outbox.ts';
import type { SimulatorSettings } from './simulator.ts';

export interface MessageEvents {
  emit(message: EventMessage): void;
}

export function createMessageEvents(
  settings: SimulatorSettings,
  outbox: Outbox,
  nowMs: () => number,
): MessageEvents {
  const { eventsUrl: url, eventsSecret, eventsToken, seed } = settings;
  if (url === null) return { emit: () => {} };

  function deliver(message: EventMessage, timestampMs: number): void {
    const body = eventText(message, timestampMs);
    const headers = {
      'content-type': 'text/plain',
      'mykaarma-signature-token': `sha256=${createHmac('sha256', eventsSecret).update(body).digest('hex')}`,
      'x-authorization-token': eventsToken,
    };
    const version = message.isUpdate ? 'update' : 'new';
    const about = [message.messageUuid, version];
    const isDoubled = chance(seed, 'event-double', ...about) < settings.eventDuplicates;
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy++) {
      const delayMs = settings.eventJitterMs * chance(seed, 'event-delay', ...about, copy);
      outbox.post({ kind: 'messageEvents', url: url as string, headers, body, delayMs });
    }
  }

  return {
    emit(message) {
      if (!isTold(message)) return;
      const timestampMs = nowMs();
      deliver(message, timestampMs);
      if (chance(seed, 'event-update', message.messageUuid) < settings.eventUpdates) {
        deliver({ ...message, isUpdate: true }, timestampMs + 1);
      }
    },
  };
}
