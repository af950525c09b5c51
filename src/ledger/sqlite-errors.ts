import Database from 'better-sqlite3';
import { type BackhaulError, LedgerError, LockedError } from '../errors.ts';

/**
 * What SQLite's failure means to the person whose ledger it is. Errors that are not SQLite's, and those that only
 * a defect can cause (a broken constraint, a wrong statement), come back as they are.
 */
export function asLedgerError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  return describe(error, path) ?? error;
}

function describe(cause: InstanceType<typeof Database.SqliteError>, path: string): BackhaulError | null {
  // Extended codes, such as SQLITE_IOERR_WRITE, begin with the primary one.
  const code = /^SQLITE_[A-Z]+/.exec(cause.code)?.[0];
  switch (code) {
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return damaged(path, cause);
    case 'SQLITE_FULL':
      return ledgerFull(path, cause);
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return new LedgerError(`The ledger ${path} cannot be written.`, {
        code: 'LEDGER_READ_ONLY',
        fix: 'Give this user write permission to the file and its directory, or name another file with --ledger.',
        cause,
      });
    case 'SQLITE_CANTOPEN':
      return cannotOpen(path, cause);
    case 'SQLITE_IOERR':
      return new LedgerError(`The disk failed on the ledger ${path} (${cause.code}).`, {
        code: 'LEDGER_IO',
        fix: 'Check the disk, then run `backhaul ledger check`.',
        cause,
      });
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new LockedError(`Another process keeps the ledger ${path} busy.`, {
        code: 'LEDGER_BUSY',
        fix: 'Wait until it is done, then run again.',
        cause,
      });
    default:
      return null;
  }
}

export function damaged(path: string, cause?: unknown): LedgerError {
  return new LedgerError(`The ledger ${path} is damaged or is not a database.`, {
    code: 'LEDGER_CORRUPT',
    fix: 'See what can be saved with `backhaul ledger check`, and save it with `backhaul ledger recover`; or restore the ledger from a backup.',
    cause,
  });
}

export function ledgerFull(path: string, cause: unknown): LedgerError {
  return new LedgerError(`There is no room left on the disk of the ledger ${path}.`, {
    code: 'LEDGER_FULL',
    fix: 'Free some space and run again: nothing that was recorded is lost.',
    cause,
  });
}

/** SQLite does not say why. */
export function cannotOpen(path: string, cause: unknown): LedgerError {
  return new LedgerError(`The ledger ${path} cannot be opened.`, {
    code: 'LEDGER_CANNOT_OPEN',
    fix: 'Check that it is a file, that this user may read and write it and its directory, and that the process may open more files (`ulimit -n`).',
    cause,
  });
}

/** Runs `work`, with SQLite's failures told as {@link asLedgerError} tells them. */
export function withLedgerErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asLedgerError(error, path);
  }
}
