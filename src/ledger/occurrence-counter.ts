import Database from 'better-sqlite3';
import type { OccurrenceCounter } from '../messages/identity.ts';
import { temporarySpaceUnusable } from '../temporary-space.ts';

/** Negative: KiB. What does not fit goes to a temporary file that the operating system removes with the process. */
const CACHE_SIZE = -12_000;

/** Of a digest: fits a JavaScript integer. Integer keys are more than twice as fast as the digests themselves. */
const KEY_BYTES = 6;

/** Counts in an anonymous temporary database: exact, and flat in memory however many digests there are. */
export function createOccurrenceCounter(): OccurrenceCounter {
  const db = new Database('');
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma(`cache_size = ${CACHE_SIZE}`);
  db.exec(`
    CREATE TABLE occurrence (key INTEGER PRIMARY KEY, digest BLOB NOT NULL, later INTEGER NOT NULL DEFAULT 0);
    BEGIN`);
  const first = db.prepare('INSERT INTO occurrence (key, digest) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const later = db
    .prepare('UPDATE occurrence SET later = later + 1 WHERE key = ? AND digest = ? RETURNING later')
    .pluck();
  const clear = db.prepare('DELETE FROM occurrence');
  return {
    next: (digest) =>
      withTemporarySpace(() => {
        // A key that another digest has taken leads on to the next one; nothing is ever deleted in between.
        for (let key = digest.readUIntBE(0, KEY_BYTES); ; key += 1) {
          if (first.run(key, digest).changes === 1) return 0;
          const occurrence = later.get(key, digest) as number | undefined;
          if (occurrence !== undefined) return occurrence;
        }
      }),
    reset: () => void withTemporarySpace(() => clear.run()),
    close: () => void db.close(),
  };
}

/** @throws {UsageError} where what does not fit into memory fits nowhere else. */
function withTemporarySpace<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isOurs = error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR|CANTOPEN)/.test(error.code);
    throw isOurs ? temporarySpaceUnusable(error) : error;
  }
}
