import { setImmediate } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { STATE } from './context.ts';

/** Some milliseconds of work: between two steps, signals are heard. */
const PAGES_A_STEP = 250;

/** The more free pages there are, the longer each takes: a file of gigabytes would keep its user waiting for a minute. */
const LONGEST_MS = 250;

/**
 * Gives the room of dropped payloads back to the disk, as far as a moment's work gets, once a stream has nothing left to deliver
 * and most of the file is free. Before that, the next staging uses it again; `ledger vacuum` gives back all of it.
 */
export async function giveBackFreePages(db: Database.Database, stream: number): Promise<void> {
  const pending = db.prepare('SELECT messages FROM message_tally WHERE stream = ? AND state = ?').pluck();
  if (pending.get(stream, STATE.pending) !== 0 || freePages(db) < pages(db) / 2) return;
  const endMs = performance.now() + LONGEST_MS;
  while (db.open && freePages(db) > 0 && performance.now() < endMs) {
    db.pragma(`incremental_vacuum(${PAGES_A_STEP})`);
    await setImmediate();
  }
}

function freePages(db: Database.Database): number {
  return db.pragma('freelist_count', { simple: true }) as number;
}

function pages(db: Database.Database): number {
  return db.pragma('page_count', { simple: true }) as number;
}
