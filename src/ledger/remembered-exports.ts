/** Which files `export` wrote: `ledger purge` has to find them again. */

import { openDatabaseFile } from './database-file.ts';
import { assertCurrent } from './migrate.ts';
import { withLedgerErrors } from './sqlite-errors.ts';

/** What tells whether a file is as it was written. */
export interface WrittenFile {
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

export interface RememberedExport {
  /** Absolute. */
  readonly path: string;
  /** Null when it is being written, or when the process that wrote it did not come to an end. */
  readonly written: WrittenFile | null;
}

/**
 * To be called before the first byte is written, with null, and again once the file is complete.
 * @throws {LedgerError} when the ledger cannot be written.
 */
export async function rememberExport(ledgerPath: string, { path, written }: RememberedExport): Promise<void> {
  const db = openDatabaseFile(ledgerPath, 'existing');
  try {
    withLedgerErrors(ledgerPath, () => {
      assertCurrent(db, ledgerPath);
      db.prepare(`
        INSERT INTO export_file VALUES (@path, @sizeBytes, @modifiedAtMs)
        ON CONFLICT (path) DO UPDATE SET size_bytes = @sizeBytes, modified_at_ms = @modifiedAtMs`).run({
        path,
        sizeBytes: written?.sizeBytes ?? null,
        modifiedAtMs: written?.modifiedAtMs ?? null,
      });
    });
  } finally {
    db.close();
  }
}

/** A file that is gone need not be looked for any more. */
export async function forgetExport(ledgerPath: string, path: string): Promise<void> {
  const db = openDatabaseFile(ledgerPath, 'existing');
  try {
    withLedgerErrors(ledgerPath, () => db.prepare('DELETE FROM export_file WHERE path = ?').run(path));
  } finally {
    db.close();
  }
}

export async function rememberedExports(ledgerPath: string): Promise<readonly RememberedExport[]> {
  const db = openDatabaseFile(ledgerPath, 'read-only');
  try {
    return withLedgerErrors(ledgerPath, () => {
      assertCurrent(db, ledgerPath);
      const rows = db
        .prepare<[], { path: string; size_bytes: number | null; modified_at_ms: number | null }>(
          'SELECT path, size_bytes, modified_at_ms FROM export_file ORDER BY path',
        )
        .all();
      return rows.map(({ path, size_bytes: sizeBytes, modified_at_ms: modifiedAtMs }) => ({
        path,
        written: sizeBytes === null || modifiedAtMs === null ? null : { sizeBytes, modifiedAtMs },
      }));
    });
  } finally {
    db.close();
  }
}
