/**
 * Appends lines to rotating files, durably: a line that was appended is on the disk, whatever happens next.
 *
 * Group commit: lines that arrive while the disk is busy wait for each other and share the next write and the next
 * fdatasync, so that the disk's latency bounds the wait, not the number of deliveries.
 *
 * A group that cannot be written (the disk is full, or fails) is cut off the file again and fails as a whole; nothing of
 * it was answered 2xx. The next group tries anew, in the same file, or in a new one where even cutting off failed.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import {
  type ArchiveFile,
  createArchiveFile,
  listArchives,
  mendArchive,
  nextArchiveName,
  openArchiveFile,
} from './archive-files.ts';
import { type ArchiveName, archiveName, readArchiveName } from './archived-delivery.ts';

export interface ArchiveOptions {
  readonly directory: string;
  /** A file that would grow beyond this is followed by a new one; a longer line has one of its own. */
  readonly maxFileBytes: number;
  readonly clock: Clock;
  /** Stands between the archive and its files; for tests. */
  readonly wrapFile?: (file: ArchiveFile) => ArchiveFile;
}

export interface Archive {
  /** Resolves when the line (with its line end) is on the disk. Rejects with the disk's error; then nothing is kept. */
  append(line: Buffer): Promise<void>;
  /** How often the disk was waited for. */
  groups(): number;
  /** After the lines that were handed over so far. */
  close(): Promise<void>;
}

/** Most bytes of one write; a single line may be longer. */
const GROUP_BYTES = 8_000_000;

interface Waiting {
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface OpenFile extends ArchiveName {
  readonly file: ArchiveFile;
  /** What is known to be on the disk; the file ends there between groups. */
  durableBytes: number;
}

/** The directory's only writer; mends its files first. @throws the disk's error when it cannot be read or mended. */
export async function openArchive(options: ArchiveOptions): Promise<Archive> {
  const { directory, maxFileBytes, clock, wrapFile = (file) => file } = options;
  for (const name of await listArchives(directory)) await mendArchive(directory, name);

  let waiting: Waiting[] = [];
  let current: OpenFile | null = await openNewest();
  let draining: Promise<void> | null = null;
  let groups = 0;
  let isClosed = false;

  async function drain(): Promise<void> {
    // Not before everything that arrived in this turn of the event loop stands in the queue.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        await store(group.map(({ line }) => line));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    draining = null;
  }

  function takeGroup(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length) {
      bytes += (waiting[count] as Waiting).line.length;
      if (count > 0 && bytes > GROUP_BYTES) break;
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }

  async function store(lines: readonly Buffer[]): Promise<void> {
    const bytes = lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines);
    const target = await fileFor(bytes.length);
    try {
      await writeAll(target.file, bytes, target.durableBytes);
      await target.file.datasync();
      target.durableBytes += bytes.length;
      groups += 1;
    } catch (error) {
      await cutOff(target);
      throw error;
    }
  }

  async function fileFor(bytes: number): Promise<OpenFile> {
    const day = dayOf(clock.nowMs());
    if (current !== null) {
      const hasRoom = current.durableBytes === 0 || current.durableBytes + bytes <= maxFileBytes;
      if (current.day === day && hasRoom) return current;
      const old = current;
      current = null;
      await old.file.close();
    }
    const name = await nextArchiveName(directory, day);
    const file = await createArchiveFile(directory, name);
    current = { ...name, file: wrapFile(file), durableBytes: 0 };
    return current;
  }

  /** The newest file is gone on with on the same day, so that restarts do not leave a file each. */
  async function openNewest(): Promise<OpenFile | null> {
    const newest = (await listArchives(directory)).at(-1);
    const name = newest === undefined ? null : readArchiveName(newest);
    if (newest === undefined || name?.day !== dayOf(clock.nowMs())) return null;
    const { file, bytes } = await openArchiveFile(directory, newest);
    return { ...name, file: wrapFile(file), durableBytes: bytes };
  }

  /** A file that cannot be brought back to what is durable is left alone, and removed if that is nothing. */
  async function cutOff(target: OpenFile): Promise<void> {
    try {
      await target.file.truncate(target.durableBytes);
      await target.file.datasync();
    } catch {
      current = null;
      await target.file.close().catch(() => {});
      if (target.durableBytes === 0) {
        await rm(join(directory, archiveName(target)), { force: true }).catch(() => {});
      }
    }
  }

  return {
    append(line) {
      if (isClosed) return Promise.reject(new Error('the archive is closed'));
      return new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        draining ??= drain();
      });
    },
    groups: () => groups,
    async close() {
      isClosed = true;
      await draining;
      await current?.file.close();
      current = null;
    },
  };
}

async function writeAll(file: ArchiveFile, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10).replaceAll('-', '');
}
