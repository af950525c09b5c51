import { statSync } from 'node:fs';
import { LedgerError } from '../errors.ts';

/**
 * Remembers which file stands at `path` now, as the one that is open.
 *
 * An open file outlives its name: a ledger that was deleted, moved or put back from a backup, or whose volume was
 * unmounted, takes every write without an error, and the next run, which finds nothing or something else at its path, sends
 * everything again.
 *
 * @returns throws `LEDGER_GONE` once another file, or none, stands there. Costs one look at the directory.
 */
export function watchPresence(path: string): () => void {
  const opened = statSync(path);
  return () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.ino === opened.ino && found.dev === opened.dev) return;
    throw new LedgerError(`The ledger ${path} is no longer where it was: ${whatHappened(found)}.`, {
      code: 'LEDGER_GONE',
      fix: 'Bring its volume or the file itself back before running again: what was sent since is not in any other ledger.',
    });
  };
}

function whatHappened(found: unknown): string {
  return found === undefined
    ? 'it was moved or deleted, or its volume is gone'
    : 'another file took its place';
}
