import type Database from 'better-sqlite3';
import { MESSAGE_STATES, type MessageState } from './ledger.ts';

/** When acceptance, or the word that a message is stored, lets go of what people wrote. */
export type KeepPayloads = 'until-accepted' | 'until-stored' | 'always';

/** What every part of the SQLite ledger works on. */
export interface LedgerContext {
  readonly db: Database.Database;
  /** For error texts. */
  readonly path: string;
  /** Row id of the stream; 0 when a ledger opened for reading does not know the stream. */
  readonly stream: number;
  readonly keepPayloads: KeepPayloads;
}

/** What concerns one stream, and nobody's words. */
export type StreamContext = Pick<LedgerContext, 'db' | 'stream'>;

/**
 * What `message.state` and the tallies hold for each state; `sending` is in the tallies only, and in the view `in_flight`: a
 * message that is being sent keeps the state that it had before. Statements write the numbers as literals: SQLite uses the partial index
 * on open messages only where it can see, when it prepares, that a query stays within it.
 */
export const STATE = {
  pending: 0,
  sending: 1,
  accepted: 2,
  failed: 3,
  unknown: 4,
  stored: 5,
  missing: 6,
} as const satisfies Record<MessageState, number>;

/** SQL that gives the state of a row of `message`, `sending` included. */
export const STATE_NOW = `CASE WHEN message.id IN (SELECT in_flight.message FROM in_flight) THEN ${STATE.sending} ELSE message.state END`;

export function stateOf(code: number): MessageState {
  const state = MESSAGE_STATES[code];
  if (state === undefined) throw new Error(`The ledger holds an unknown message state: ${code}.`);
  return state;
}

/** Whether messages that are accepted keep their payload. */
export function keepsAccepted({ keepPayloads }: LedgerContext): boolean {
  return keepPayloads !== 'until-accepted';
}

/** Whether messages that evidence says are stored keep their payload. */
export function keepsStored({ keepPayloads }: LedgerContext): boolean {
  return keepPayloads === 'always';
}
