import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import Database from 'better-sqlite3';
import { LockedError } from '../errors.ts';
import { cannotCreate, createPrivateFile } from './database-file.ts';
import { asLedgerError } from './sqlite-errors.ts';

export interface LockOwner {
  readonly host: string;
  readonly pid: number;
  readonly startedAtMs: number;
}

export interface StreamLock {
  release(): Promise<void>;
}

/**
 * Makes this process the stream's only writer: an exclusive SQLite transaction on a file beside the ledger. The
 * operating system lets go of it when the process ends, however it ends. A small JSON file tells others who holds it;
 * a killed process leaves that file, which means nothing without the lock.
 *
 * @param owner what others are told; this process, when left out.
 * @throws {LedgerError} when there is no room or no permission to make files beside the ledger.
 * @throws {LockedError} `STREAM_LOCKED`, naming the owner, when another process (or another lock of this one) has it.
 */
export async function acquireStreamLock(
  ledgerPath: string,
  stream: string,
  owner: LockOwner = thisProcess(),
): Promise<StreamLock> {
  const lockPath = `${ledgerPath}-lock-${stream}`;
  const ownerPath = `${lockPath}.json`;
  createPrivateFile(lockPath, ledgerPath);
  let db: Database.Database | undefined;
  try {
    db = new Database(lockPath, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    writeOwner(ownerPath, owner);
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw lockedBy(readOwner(ownerPath), stream);
    throw error instanceof Database.SqliteError
      ? asLedgerError(error, ledgerPath)
      : cannotCreate(ledgerPath, error);
  }
  const held = db;
  return {
    async release() {
      if (!held.open) return;
      // While the lock is still held, so that it is never the next owner's file that goes. The lock's own file stays:
      // two processes could otherwise hold two files of one name.
      rmSync(ownerPath, { force: true });
      held.close();
    },
  };
}

function thisProcess(): LockOwner {
  return { host: hostname(), pid: process.pid, startedAtMs: Date.now() };
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function writeOwner(path: string, owner: LockOwner): void {
  const draft = `${path}.tmp`;
  try {
    writeFileSync(draft, JSON.stringify(owner), { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Null in the moment between another process's taking the lock and telling who it is. */
function readOwner(path: string): LockOwner | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
  } catch {
    return null;
  }
}

function lockedBy(owner: LockOwner | null, stream: string): LockedError {
  const who =
    owner === null
      ? 'another process'
      : `process ${owner.pid} on ${owner.host}, started ${new Date(owner.startedAtMs).toISOString()}`;
  return new LockedError(`Stream ${stream} is being run by ${who}.`, {
    code: 'STREAM_LOCKED',
    fix: 'Wait until it ends, or stop it; then run again.',
  });
}
