/** The bytes of an input as they are stored, in order, with everything closed again whatever happens. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { DamagedInputError } from '../errors.ts';

const CHUNK_BYTES = 128 * 1024;
/** At a time, where nothing is kept of it. */
const HASHED_BYTES = 512 * 1024;

/**
 * Reads a file, the next chunk while one is worked on; ends quietly when `signal` aborts. A fresh buffer each time: readers keep
 * slices of them.
 * @param maxBytes what stands beyond is left alone.
 */
export async function* fileBytes(
  path: string,
  signal?: AbortSignal,
  maxBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  const handle = await open(path);
  let left = maxBytes;
  const read = async () => {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, left));
    left -= bytesRead;
    return bytesRead === CHUNK_BYTES ? chunk : chunk.subarray(0, bytesRead);
  };
  const readAhead = () => {
    const reading = read();
    // Told when it is asked for, which may be never.
    reading.catch(() => {});
    return reading;
  };
  let next = readAhead();
  try {
    while (!signal?.aborted) {
      const chunk = await next;
      if (chunk.length === 0) return;
      next = readAhead();
      yield chunk;
    }
  } finally {
    await handle.close();
  }
}

/** Reads a stream such as standard input; an abort ends even a read that is waiting for bytes. */
export async function* streamBytes(stream: Readable, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => stream.destroy();
  if (signal?.aborted) return;
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) {
      yield typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : (chunk as Buffer);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

export interface WatchedBytes {
  readonly file: string;
  /** SHA-256 (hex) that the content must have, or null when nobody asked for it before. */
  readonly expectedDigest: string | null;
  readonly onBytes: ((bytesRead: number) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Passes stored bytes on while reporting progress and holding the content against an earlier digest.
 * @throws {DamagedInputError} CHANGED_WHILE_READ, after the last byte.
 */
export async function* watchBytes(
  chunks: AsyncIterable<Buffer>,
  { file, expectedDigest, onBytes, signal }: WatchedBytes,
): AsyncGenerator<Buffer> {
  const hash = expectedDigest === null ? null : createHash('sha256');
  let bytesRead = 0;
  for await (const chunk of chunks) {
    bytesRead += chunk.length;
    hash?.update(chunk);
    onBytes?.(bytesRead);
    yield chunk;
  }
  if (hash === null || signal?.aborted || hash.digest('hex') === expectedDigest) return;
  throw new DamagedInputError(`${file} changed while it was being read`, {
    code: 'CHANGED_WHILE_READ',
    fix: 'Wait until the export has been written completely, then run again.',
    file,
  });
}

/**
 * SHA-256 (hex) of a file's content. Two buffers take turns, one being filled while the other is hashed: memory that is fresh for
 * every read, as readers of records need it, costs as much as hashing.
 * @param maxBytes what stands beyond is left alone.
 */
export async function digestOfFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path);
  try {
    let left = maxBytes;
    const fill = async (buffer: Buffer) => {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, left));
      left -= bytesRead;
      return buffer.subarray(0, bytesRead);
    };
    let [filling, spare] = [Buffer.allocUnsafeSlow(HASHED_BYTES), Buffer.allocUnsafeSlow(HASHED_BYTES)];
    let next = fill(filling);
    for (let chunk = await next; chunk.length > 0; chunk = await next) {
      [filling, spare] = [spare, filling];
      next = fill(filling);
      hash.update(chunk);
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}
