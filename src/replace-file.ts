/** Gives a file other content, all of it or none: people's words stand in it, so it is its owner's alone. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const OWNER_ONLY = 0o600;

/**
 * The new content is on the disk before it takes the file's name. A link stays one.
 *
 * @param through what compresses it, where it is compressed.
 * @throws the disk's errors, and the content's.
 */
export async function replaceFile(
  path: string,
  content: AsyncIterable<Buffer>,
  through: readonly Transform[] = [],
): Promise<void> {
  const target = await realpath(path);
  const temporary = temporaryOf(target);
  try {
    const file = createWriteStream(temporary, { flags: 'wx', mode: OWNER_ONLY, flush: true });
    await pipeline([Readable.from(content), ...through, file]);
    await rename(temporary, target);
    await syncDirectory(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Beside the file, hidden, and never the same twice. */
export function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Removes what processes left behind that were killed while they wrote the file: nothing in it is of use. One that is
 * still being written fails.
 * @returns how many there were.
 */
export async function removeLeftovers(path: string): Promise<number> {
  const beginning = `.${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const leftovers = names.filter(
    (name) => name.startsWith(beginning) && /^[0-9a-f]{8}\.tmp$/.test(name.slice(beginning.length)),
  );
  for (const name of leftovers) await rm(join(dirname(path), name), { force: true });
  return leftovers.length;
}

/** A file's new name is on the disk once its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
