import Database from 'better-sqlite3';
import type { OccurrenceCounter } from '../messages/identity.ts';

/** Negative: KiB. What does not fit goes to a temporary file that the operating system removes with the process. */
const CACHE_SIZE = -32_000;

/** Counts in an anonymous temporary database: exact, and flat in memory however many digests there are. */
export function createOccurrenceCounter(): OccurrenceCounter {
  const db = new Database('');
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma(`cache_size = ${CACHE_SIZE}`);
  db.exec(`
    CREATE TABLE occurrence (digest BLOB PRIMARY KEY, later INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    BEGIN`);
  const count = db
    .prepare(`
      INSERT INTO occurrence (digest) VALUES (?) ON CONFLICT (digest) DO UPDATE SET later = later + 1
      RETURNING later`)
    .pluck();
  const clear = db.prepare('DELETE FROM occurrence');
  return {
    next: (digest) => count.get(digest) as number,
    reset: () => void clear.run(),
    close: () => void db.close(),
  };
}
