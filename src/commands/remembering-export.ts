/** Export files hold people's words: the ledger remembers where they are, for `ledger purge`. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BackhaulError } from '../errors.ts';
import { type RememberedExport, rememberExport } from '../ledger/remembered-exports.ts';
import type { CommandContext } from './command.ts';

/**
 * Lets `write` make the file. It is remembered before, so that not even a killed process leaves one that nobody knows
 * of. A ledger that cannot be written can still be exported: then a person is warned.
 *
 * @param target absolute; null for standard output.
 */
export async function rememberingExport<T>(
  ledgerPath: string,
  target: string | null,
  { log }: Pick<CommandContext, 'log'>,
  write: () => Promise<T>,
): Promise<T> {
  const path = target === null ? null : await fileBehind(target);
  if (path === null) return write();
  const isRemembered = await remember({ path, written: null });
  const result = await write();
  if (isRemembered) await remember({ path, written: await writtenFile(path) });
  return result;

  async function remember(file: RememberedExport): Promise<boolean> {
    try {
      await rememberExport(ledgerPath, file);
      return true;
    } catch (error) {
      if (!(error instanceof BackhaulError)) throw error;
      log.warn({ code: error.code }, 'the ledger cannot remember this file: `ledger purge` will not find it');
      return false;
    }
  }
}

/** What tells later whether somebody has changed the file; null where there is none. */
export async function writtenFile(path: string): Promise<RememberedExport['written']> {
  const found = await stat(path).catch(() => null);
  return found === null ? null : { sizeBytes: found.size, modifiedAtMs: found.mtimeMs };
}

/** Where links lead; null for devices and pipes, which keep nothing. */
async function fileBehind(target: string): Promise<string | null> {
  const found = await stat(target).catch(() => null);
  if (found === null)
    return join(await realpath(dirname(target)).catch(() => dirname(target)), basename(target));
  return found.isFile() ? realpath(target) : null;
}
