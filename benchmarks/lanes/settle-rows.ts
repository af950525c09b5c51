/**
 * better-sqlite3 and nothing else: intent, outcome and payload removal of the same messages, in a table of their own, as
 * durable as the ledger. The batches of all workers share a transaction.
 */
import Database from 'better-sqlite3';
import { asLane } from '../harness/as-lane.ts';
import { readBatches } from './staged-batches.ts';

interface Options {
  readonly ledger: string;
  readonly into: string;
  readonly concurrency: number;
}

await asLane(async ({ ledger, into, concurrency }: Options) => {
  const batches = readBatches(ledger);
  const db = new Database(into);
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('secure_delete = ON');
  db.exec(`
    ATTACH '${ledger}' AS staged;
    CREATE TABLE message (id INTEGER PRIMARY KEY, source_uuid TEXT UNIQUE, state INTEGER, attempt INTEGER, content_hash BLOB, record_hash BLOB);
    CREATE TABLE payload (message INTEGER PRIMARY KEY, item TEXT, record TEXT);
    INSERT INTO message SELECT id, source_uuid, 0, NULL, content_hash, record_hash FROM staged.message;
    INSERT INTO payload SELECT message, item, record FROM staged.payload`);
  db.exec('DETACH staged');
  const intend = db.prepare('UPDATE message SET state = 1, attempt = ? WHERE id = ?');
  const accept = db.prepare('UPDATE message SET state = 2 WHERE id = ?');
  const drop = db.prepare('DELETE FROM payload WHERE message = ?');
  const intendAll = db.transaction((first: number, ids: readonly number[]) => {
    for (const id of ids) intend.run(first, id);
  });
  const settleAll = db.transaction((ids: readonly number[]) => {
    for (const id of ids) {
      drop.run(id);
      accept.run(id);
    }
  });
  return async () => {
    let count = 0;
    for (let first = 0; first < batches.length; first += concurrency) {
      const ids = batches.slice(first, first + concurrency).flatMap((batch) => batch.ids);
      intendAll(first, ids);
      settleAll(ids);
      count += ids.length;
    }
    db.close();
    return { count };
  };
});
