/**
 * Erases people from a ledger, whichever of its streams they are in. What stays of them is a keyed hash (see
 * `erased-customers.ts`) and their part in the counts of past runs.
 *
 * Theirs is: every message of their conversations, with its payload, evidence and conflicts; attempts at them; rejects and
 * conflicts that the mapping knew to be theirs, that name them, or that have the identity or the record of one of their
 * messages.
 */
import type Database from 'better-sqlite3';
import { systemClock } from '../clock.ts';
import { createIdentifierSearch } from '../identifier-search.ts';
import { openDatabaseFile } from './database-file.ts';
import { keepHashes } from './erased-customers.ts';
import { enterAllIdentities } from './identities.ts';
import { interruptAttempts } from './interruption.ts';
import { assertLedger, migrate, schemaVersion } from './migrate.ts';
import { withLedgerErrors } from './sqlite-errors.ts';

/** What a ledger knows them by. */
export interface Traces {
  /** Of their messages, and of their rejected records; none that is somebody else's, too, in another stream. */
  readonly sourceUuids: readonly string[];
  /** What the API calls their messages. */
  readonly messageUuids: readonly string[];
  readonly counts: ErasedCounts;
}

export interface ErasedCounts {
  readonly messages: number;
  readonly rejects: number;
  readonly conflicts: number;
  readonly evidence: number;
  readonly attempts: number;
}

/**
 * Every stream of the ledger: whoever erases people from it must be the only writer of each.
 * @throws {UsageError} `LEDGER_MISSING`.
 */
export async function streamsOf(path: string): Promise<readonly string[]> {
  const db = openDatabaseFile(path, 'read-only');
  try {
    return withLedgerErrors(path, () => {
      assertLedger(db, path);
      if (schemaVersion(db) === 0) return [];
      return db.prepare<[], string>('SELECT name FROM stream ORDER BY name').pluck().all();
    });
  } finally {
    db.close();
  }
}

/** Changes nothing that is theirs; brings the schema up to date. */
export async function findTraces(path: string, customerUuids: readonly string[]): Promise<Traces> {
  return inLedger(path, (db) => {
    markTheirs(db, customerUuids);
    const texts = (sql: string) => db.prepare<[], string>(sql).pluck().all();
    return {
      sourceUuids: texts(`
        WITH their_identity (uuid) AS (
          SELECT source_uuid FROM message JOIN temp.their_message USING (id)
          UNION SELECT source_uuid FROM reject JOIN temp.their_reject USING (id) WHERE source_uuid IS NOT NULL)
        SELECT uuid FROM their_identity
        WHERE NOT EXISTS (
          SELECT 1 FROM identity
          WHERE stream IN (SELECT id FROM stream) AND source_uuid = uuid
            AND message NOT IN (SELECT id FROM temp.their_message))`),
      messageUuids: texts(`
        SELECT message_uuid FROM message JOIN temp.their_message USING (id) WHERE message_uuid IS NOT NULL`),
      counts: countTheirs(db),
    };
  });
}

/**
 * All of it in one transaction; then the file is written anew without free pages, and the write-ahead log is emptied, so
 * that nothing of what was deleted is left in either. Doing it again changes nothing, and finishes what was interrupted.
 *
 * @throws {LockedError} `LEDGER_BUSY` while another process writes; what was erased by then stays erased.
 */
export async function eraseFromLedger(path: string, customerUuids: readonly string[]): Promise<ErasedCounts> {
  return inLedger(path, (db) => {
    // Each deleted row would be looked for in tables that have no index by which to find it.
    db.pragma('foreign_keys = OFF');
    const erase = db.transaction(() => {
      keepHashes(db, customerUuids, systemClock.nowMs());
      markTheirs(db, customerUuids);
      interruptTheirs(db);
      const counts = countTheirs(db);
      deleteTheirs(db);
      eraseMentions(db, customerUuids);
      return counts;
    });
    const counts = erase.immediate();
    // Row ids only, but VACUUM would otherwise work in memory, too.
    db.pragma('temp_store = FILE');
    db.exec('VACUUM');
    db.pragma('wal_checkpoint(TRUNCATE)');
    return counts;
  });
}

function inLedger<T>(path: string, work: (db: Database.Database) => T): T {
  const db = openDatabaseFile(path, 'existing');
  try {
    return withLedgerErrors(path, () => {
      migrate(db, path, systemClock.nowMs());
      db.transaction(enterAllIdentities).immediate(db);
      db.pragma('temp_store = MEMORY'); // a temporary file would be one more that holds something of them
      return work(db);
    });
  } finally {
    db.close();
  }
}

/** Makes temporary tables of the row ids of all that is theirs. */
function markTheirs(db: Database.Database, customerUuids: readonly string[]): void {
  defineNaming(db, customerUuids);
  db.exec(`
    CREATE TEMP TABLE their_customer (uuid TEXT PRIMARY KEY);
    CREATE TEMP TABLE their_conversation (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE their_message (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE their_record (stream INTEGER, record_hash BLOB, PRIMARY KEY (stream, record_hash));
    CREATE TEMP TABLE their_reject (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE their_conflict (id INTEGER PRIMARY KEY)`);
  const addCustomer = db.prepare('INSERT OR IGNORE INTO temp.their_customer VALUES (?)');
  for (const customerUuid of customerUuids) addCustomer.run(customerUuid);
  db.exec(`
    INSERT INTO their_conversation
      SELECT id FROM conversation WHERE customer_uuid IN (SELECT uuid FROM their_customer);
    INSERT INTO their_message SELECT id FROM message WHERE conversation IN (SELECT id FROM their_conversation);
    INSERT OR IGNORE INTO their_record SELECT stream, record_hash FROM message JOIN their_message USING (id);
    INSERT INTO their_reject
      SELECT id FROM reject
      WHERE customer_uuid IN (SELECT uuid FROM their_customer) OR names_them(record) OR names_them(errors)
        OR names_them(source_uuid)
        OR customer_uuid IS NULL AND (
          EXISTS (SELECT 1 FROM their_record WHERE stream = reject.stream AND record_hash = reject.record_hash)
          OR EXISTS (
            SELECT 1 FROM identity JOIN their_message ON their_message.id = identity.message
            WHERE identity.stream = reject.stream AND identity.source_uuid = reject.source_uuid));
    INSERT INTO their_conflict
      SELECT id FROM conflict
      WHERE message IN (SELECT id FROM their_message) OR customer_uuid IN (SELECT uuid FROM their_customer)
        OR names_them(record)`);
}

/** An SQL function: whether a text names them. Identifiers that are too short to be searched for count as whole values. */
function defineNaming(db: Database.Database, customerUuids: readonly string[]): void {
  const { isIn } = createIdentifierSearch(customerUuids);
  const asValues = customerUuids.map((customerUuid) => JSON.stringify(customerUuid));
  const names = (text: unknown) =>
    typeof text === 'string' && (isIn(text) || asValues.some((value) => text.includes(value)));
  db.function('names_them', { deterministic: true }, (text: unknown) => (names(text) ? 1 : 0));
}

/** Messages that a crash has left in flight are counted apart from all others. */
function interruptTheirs(db: Database.Database): void {
  const theirs = 'conversation IN (SELECT id FROM temp.their_conversation)';
  for (const stream of db.prepare<[], number>('SELECT id FROM stream').pluck().all()) {
    interruptAttempts({ db, stream }, systemClock.nowMs(), theirs);
  }
}

function countTheirs(db: Database.Database): ErasedCounts {
  const count = (sql: string) => db.prepare<[], number>(`SELECT count(*) FROM ${sql}`).pluck().get() ?? 0;
  return {
    messages: count('temp.their_message'),
    rejects: count('temp.their_reject'),
    conflicts: count('temp.their_conflict'),
    evidence: count('evidence WHERE message IN (SELECT id FROM temp.their_message)'),
    attempts: count('attempt WHERE conversation IN (SELECT id FROM temp.their_conversation)'),
  };
}

function deleteTheirs(db: Database.Database): void {
  db.exec(`
    DELETE FROM payload WHERE message IN (SELECT id FROM temp.their_message);
    DELETE FROM evidence WHERE message IN (SELECT id FROM temp.their_message);
    DELETE FROM conflict WHERE id IN (SELECT id FROM temp.their_conflict);
    DELETE FROM reject WHERE id IN (SELECT id FROM temp.their_reject);
    DELETE FROM identity WHERE (stream, source_uuid) IN (
      SELECT stream, source_uuid FROM message JOIN temp.their_message USING (id));
    DELETE FROM message WHERE id IN (SELECT id FROM temp.their_message);`);
  // The newest ids may be given out again.
  enterAllIdentities(db);
  // A message that was theirs when it was sent, and is another customer's by a corrected mapping, keeps its attempt.
  db.exec(`
    UPDATE attempt SET conversation = kept.conversation, request_uuid = NULL
    FROM (
      SELECT attempt.id, min(message.conversation) AS conversation
      FROM message JOIN attempt ON attempt.id = message.attempt
      WHERE attempt.conversation IN (SELECT id FROM temp.their_conversation) GROUP BY 1) kept
    WHERE attempt.id = kept.id;
    DELETE FROM attempt WHERE conversation IN (SELECT id FROM temp.their_conversation);
    DELETE FROM conversation WHERE id IN (SELECT id FROM temp.their_conversation)`);
}

const TEXTS = [
  { table: 'message', columns: ['error', 'warnings'] },
  { table: 'attempt', columns: ['outcome'] },
  { table: 'evidence', columns: ['error'] },
  { table: 'input', columns: ['name'] },
  { table: 'archive', columns: ['name'] },
];

/** What others said of other messages, and names of files, may name them as well. */
function eraseMentions(db: Database.Database, customerUuids: readonly string[]): void {
  for (const { table, columns } of TEXTS) {
    for (const column of columns) {
      // Names stay different from each other.
      const instead = column === 'name' ? "'erased-' || id" : "'(erased)'";
      const update = db.prepare(
        `UPDATE ${table} SET ${column} = replace(${column}, ?, ${instead}) WHERE names_them(${column})`,
      );
      for (const customerUuid of customerUuids) update.run(customerUuid);
    }
  }
}
