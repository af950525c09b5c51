/**
 * Makes this process the archive's only writer: an exclusive SQLite transaction on a file in its directory, as for the
 * ledger's streams. The operating system lets go of it when the process ends, however it ends; a file with a process id
 * in it could not tell a process from a later one of the same number.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LockedError } from '../errors.ts';
import { archiveUnusable } from './archive-files.ts';

const LOCK_FILE = '.listen-lock';

export interface ArchiveLock {
  release(): void;
}

/** @throws {LockedError} `ARCHIVE_LOCKED`. @throws {UsageError} `ARCHIVE_UNUSABLE`. */
export function lockArchive(directory: string): ArchiveLock {
  const path = join(directory, LOCK_FILE);
  let db: Database.Database | undefined;
  try {
    closeSync(openSync(path, 'a', 0o600));
    db = new Database(path, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    const held = db;
    return { release: () => held.close() };
  } catch (error) {
    db?.close();
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) {
      throw archiveUnusable(directory, error);
    }
    throw new LockedError(`Another listener writes to ${directory}.`, {
      code: 'ARCHIVE_LOCKED',
      fix: 'Stop it first, or name another directory with --archive.',
      cause: error,
    });
  }
}
