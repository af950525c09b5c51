/** What living people would have received: texts and WhatsApp messages, and how often. */
import { hash } from 'node:crypto';
import type { Api } from './api.ts';
import type { Customer } from './traffic.ts';

export interface LiveMessage {
  readonly api: Exclude<Api, 'historical'>;
  /** Kaleyra: the SID. */
  readonly departmentUuid: string;
  /** Kaleyra: the recipient's number. */
  readonly customerUuid: string;
  /** What the sender calls it: a text's `callbackMetaData.backhaulSourceUuid`, Kaleyra's `ref`; null when it does not. */
  readonly sourceUuid: string | null;
  readonly body: string;
}

export interface DeliveredMessage extends Omit<LiveMessage, 'body'> {
  /** SHA-256 (hex) of the body, UTF-8. */
  readonly sha256: string;
  readonly deliveries: number;
  /** When bodies are kept. */
  readonly body?: string;
}

export interface LiveCounts {
  /** Distinct messages that reached a living person. */
  readonly delivered: number;
  /** Those among them that did so more than once. */
  readonly deliveredTwice: number;
}

export interface LiveMemory {
  /** For the count of requests in flight. */
  recipient(departmentUuid: string, customerUuid: string): Customer;
  /** Notes that a message was submitted, whatever becomes of it. Returns how often it has been, this time included. */
  noteSubmission(identity: string): number;
  /** Returns how often the message was delivered, this time included. */
  deliver(identity: string, message: LiveMessage): number;
  counts(): LiveCounts;
  /** In order of first delivery. */
  delivered(): Iterable<DeliveredMessage>;
}

/**
 * What tells messages apart: the name that the sender gives, whoever it then goes to; without one the same words to the same
 * customer are the same message, which is wrong about two honest "Ok".
 */
export function textIdentity({ departmentUuid, customerUuid, sourceUuid, body }: LiveMessage): string {
  return sourceUuid === null
    ? hash('sha256', JSON.stringify(['text', departmentUuid, customerUuid, body]))
    : JSON.stringify(['text', sourceUuid]);
}

/** @param refs need not be unique, so that they identify only together with recipient and words. */
export function whatsAppIdentity(message: LiveMessage, refs: readonly (string | undefined)[]): string {
  return hash('sha256', JSON.stringify(['kaleyra', message.customerUuid, message.body, ...refs]));
}

export function createLiveMemory({ keepBodies }: { readonly keepBodies: boolean }): LiveMemory {
  const recipients = new Map<string, Customer>();
  const submissions = new Map<string, number>();
  const messages = new Map<string, DeliveredMessage & { deliveries: number }>();
  let deliveredTwice = 0;
  return {
    recipient(departmentUuid, customerUuid) {
      const key = `${departmentUuid}\u0000${customerUuid}`;
      const known = recipients.get(key) ?? { inFlight: 0 };
      recipients.set(key, known);
      return known;
    },
    noteSubmission(identity) {
      const times = (submissions.get(identity) ?? 0) + 1;
      submissions.set(identity, times);
      return times;
    },
    deliver(identity, { body, ...message }) {
      const known = messages.get(identity);
      if (known) {
        known.deliveries++;
        if (known.deliveries === 2) deliveredTwice++;
        return known.deliveries;
      }
      messages.set(identity, {
        ...message,
        sha256: hash('sha256', body),
        deliveries: 1,
        ...(keepBodies ? { body } : {}),
      });
      return 1;
    },
    counts: () => ({ delivered: messages.size, deliveredTwice }),
    delivered: () => messages.values(),
  };
}
