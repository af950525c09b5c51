/** Result files hold people's words: readable by their owner only, and never half written under their final name. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { UsageError } from '../errors.ts';

const OWNER_ONLY = 0o600;

/**
 * Lets `write` fill a file, or standard output. The file appears under its name when everything is written and on the
 * disk; when `write` fails, whatever had that name before is untouched. `write` need not end the stream.
 * @param path absolute; null for standard output.
 * @throws {UsageError} `OUTPUT_UNWRITABLE`, and whatever `write` throws.
 */
export async function openOutput<T>(
  path: string | null,
  stdout: Writable,
  write: (output: Writable) => Promise<T>,
): Promise<T> {
  if (path === null) return write(stdout);
  const target = await findTarget(path);
  if (!target.replaceable) return writeInPlace(target.path, write);
  const temporary = join(
    dirname(target.path),
    `.${basename(target.path)}.${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    const result = await writeFile(await create(temporary, 'wx', path), write);
    await rename(temporary, target.path);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Where a link leads; devices and pipes (`/dev/stdout`) are written to, not replaced. */
async function findTarget(path: string): Promise<{ path: string; replaceable: boolean }> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw unwritable(path, 'it is a directory');
    return { path: found.isFile() ? await realpath(path) : path, replaceable: found.isFile() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, replaceable: true };
    throw error instanceof UsageError
      ? error
      : unwritable(path, String((error as NodeJS.ErrnoException).code), error);
  }
}

async function writeInPlace<T>(path: string, write: (output: Writable) => Promise<T>): Promise<T> {
  const handle = await create(path, 'w', path);
  return writeFile(handle, write, { sync: false });
}

async function create(path: string, flags: 'w' | 'wx', asked: string): Promise<FileHandle> {
  try {
    return await open(path, flags, OWNER_ONLY);
  } catch (error) {
    throw unwritable(asked, String((error as NodeJS.ErrnoException).code), error);
  }
}

async function writeFile<T>(
  handle: FileHandle,
  write: (output: Writable) => Promise<T>,
  { sync = true } = {},
): Promise<T> {
  // The stream owns the handle, and closes it in the end.
  const stream = handle.createWriteStream({ flush: sync });
  const closed = finished(stream);
  closed.catch(() => {}); // Whoever awaits it hears of it; until then it is no unhandled rejection.
  try {
    const result = await write(stream);
    stream.end();
    await closed;
    return result;
  } catch (error) {
    stream.destroy();
    await closed.catch(() => {});
    throw error;
  }
}

function unwritable(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`${path} cannot be written (${why})`, {
    code: 'OUTPUT_UNWRITABLE',
    fix: 'Name a file in a directory that exists and that you may write to.',
    cause,
  });
}
