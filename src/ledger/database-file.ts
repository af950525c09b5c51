import { chmodSync, closeSync, existsSync, fchmodSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { LedgerError, UsageError } from '../errors.ts';
import { cannotOpen, damaged, ledgerFull, withLedgerErrors } from './sqlite-errors.ts';
import { isLogDamaged } from './write-ahead-log.ts';

/** `create` makes the file when it is missing; `read-only` neither makes nor changes anything. */
export type LedgerMode = 'create' | 'existing' | 'read-only';

/** People's words are in it: readable by its owner alone. */
const OWNER_ONLY = 0o600;

/** How long a statement waits for another process's transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/** Negative: KiB. A run's memory is promised: what one has is missed elsewhere. */
const CACHE_SIZE = -32_000;

/**
 * Staged payloads are about a kilobyte each: pages of 8 KiB waste less of them than SQLite's usual 4 KiB, and
 * write a fifth faster.
 */
const PAGE_SIZE_BYTES = 8_192;

/**
 * In pages. Staging and delivery write in bulk: fewer, longer checkpoints are cheaper than SQLite's usual 1,000. Of twice as many
 * each holds up the work for longer, and delivery is slower again.
 */
const AUTOCHECKPOINT_PAGES = 5_000;

/** For what goes through the ledger once: large imports, and delivery, a conversation at a time. */
const LITTLE_CACHE_SIZE = -8_000;

/** Below it, SQLite sorts as much at a time all the same. */
const LEAST_CACHE_SIZE = -2_000;

/**
 * Lets go of what a connection has cached, and has it cache less from now on: messages in flight need the room.
 * @returns undoes it
 */
export function takeLittleCache(db: Database.Database): () => void {
  const usual = db.pragma('cache_size', { simple: true }) as number;
  db.pragma(`cache_size = ${LITTLE_CACHE_SIZE}`);
  db.pragma('shrink_memory');
  return () => {
    if (db.open) db.pragma(`cache_size = ${usual}`);
  };
}

/** Does work that sorts many rows: SQLite takes as much memory to sort as the cache may have, and that beside the cache. */
export function sortInLittleRoom<T>(db: Database.Database, work: () => T): T {
  const usual = db.pragma('cache_size', { simple: true }) as number;
  db.pragma(`cache_size = ${LEAST_CACHE_SIZE}`);
  try {
    return work();
  } finally {
    db.pragma(`cache_size = ${usual}`);
  }
}

/**
 * Has temporary tables cached less, which are written and read from one end to the other. To be called when there are some: until
 * then SQLite forgets it.
 */
export function takeLittleTemporaryCache(db: Database.Database): void {
  db.pragma(`temp.cache_size = ${LEAST_CACHE_SIZE}`);
}

/**
 * Opens a ledger's file and sets it up, whatever its schema.
 *
 * @throws {UsageError} `LEDGER_MISSING` when the file is not there and may not be created.
 * @throws {LedgerError} when it cannot be opened, created, or is not a database.
 */
export function openDatabaseFile(path: string, mode: LedgerMode): Database.Database {
  if (mode === 'create') createPrivateFile(path);
  else if (!existsSync(path)) throw missing(path);
  if (mode !== 'read-only') restrictToOwner(path);
  assertWholeLog(path);
  return connect(path, mode, CACHE_SIZE);
}

/**
 * Another connection to a ledger that this process has open, to write through, with little cache.
 * @throws as {@link openDatabaseFile}
 */
export function openAnotherConnection(path: string): Database.Database {
  if (!existsSync(path)) throw missing(path);
  return connect(path, 'existing', LITTLE_CACHE_SIZE);
}

function connect(path: string, mode: LedgerMode, cacheSize: number): Database.Database {
  return withLedgerErrors(path, () => {
    // Read-only too opens for writing: a read-only connection would leave the files -wal and -shm behind.
    const db = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    try {
      if (mode === 'read-only') {
        db.pragma('query_only = ON');
      } else {
        if (db.pragma('page_count', { simple: true }) === 0) {
          db.pragma(`page_size = ${PAGE_SIZE_BYTES}`);
          db.pragma('auto_vacuum = INCREMENTAL');
        }
        db.pragma('journal_mode = WAL');
        db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
        db.pragma('synchronous = FULL'); // an intent must be on the disk before bytes leave
        db.pragma('secure_delete = ON'); // dropped payloads are overwritten, not only unlinked
        db.pragma('foreign_keys = ON');
      }
      db.pragma(`cache_size = ${cacheSize}`);
      db.pragma('schema_version'); // touches the file: damage shows here
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/**
 * SQLite opens a ledger whose log is damaged, or left over from a file that was emptied, without a word, and forgets what
 * was committed there: what was sent would be sent again.
 */
function assertWholeLog(path: string): void {
  const logPath = `${path}-wal`;
  const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size(logPath) > 0 && (size(path) === 0 || isLogDamaged(logPath))) throw damaged(path);
}

/**
 * Makes the file empty with its final mode, before SQLite or anybody else can put a byte into it.
 * @param ledgerPath how errors call it, when it is only a file beside the ledger.
 */
export function createPrivateFile(path: string, ledgerPath: string = path): void {
  let fd: number;
  try {
    fd = openSync(path, 'wx', OWNER_ONLY);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw cannotCreate(ledgerPath, cause);
  }
  try {
    fchmodSync(fd, OWNER_ONLY); // a strict umask may have taken the owner's own permissions
  } finally {
    closeSync(fd);
  }
}

/** @param cause the operating system's refusal to make the ledger's file, or one beside it. */
export function cannotCreate(path: string, cause: unknown): LedgerError {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new LedgerError(`The directory of the ledger ${path} does not exist.`, {
        code: 'LEDGER_DIRECTORY_MISSING',
        fix: `Create ${dirname(path)}, or name another file with --ledger.`,
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return ledgerFull(path, cause);
    case 'EMFILE':
    case 'ENFILE':
      return cannotOpen(path, cause);
    default:
      return new LedgerError(`No file can be made beside the ledger ${path} (${code}).`, {
        code: 'LEDGER_READ_ONLY',
        fix: 'Give this user write permission to the directory, or name another file with --ledger.',
        cause,
      });
  }
}

/** A ledger restored from a backup may have come with a laxer mode. Somebody else's file stays as it is. */
function restrictToOwner(path: string): void {
  try {
    chmodSync(path, OWNER_ONLY);
  } catch {
    // Whether the file can be used at all is for SQLite to find out.
  }
}

function missing(path: string): UsageError {
  return new UsageError(`There is no ledger at ${path}.`, {
    code: 'LEDGER_MISSING',
    fix: 'Start with `backhaul run`, which creates it, or name the right file with --ledger.',
  });
}
