import type Database from 'better-sqlite3';
import { asLedgerError } from './sqlite-errors.ts';

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers small writes of concurrent workers into one transaction, so that they share one wait for the disk. */
export interface GroupCommit {
  /**
   * Runs `work` in the next common transaction. Resolves with its result once that is durable. When `work` throws,
   * nothing of it remains, the others of the group are not touched, and the promise rejects.
   */
  run<T>(work: () => T): Promise<T>;
  /** Commits what is waiting, now. */
  flush(): void;
}

export function createGroupCommit(db: Database.Database, path: string): GroupCommit {
  const statements = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT job'),
    release: db.prepare('RELEASE job'),
    undo: db.prepare('ROLLBACK TO job'),
  };
  let waiting: Job[] = [];

  /** Everything of the group that stands or falls with the commit. */
  function commitTogether(jobs: readonly Job[]): (() => void)[] {
    const answers: (() => void)[] = [];
    statements.begin.run();
    try {
      for (const job of jobs) answers.push(perform(job));
      statements.commit.run();
    } catch (error) {
      if (db.inTransaction) statements.rollback.run();
      throw error;
    }
    return answers;
  }

  function perform({ work, resolve, reject }: Job): () => void {
    statements.savepoint.run();
    try {
      const value = work();
      statements.release.run();
      return () => resolve(value);
    } catch (error) {
      // A full disk or a failing one undoes the whole transaction, and with it the others' work.
      if (!db.inTransaction) throw error;
      statements.undo.run();
      statements.release.run();
      return () => reject(asLedgerError(error, path));
    }
  }

  function flush(): void {
    const jobs = waiting;
    waiting = [];
    if (jobs.length === 0) return;
    try {
      for (const answer of commitTogether(jobs)) answer();
    } catch (error) {
      const told = asLedgerError(error, path);
      for (const job of jobs) job.reject(told);
    }
  }

  return {
    run: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      }),
    flush,
  };
}
