/**
 * Reading through `.gz` and `.zst`.
 *
 * Both formats may hold several members (frames) one after the other. Node's gzip reader goes on to the next member by
 * itself, but its zstd reader stops after the first frame and drops the rest without a word (Node 24.21), so members
 * are counted here: what one reader left over is handed to the next, and anything that is no member is damage.
 */
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DamagedInputError } from '../errors.ts';
import { peek } from './peek.ts';
import { type FrameWatch, watchFrame } from './zstd-frame.ts';

interface Compression {
  readonly name: string;
  readonly extension: string;
  /** Whether bytes may begin a member. */
  isMember(head: Buffer): boolean;
  createReader(options: { chunkSize: number; readableHighWaterMark: number }): Transform & {
    readonly bytesWritten: number;
  };
  /** Where the reader does not tell a member that breaks off. */
  watch?(): FrameWatch;
}

const COMPRESSIONS: readonly Compression[] = [
  {
    name: 'gzip',
    extension: '.gz',
    isMember: (head) => head[0] === 0x1f && head[1] === 0x8b,
    createReader: createGunzip,
  },
  {
    name: 'zstd',
    extension: '.zst',
    // The second form is a skippable frame: parallel compressors begin their files with one.
    isMember: (head) =>
      (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) ||
      (head.length >= 4 && head.readUInt32LE(0) >>> 4 === 0x184d2a5),
    createReader: createZstdDecompress,
    watch: watchFrame,
  },
];

type Reader = ReturnType<Compression['createReader']>;

const MAGIC_BYTES = 4;

/**
 * The content behind stored bytes: decompressed where the name or the first bytes say so.
 * @throws {DamagedInputError} TRUNCATED_ARCHIVE or DAMAGED_ARCHIVE, after everything that could be read.
 */
export async function* decompressed(stored: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  const { head, chunks } = await peek(stored, (bytes) => bytes.length >= MAGIC_BYTES);
  const compression =
    COMPRESSIONS.find(({ extension }) => file.toLowerCase().endsWith(extension)) ??
    COMPRESSIONS.find(({ isMember }) => isMember(head));
  if (compression === undefined) yield* chunks;
  else yield* membersOf(chunks, compression, file);
}

async function* membersOf(
  stored: AsyncIterableIterator<Buffer>,
  compression: Compression,
  file: string,
): AsyncGenerator<Buffer> {
  const source = new RewindableBytes(stored);
  try {
    do {
      const head = await source.peek(MAGIC_BYTES);
      if (head.length >= MAGIC_BYTES && !compression.isMember(head)) throw damaged(file, compression, null);
      yield* memberOf(source, compression, file);
      await source.skipZeros();
    } while ((await source.peek(1)).length > 0);
  } finally {
    await stored.return?.();
  }
}

/** Yields the content of one member and leaves the source at the first byte after it. */
async function* memberOf(
  source: RewindableBytes,
  compression: Compression,
  file: string,
): AsyncGenerator<Buffer> {
  // With room for one chunk only, an error never overtakes content that was decompressed before it.
  const reader = compression.createReader({ chunkSize: 64 * 1024, readableHighWaterMark: 1 });
  const fed = new UnconsumedBytes();
  const watch = compression.watch?.();
  const feeding = feed(source, reader, fed, watch);
  try {
    for await (const chunk of reader) yield chunk as Buffer;
  } catch (error) {
    throw isArchiveError(error) ? damaged(file, compression, error) : error;
  } finally {
    reader.destroy();
    await feeding;
  }
  if (watch?.isComplete() === false) throw truncated(file, compression);
  source.unread(fed.after(reader.bytesWritten));
}

async function feed(
  source: RewindableBytes,
  reader: Reader,
  fed: UnconsumedBytes,
  watch: FrameWatch | undefined,
): Promise<void> {
  // A late error, when nobody iterates any more, must not end the process.
  reader.on('error', () => {});
  try {
    while (!reader.destroyed) {
      const chunk = await source.next();
      if (chunk !== null) {
        fed.add(chunk, reader.bytesWritten);
        watch?.add(chunk);
      }
      if (reader.destroyed) return;
      if (chunk === null) {
        reader.end();
        return;
      }
      if (!reader.write(chunk)) await drained(reader);
    }
  } catch (error) {
    reader.destroy(error as Error);
  }
}

function drained(reader: Reader): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      reader.off('drain', settle).off('close', settle);
      resolve();
    };
    reader.on('drain', settle).on('close', settle);
  });
}

/** Stored bytes of which some can be given back. */
class RewindableBytes {
  readonly #iterator: AsyncIterator<Buffer>;
  #unread: Buffer = Buffer.alloc(0);

  constructor(iterator: AsyncIterator<Buffer>) {
    this.#iterator = iterator;
  }

  async next(): Promise<Buffer | null> {
    if (this.#unread.length > 0) {
      const bytes = this.#unread;
      this.#unread = Buffer.alloc(0);
      return bytes;
    }
    const next = await this.#iterator.next();
    return next.done ? null : next.value;
  }

  unread(bytes: Buffer): void {
    this.#unread = bytes;
  }

  /** At least `count` bytes, unless the end comes first; they are read again. */
  async peek(count: number): Promise<Buffer> {
    while (this.#unread.length < count) {
      const next = await this.#iterator.next();
      if (next.done) break;
      this.#unread = Buffer.concat([this.#unread, next.value]);
    }
    return this.#unread;
  }

  /** Tapes and block devices fill archives up with zeros. */
  async skipZeros(): Promise<void> {
    for (let bytes = await this.next(); bytes !== null; bytes = await this.next()) {
      const start = bytes.findIndex((byte) => byte !== 0);
      if (start !== -1) {
        this.unread(bytes.subarray(start));
        return;
      }
    }
  }
}

/** The chunks that a reader was given and has perhaps not used up yet. */
class UnconsumedBytes {
  #chunks: { readonly start: number; readonly bytes: Buffer }[] = [];
  #end = 0;

  add(bytes: Buffer, consumed: number): void {
    this.#chunks = this.#chunks.filter((chunk) => chunk.start + chunk.bytes.length > consumed);
    this.#chunks.push({ start: this.#end, bytes });
    this.#end += bytes.length;
  }

  after(consumed: number): Buffer {
    return Buffer.concat(
      this.#chunks.map(({ start, bytes }) => bytes.subarray(Math.max(0, consumed - start))),
    );
  }
}

function isArchiveError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' && /^(Z_|ZSTD_|ERR_ZLIB)/.test(code);
}

function damaged(file: string, compression: Compression, cause: unknown): DamagedInputError {
  if ((cause as NodeJS.ErrnoException | null)?.code === 'Z_BUF_ERROR')
    return truncated(file, compression, cause);
  const { name, extension } = compression;
  return new DamagedInputError(`${file} holds bytes that are no ${name} data`, {
    code: 'DAMAGED_ARCHIVE',
    fix: `Copy or export the file again; if it is not compressed at all, rename it without ${extension}.`,
    file,
    cause,
  });
}

function truncated(file: string, { name }: Compression, cause?: unknown): DamagedInputError {
  return new DamagedInputError(`${file} ends in the middle of its ${name} data`, {
    code: 'TRUNCATED_ARCHIVE',
    fix: 'Copy or export the file again, completely.',
    file,
    cause,
  });
}
