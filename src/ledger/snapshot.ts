import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { systemClock } from '../clock.ts';
import { createPrivateFile, openDatabaseFile } from './database-file.ts';
import { assertLedger, migrate } from './migrate.ts';
import { asLedgerError, withLedgerErrors } from './sqlite-errors.ts';

/** Everything in one step: between steps, another process's writing would make the copy start anew. */
const ALL_PAGES = 0x7fff_ffff;

/**
 * Makes a private copy of the ledger at `path`, as it is at one moment, or an empty ledger when there is none.
 *
 * @throws {LedgerError} when the ledger cannot be read, or the copy cannot be written.
 */
export async function snapshotLedger(path: string, targetPath: string): Promise<void> {
  if (!existsSync(path)) {
    const db = openDatabaseFile(targetPath, 'create');
    try {
      withLedgerErrors(targetPath, () => migrate(db, targetPath, systemClock.nowMs()));
    } finally {
      db.close();
    }
    return;
  }
  createPrivateFile(targetPath);
  const db = openDatabaseFile(path, 'read-only');
  try {
    assertLedger(db, path);
    await db.backup(targetPath, { progress: () => ALL_PAGES });
  } catch (error) {
    // Only the copy is written.
    throw asLedgerError(error, isFull(error) ? targetPath : path);
  } finally {
    db.close();
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_FULL');
}
