/**
 * Customers that the API does not know. One such customer is the customer's fault and its messages fail. Twenty in a
 * row with nothing accepted in between look like a wrong base URL, and then no message is to blame.
 *
 * So nothing is failed on suspicion: a suspect's messages rest as pending (which is what a crash leaves), and fail
 * once an acceptance proves the base URL right, or the plan ends.
 */
import type { Refusal } from '../destinations/destination.ts';
import type { Conversation, OutgoingMessage } from '../ledger/ledger.ts';
import type { Halt } from './halt.ts';

const SUSPICIOUS_IN_A_ROW = 20;

export interface Suspect {
  readonly conversation: Conversation;
  /** Drawn from the conversation and not accepted. */
  readonly messages: readonly OutgoingMessage[];
  readonly refusal: Refusal;
}

export interface NotFoundRule {
  suspect(suspect: Suspect): void;
  /** The base URL is right: fails all suspects. */
  convict(): Promise<void>;
  /** Those that were neither convicted nor acquitted when the delivery stopped. */
  remaining(): readonly Suspect[];
}

export function createNotFoundRule(halt: Halt, fail: (suspect: Suspect) => Promise<void>): NotFoundRule {
  const suspects: Suspect[] = [];
  return {
    suspect(suspect) {
      suspects.push(suspect);
      if (suspects.length < SUSPICIOUS_IN_A_ROW) return;
      halt.stop(
        'wrong-base-url',
        `The API does not know ${suspects.length} customers in a row: is the base URL right?`,
      );
    },
    async convict() {
      // Those that come in meanwhile wait for proof of their own.
      const convicted = suspects.splice(0);
      for (const suspect of convicted) {
        if (halt.stopped) suspects.push(suspect);
        else await fail(suspect);
      }
    },
    remaining: () => suspects,
  };
}
