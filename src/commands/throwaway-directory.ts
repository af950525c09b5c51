import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerError } from '../errors.ts';
import { temporarySpaceUnusable } from '../temporary-space.ts';

/** A private directory for as long as `work` takes. It goes even when a second Ctrl-C ends the process at once. */
export async function withThrowawayDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'backhaul-')).catch((error: unknown) => {
    throw temporarySpaceUnusable(error);
  });
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(directory);
  } catch (error) {
    // `work` writes nowhere else, so it is not the disk of anybody's ledger that is full.
    throw error instanceof LedgerError && error.code === 'LEDGER_FULL'
      ? temporarySpaceUnusable(error.cause)
      : error;
  } finally {
    process.off('exit', remove);
    remove();
  }
}
