/** The files of an archive directory: finding, creating and mending them. Deliveries hold people's words: owner only. */
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import {
  type ArchiveName,
  archiveName,
  HIGHEST_ARCHIVE_NUMBER,
  readArchiveName,
} from './archived-delivery.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const LINE_FEED = 0x0a;
const CHUNK_BYTES = 65_536;

/** The part of a FileHandle that archives need, so that tests can fill the disk. */
export interface ArchiveFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
  truncate(lengthBytes: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** @throws {UsageError} `ARCHIVE_UNUSABLE`. A directory that is there already keeps its mode. */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    const created = await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    if (created !== undefined) await syncDirectory(join(created, '..'));
    await syncDirectory(directory);
  } catch (error) {
    throw archiveUnusable(directory, error);
  }
}

export function archiveUnusable(directory: string, error: unknown): UsageError {
  const { code } = error as NodeJS.ErrnoException;
  return new UsageError(`deliveries cannot be archived in ${directory} (${code ?? 'unknown error'})`, {
    code: 'ARCHIVE_UNUSABLE',
    fix: 'Let this user read and write that directory, free some space, or name another one with --archive.',
    cause: error,
  });
}

/** Oldest first. */
export async function listArchives(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => readArchiveName(name) !== null).sort();
}

/** The name after the day's last, counting files that were compressed since (`events-20250401-0001.ndjson.gz`). @throws {UsageError} `ARCHIVE_NUMBERS_USED_UP`. */
export async function nextArchiveName(directory: string, day: string): Promise<ArchiveName> {
  let last = 0;
  for (const name of await readdir(directory)) {
    const taken = readArchiveName(name.replace(/(?<=\.ndjson)\..*$/, ''));
    if (taken?.day === day) last = Math.max(last, taken.number);
  }
  if (last >= HIGHEST_ARCHIVE_NUMBER) {
    throw new UsageError('no number is left for another archive of this day', {
      code: 'ARCHIVE_NUMBERS_USED_UP',
      fix: 'Raise receiver.maxArchiveFileBytes.',
    });
  }
  return { day, number: last + 1 };
}

/** Creates the file, and makes its name as durable as its content will be. */
export async function createArchiveFile(directory: string, name: ArchiveName): Promise<FileHandle> {
  const file = await open(join(directory, archiveName(name)), 'wx', OWNER_ONLY_FILE);
  try {
    await syncDirectory(directory);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens an archive to go on with it. */
export async function openArchiveFile(
  directory: string,
  name: string,
): Promise<{ file: FileHandle; bytes: number }> {
  const file = await open(join(directory, name), 'r+');
  try {
    await file.chmod(OWNER_ONLY_FILE); // one restored from a backup may have come with a laxer mode
    return { file, bytes: (await file.stat()).size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Cuts off what a crash left behind the last line end. A delivery is answered 2xx after its whole line is on the disk, so
 * what is torn was never answered, and its sender repeats it.
 */
export async function mendArchive(directory: string, name: string): Promise<void> {
  const file = await open(join(directory, name), 'r+');
  try {
    const { size } = await file.stat();
    const whole = await wholeLinesBytes(file, size);
    if (whole === size) return;
    await file.truncate(whole);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** How many of the file's first `bytes` bytes end with a line end. */
async function wholeLinesBytes(file: FileHandle, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let end = bytes;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const lineEnd = chunk.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (lineEnd !== -1) return start + lineEnd + 1;
    end = start;
  }
  return 0;
}

/** A new file's name is on the disk once its directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
