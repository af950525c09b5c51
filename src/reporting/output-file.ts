/** Result files hold people's words: readable by their owner only, and never half written under their final name. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { UsageError } from '../errors.ts';
import { temporaryOf } from '../replace-file.ts';

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
  if (target.kind === 'device') return fill(path, path, { flags: 'w' }, write);
  const temporary = temporaryOf(target.path);
  try {
    const result = await fill(temporary, path, { flags: 'wx', mode: OWNER_ONLY, flush: true }, write);
    await rename(temporary, target.path).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    return result;
  } catch (error) {
    // Where even that fails, the first failure is the one to tell.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Where a link leads; devices and pipes (`/dev/stdout`) are written to, not replaced. */
async function findTarget(path: string): Promise<{ kind: 'file' | 'device'; path: string }> {
  try {
    const found = await stat(path);
    if (found.isFile()) return { kind: 'file', path: await realpath(path) };
    if (!found.isDirectory()) return { kind: 'device', path };
  } catch (error) {
    if (isMissing(error)) return { kind: 'file', path };
    throw unwritable(path, error);
  }
  throw unwritable(path, { code: 'it is a directory' });
}

/** @param asked how errors call the file. */
async function fill<T>(
  path: string,
  asked: string,
  options: { flags: string; mode?: number; flush?: boolean },
  write: (output: Writable) => Promise<T>,
): Promise<T> {
  const stream = createWriteStream(path, options);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw unwritable(asked, error);
  }
  // Whatever fails from here on shows in `write` or when the stream has finished.
  stream.on('error', () => {});
  try {
    const result = await write(stream);
    stream.end();
    await finished(stream).catch(unlessReaderLeft);
    return result;
  } catch (error) {
    const closed = finished(stream).catch(() => {});
    stream.destroy();
    await closed;
    throw error === stream.errored ? unwritable(asked, error) : error;
  }
}

/** Whoever reads a pipe may have enough of it (`-o /dev/stdout | head`). */
function unlessReaderLeft(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function unwritable(path: string, cause: unknown): UsageError {
  return new UsageError(`${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
    code: 'OUTPUT_UNWRITABLE',
    fix: 'Name a file in a directory that exists, that you may write to and that has room.',
    cause,
  });
}
