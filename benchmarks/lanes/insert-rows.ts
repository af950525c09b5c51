/**
 * better-sqlite3 and nothing else: the rows of a staged ledger, serialised already, into one table with the one index that
 * identity needs, as durable as the ledger. Taking the rows out of the ledger is not measured.
 */
import Database from 'better-sqlite3';
import { asLane } from '../harness/as-lane.ts';

const ROWS_A_TRANSACTION = 2_000;

await asLane(async ({ from, into }: { from: string; into: string }) => {
  const staged = new Database(from, { readonly: true });
  const select = staged
    .prepare(`
      SELECT source_uuid, conversation, sent_at_ms, content_hash, record_hash, line, item, record
      FROM message JOIN payload ON payload.message = message.id
      WHERE id > ? AND id <= ? ORDER BY id`)
    .raw();
  const last = staged.prepare('SELECT max(id) FROM message').pluck().get() as number;

  const db = new Database(into);
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(`CREATE TABLE message (
    id INTEGER PRIMARY KEY, source_uuid TEXT NOT NULL UNIQUE, conversation INTEGER, sent_at_ms INTEGER,
    content_hash BLOB, record_hash BLOB, line INTEGER, item TEXT, record TEXT)`);
  const insert = db.prepare('INSERT INTO message VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertAll = db.transaction((rows: unknown[][]) => {
    for (const row of rows) insert.run(...row);
  });
  return async () => {
    let count = 0;
    let measuredMs = 0;
    for (let first = 0; first < last; first += ROWS_A_TRANSACTION) {
      const rows = select.all(first, first + ROWS_A_TRANSACTION) as unknown[][];
      const startedAtMs = performance.now();
      insertAll(rows);
      measuredMs += performance.now() - startedAtMs;
      count += rows.length;
    }
    db.close();
    return { count, durationMs: measuredMs };
  };
});
