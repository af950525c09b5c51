/**
 * Outcomes on their way into the ledger. Nobody waits for one by itself: a worker's next intent is about other messages. What a
 * failed one means for the delivery, and that none is left under way when it ends, is seen to here.
 */
import type { Halt } from './halt.ts';

export interface Settling {
  /** Looks after a settlement that has begun. */
  watch(settlement: Promise<void>): void;
  /** Resolves once none is under way. */
  atRest(): Promise<void>;
}

export function createSettling(halt: Halt): Settling {
  const underWay = new Set<Promise<void>>();
  return {
    watch(settlement) {
      const watched = settlement.catch(halt.fail).finally(() => underWay.delete(watched));
      underWay.add(watched);
    },
    async atRest() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
