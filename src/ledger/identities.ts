/**
 * Which message has which identity: one, in each stream (table `identity`).
 *
 * Identities come in no order. Entered one by one, each changes a page somewhere in their table, and beyond some hundred thousand of
 * them nearly every row writes a page of its own. So a large import gathers newcomers first and enters very many at once,
 * in the table's order: they share its pages. Until then they are known here alone, and a filter answers for nearly
 * every other identity that the table does not have it. `stream.identified_up_to` says what has been entered; what a
 * crash has left is entered when the ledger is opened, before anybody asks.
 */
import type Database from 'better-sqlite3';
import { shortHash } from '../short-hash.ts';
import { type AbsenceFilter, createAbsenceFilter } from './absence-filter.ts';
import type { LedgerContext } from './context.ts';
import { sortInLittleRoom } from './database-file.ts';
import type { MessageId } from './ledger.ts';
import { createNewcomers } from './newcomers.ts';

/** All to be called in a transaction that writes. */
export interface Identities {
  find(sourceUuid: string): MessageId | null;
  /** A new message, the newest of the stream, whose identity was not found. */
  add(sourceUuid: string, id: MessageId): void;
  /** Enters what has gathered, if it is enough. To be called with every piece of work. */
  enterIfMany(): void;
  /** Enters what has gathered. */
  enter(): void;
  /** After a rollback: what was added may be gone. */
  forget(): void;
}

/** For large imports: as many as {@link createNewcomers} holds in ten megabytes. */
export const MANY = 340_000;

/** @param gathered how many newcomers are entered at once; 0: those of each piece of work */
export function createIdentities({ db, stream }: LedgerContext, gathered = 0): Identities {
  const lookUp = db
    .prepare<[string], MessageId>(`SELECT message FROM identity WHERE stream = ${stream} AND source_uuid = ?`)
    .pluck();
  const isOf = db.prepare('SELECT 1 FROM message WHERE id = ? AND source_uuid = ?').pluck();
  const newcomers = createNewcomers();
  /** Of what the table holds; null: the table is asked each time. */
  let filter: AbsenceFilter | null = null;
  let isReady = false;
  /** The last identity looked for, which is mostly the next to be added. */
  let last = { sourceUuid: '', digest: shortHash('') };

  function digestOf(sourceUuid: string): Buffer {
    if (sourceUuid !== last.sourceUuid) last = { sourceUuid, digest: shortHash(sourceUuid) };
    return last.digest;
  }

  function makeReady(): void {
    enterIdentities(db, stream);
    newcomers.clear();
    filter = gathered === 0 ? null : filterOf(db, stream, gathered);
    isReady = true;
  }

  function enter(): void {
    // With each piece of work it would empty the cache.
    if (gathered === 0) enterIdentities(db, stream);
    else sortInLittleRoom(db, () => enterIdentities(db, stream));
    if (!isReady) return;
    for (const digest of newcomers.digests()) filter?.add(digest);
    newcomers.clear();
  }

  return {
    find(sourceUuid) {
      if (!isReady) makeReady();
      if (filter === null && newcomers.size === 0) return lookUp.get(sourceUuid) ?? null;
      const digest = digestOf(sourceUuid);
      const newcomer = newcomers.find(digest, (id) => isOf.get(id, sourceUuid) !== undefined);
      if (newcomer !== null) return newcomer;
      if (filter !== null && !filter.mayHave(digest)) return null;
      return lookUp.get(sourceUuid) ?? null;
    },
    add(sourceUuid, id) {
      newcomers.add(digestOf(sourceUuid), id);
    },
    enterIfMany() {
      if (newcomers.size > 0 && newcomers.size >= gathered) enter();
    },
    enter,
    forget() {
      isReady = false;
    },
  };
}

/** Enters what is not entered yet, of one stream. To be called in a transaction: rows and mark belong together. */
export function enterIdentities(db: Database.Database, stream: number): void {
  const enteredUpTo = db
    .prepare<[number], number>('SELECT identified_up_to FROM stream WHERE id = ?')
    .pluck()
    .get(stream);
  const newest = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM message').pluck().get();
  // It may be older, too: erased, the newest give their ids to those that come next.
  if (newest === enteredUpTo) return;
  db.prepare(`
    INSERT INTO identity SELECT stream, source_uuid, id FROM message
    WHERE id > ? AND +stream = ? ORDER BY source_uuid`).run(enteredUpTo, stream);
  db.prepare('UPDATE stream SET identified_up_to = ? WHERE id = ?').run(newest, stream);
}

/** The same of every stream: whoever calls it is the only one who writes. */
export function enterAllIdentities(db: Database.Database): void {
  const streams = db.prepare<[], number>('SELECT id FROM stream').pluck().all();
  for (const stream of streams) enterIdentities(db, stream);
}

/** @returns null where the table holds so many that it takes longer than it is worth. */
function filterOf(db: Database.Database, stream: number, most: number): AbsenceFilter | null {
  const size = db
    .prepare<[number, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM identity WHERE stream = ? LIMIT ?)',
    )
    .pluck()
    .get(stream, most + 1) as number;
  if (size > most) return null;
  const filter = createAbsenceFilter();
  const entered = db.prepare<[number], string>('SELECT source_uuid FROM identity WHERE stream = ?').pluck();
  for (const sourceUuid of entered.iterate(stream)) filter.add(shortHash(sourceUuid));
  return filter;
}
