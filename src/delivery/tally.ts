/** Counts messages whose fate in this delivery is decided, each once, and stops at so many failures. */
import type { OutgoingMessage, Settlement } from '../ledger/ledger.ts';
import type { Halt } from './halt.ts';
import type { DeliveryObserver } from './observer.ts';

export interface MessageTally {
  accepted: number;
  failed: number;
  /** Rest as unknown: the API may have taken them. */
  unknown: number;
}

export interface Tally {
  readonly counts: Readonly<MessageTally>;
  /** Messages that need nothing more; the others of `counts` were left. */
  readonly settledCount: number;
  /** Final settlements. Released messages are not decided and not counted. */
  settled(settlements: readonly Settlement[]): void;
  /** Messages that this delivery leaves as they are: ambiguous ones rest as unknown. */
  left(messages: readonly OutgoingMessage[]): void;
}

export function createTally(options: {
  maxFailures: number | null;
  halt: Halt;
  observer: DeliveryObserver;
}): Tally {
  const { maxFailures, halt, observer } = options;
  const counts: MessageTally = { accepted: 0, failed: 0, unknown: 0 };
  let settledCount = 0;

  const add = (more: MessageTally) => {
    if (more.accepted + more.failed + more.unknown === 0) return;
    counts.accepted += more.accepted;
    counts.failed += more.failed;
    counts.unknown += more.unknown;
    observer.onSettled?.(more);
    if (maxFailures !== null && counts.failed >= maxFailures) {
      halt.stop('max-failures', `${counts.failed} messages failed.`);
    }
  };
  return {
    counts,
    get settledCount() {
      return settledCount;
    },
    settled(settlements) {
      const more: MessageTally = { accepted: 0, failed: 0, unknown: 0 };
      for (const { outcome } of settlements) if (outcome !== 'released') more[outcome]++;
      settledCount += more.accepted + more.failed + more.unknown;
      add(more);
    },
    left(messages) {
      add({ accepted: 0, failed: 0, unknown: messages.filter((message) => message.ambiguous).length });
    },
  };
}
