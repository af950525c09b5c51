import { STATE, type StreamContext } from './context.ts';
import type { MessageState } from './ledger.ts';

/**
 * How many messages are in each state. A trigger follows every message that changes its state by itself; attempts begin and
 * end with many messages, and whoever begins or ends one says so here, once for all of them.
 */
export interface Tally {
  /** To be called in the transaction that moves them. One of both states is `sending`. */
  move(from: MessageState, to: MessageState, messages: number): void;
}

export function createTally({ db, stream }: StreamContext): Tally {
  const add = db.prepare(
    `UPDATE message_tally SET messages = messages + ? WHERE stream = ${stream} AND state = ?`,
  );
  return {
    move(from, to, messages) {
      if (messages === 0) return;
      add.run(-messages, STATE[from]);
      add.run(messages, STATE[to]);
    },
  };
}
