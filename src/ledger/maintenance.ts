/** Looks after a ledger's file: is it sound, and can it be smaller. Both work on all of its streams. */
import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { systemClock } from '../clock.ts';
import { STATE, STATE_NOW } from './context.ts';
import { openDatabaseFile } from './database-file.ts';
import { assertCurrent, migrate } from './migrate.ts';
import { withLedgerErrors } from './sqlite-errors.ts';

export interface LedgerFinding {
  /** Upper-snake-case. */
  readonly code: string;
  /** What is wrong, without anybody's data. */
  readonly message: string;
}

/**
 * Holds a ledger against everything that must be true of it. An empty list: it is sound.
 *
 * @throws {UsageError} `LEDGER_MISSING`.
 * @throws {LedgerError} when it cannot be opened at all.
 */
export async function checkLedger(path: string): Promise<readonly LedgerFinding[]> {
  const db = openDatabaseFile(path, 'read-only');
  try {
    return withLedgerErrors(path, () => {
      assertCurrent(db, path);
      const damage = fileDamage(db);
      return damage.length > 0 ? damage : contradictions(db);
    });
  } finally {
    db.close();
  }
}

function fileDamage(db: Database.Database): readonly LedgerFinding[] {
  const integrity = db.pragma('integrity_check') as { integrity_check: string }[];
  const damage = integrity
    .flatMap(({ integrity_check }) => integrity_check.split('\n'))
    .filter((line) => line !== 'ok' && !line.startsWith('***'))
    .map((message) => ({ code: 'FILE_DAMAGED', message }));
  if (damage.length > 0) return damage; // what refers to what is not to be asked of broken trees
  const orphans = db.prepare<[], { table: string; rows: number }>(
    'SELECT "table", count(*) AS rows FROM pragma_foreign_key_check GROUP BY 1',
  );
  return orphans.all().map(({ table, rows }) => ({
    code: 'ORPHANED_ROWS',
    message: `${rows} rows of ${table} refer to rows that do not exist.`,
  }));
}

/** Each query names a stream and a number for everything that contradicts the rule. */
const RULES: readonly { code: string; says: string; sql: string }[] = [
  {
    code: 'TALLY_WRONG',
    says: 'messages are counted in a state other than theirs',
    sql: `
      SELECT stream.name, sum(abs(coalesce(tally.messages, 0) - coalesce(counted.messages, 0))) AS rows
      FROM stream
      CROSS JOIN (SELECT value AS state FROM json_each('[${Object.values(STATE).join()}]')) states
      LEFT JOIN message_tally tally ON tally.stream = stream.id AND tally.state = states.state
      LEFT JOIN (SELECT stream, ${STATE_NOW} AS state, count(*) AS messages FROM message GROUP BY 1, 2) counted
        ON counted.stream = stream.id AND counted.state = states.state
      GROUP BY stream.id`,
  },
  {
    code: 'STATE_UNKNOWN',
    says: 'messages are in a state that does not exist',
    sql: `
      SELECT stream.name, count(*) AS rows FROM message JOIN stream ON stream.id = message.stream
      WHERE state = ${STATE.sending} OR state NOT IN (${Object.values(STATE).join()}) GROUP BY stream.id`,
  },
  {
    code: 'PAYLOAD_MISMATCH',
    says: 'messages have a payload that they should not have, or lack one that they should have',
    sql: `
      SELECT stream.name, count(*) AS rows FROM message
      JOIN stream ON stream.id = message.stream LEFT JOIN payload ON payload.message = message.id
      WHERE has_payload <> (payload.message IS NOT NULL) GROUP BY stream.id`,
  },
  {
    code: 'AMBIGUITY_LOST',
    says: 'messages that the API may have taken are in a state that forgets it',
    sql: `
      SELECT stream.name, count(*) AS rows FROM message JOIN stream ON stream.id = message.stream
      WHERE ambiguous <> (state = ${STATE.unknown}) GROUP BY stream.id`,
  },
  {
    code: 'ATTEMPT_MISSING',
    says: 'messages have an outcome but were never part of an attempt',
    sql: `
      SELECT stream.name, count(*) AS rows FROM message JOIN stream ON stream.id = message.stream
      WHERE state <> ${STATE.pending} AND attempt IS NULL GROUP BY stream.id`,
  },
  {
    code: 'INTENT_MISMATCH',
    says: 'messages are being sent that could not be sent, or have been',
    sql: `
      SELECT stream.name, count(*) AS rows FROM in_flight
      JOIN attempt ON attempt.id = in_flight.attempt
      JOIN run ON run.id = attempt.run JOIN stream ON stream.id = run.stream
      LEFT JOIN message ON message.id = in_flight.message AND message.conversation = in_flight.conversation
        AND message.stream = stream.id AND state IN (${STATE.pending}, ${STATE.unknown})
      WHERE message.id IS NULL GROUP BY stream.id`,
  },
  {
    code: 'WRONG_STREAM',
    says: "messages are in another stream's conversation",
    sql: `
      SELECT stream.name, count(*) AS rows FROM message
      JOIN stream ON stream.id = message.stream
      JOIN conversation ON conversation.id = message.conversation
      JOIN department ON department.id = conversation.department
      WHERE department.stream <> message.stream GROUP BY stream.id`,
  },
  {
    code: 'IDENTITY_MISMATCH',
    says: 'identities lead to no message, to another one, or are missing',
    sql: `
      SELECT stream.name, count(*) AS rows FROM (
        SELECT message.stream FROM message
        JOIN stream ON stream.id = message.stream AND message.id <= stream.identified_up_to
        LEFT JOIN identity ON identity.stream = message.stream AND identity.source_uuid = message.source_uuid
        WHERE identity.message IS NOT message.id
        UNION ALL
        SELECT identity.stream FROM identity LEFT JOIN message ON message.id = identity.message
        WHERE message.id IS NULL) wrong
      JOIN stream ON stream.id = wrong.stream GROUP BY stream.id`,
  },
  {
    code: 'RUN_UNBALANCED',
    says: 'runs have a summary that does not add up',
    sql: `
      SELECT stream.name, count(*) AS rows FROM run JOIN stream ON stream.id = run.stream
      WHERE json_extract(summary, '$.balanced') = 0 GROUP BY stream.id`,
  },
];

function contradictions(db: Database.Database): readonly LedgerFinding[] {
  return RULES.flatMap(({ code, says, sql }) =>
    db
      .prepare<[], { name: string; rows: number }>(sql)
      .all()
      .filter(({ rows }) => rows > 0)
      .map(({ name, rows }) => ({ code, message: `Stream ${name}: ${rows} ${says}.` })),
  );
}

/**
 * Gives the room of dropped payloads back to the disk. Needs as much free room as the ledger holds, for a while.
 *
 * @returns the size of the file and its write-ahead log.
 * @throws {LockedError} `LEDGER_BUSY` while another process writes it.
 */
export async function vacuumLedger(path: string): Promise<{ bytesBefore: number; bytesAfter: number }> {
  const bytesBefore = sizeOf(path);
  const db = openDatabaseFile(path, 'existing');
  try {
    withLedgerErrors(path, () => {
      db.pragma('busy_timeout = 0'); // a person waits, and can try again
      migrate(db, path, systemClock.nowMs());
      db.exec('VACUUM');
      db.pragma('wal_checkpoint(TRUNCATE)');
    });
  } finally {
    db.close();
  }
  return { bytesBefore, bytesAfter: sizeOf(path) };
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce(
    (bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
