import type Database from 'better-sqlite3';

/**
 * Many pieces of work in one transaction: they share one wait for the disk, and a page that several of them change is
 * written once.
 *
 * Somebody else may want to write, too: no transaction stays open while nothing comes.
 */
export interface LongTransaction {
  /**
   * Runs `work` in the transaction that is open, or a new one. When it throws, nothing remains of all that the transaction
   * held.
   * @param rows how much work that is
   * @throws what `work` throws, or an earlier commit that nobody waited for
   */
  run(work: () => void, rows: number): void;
  /** Makes durable what has been done. */
  commit(): void;
}

/** More rows than this change little, and hold up others who write. */
const ENOUGH_ROWS = 10_000;
/** How long a transaction stays open while nothing comes. */
const IDLE_MS = 100;

export function createLongTransaction(db: Database.Database): LongTransaction {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const undo = db.prepare('ROLLBACK');
  let rows = 0;
  let idle: NodeJS.Timeout | undefined;
  let untold: { readonly error: unknown } | null = null;

  const rollback = () => {
    if (db.inTransaction) undo.run();
  };
  const tellEarlierFailure = () => {
    const told = untold;
    untold = null;
    if (told !== null) throw told.error;
  };
  const commit = () => {
    clearTimeout(idle);
    tellEarlierFailure();
    if (!db.inTransaction) return;
    try {
      end.run();
    } catch (error) {
      rollback();
      throw error;
    }
  };
  const commitUnasked = () => {
    try {
      commit();
    } catch (error) {
      untold = { error };
    }
  };

  return {
    run(work, workRows) {
      clearTimeout(idle);
      tellEarlierFailure();
      if (!db.inTransaction) {
        begin.run();
        rows = 0;
      }
      try {
        work();
      } catch (error) {
        rollback();
        throw error;
      }
      rows += workRows;
      if (rows >= ENOUGH_ROWS) commit();
      else idle = setTimeout(commitUnasked, IDLE_MS);
    },
    commit,
  };
}
