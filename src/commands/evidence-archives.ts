/** Which archives `verify` reads: those of the configured directory, or those that a person names. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { createEvidenceArchive } from '../evidence/archive.ts';
import type { EvidenceArchive } from '../evidence/evidence.ts';
import { createDeliveryReader } from '../evidence/read-delivery.ts';
import { readArchiveName } from '../receiver/archived-delivery.ts';
import { decompressed } from '../sources/decompression.ts';
import { type FoundFile, findFiles } from '../sources/find-files.ts';
import { fileBytes } from '../sources/stored-bytes.ts';
import { unreadable } from '../sources/text-input.ts';
import type { CommandContext } from './command.ts';
import type { Setting } from './setting.ts';

/**
 * In the order of the patterns, and of the names within each, which is the order of arrival.
 *
 * @param patterns files, globs and directories, relative to the working directory; none: the configured directory.
 * @throws {UsageError} `NO_ARCHIVES`. A configured directory that is there may be empty.
 */
export async function evidenceArchives(
  { config, directory }: Setting,
  patterns: readonly string[],
  { cwd }: Pick<CommandContext, 'cwd'>,
): Promise<readonly EvidenceArchive[]> {
  const files =
    patterns.length === 0
      ? await configuredArchives(resolve(directory, config.receiver.archive), directory)
      : await givenArchives(patterns, { from: cwd, baseDirectory: directory });
  const readDelivery = createDeliveryReader(config.evidence.callbacks, config.destination.type);
  return files.map(({ name, path }) =>
    createEvidenceArchive({ name, open: (signal) => contentOf({ name, path }, signal), readDelivery }),
  );
}

async function configuredArchives(archive: string, baseDirectory: string): Promise<readonly FoundFile[]> {
  if (!(await isDirectory(archive))) throw noArchives(`${archive} is not there`);
  return archivesIn(archive, baseDirectory);
}

async function givenArchives(
  patterns: readonly string[],
  places: { readonly from: string; readonly baseDirectory: string },
): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const pattern of patterns) {
    const path = resolve(places.from, pattern);
    const files = (await isDirectory(path))
      ? await archivesIn(path, places.baseDirectory)
      : await findFiles([pattern], { ...places, allowEmpty: true });
    if (files.length === 0) throw noArchives(`${pattern} matches no archive`);
    found.push(...files);
  }
  return found;
}

/** Whatever else lies in a directory of archives (the callback token, the lock) is none. */
export async function archivesIn(directory: string, baseDirectory: string): Promise<readonly FoundFile[]> {
  const names = (await readdir(directory)).filter(isArchiveName).sort();
  if (names.length === 0) return [];
  return findFiles(
    names.map((name) => join(directory, name)),
    { from: directory, baseDirectory, allowEmpty: true },
  );
}

/** Archives that are complete may have been compressed. */
function isArchiveName(name: string): boolean {
  return readArchiveName(name.replace(/\.(?:gz|zst)$/, '')) !== null;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

function noArchives(reason: string): UsageError {
  return new UsageError(reason, {
    code: 'NO_ARCHIVES',
    fix: 'Name archives of `backhaul listen`, or their directory, with --archive, or correct receiver.archive.',
  });
}

/** @throws {DamagedInputError} when it cannot be read, or not to its end. */
export async function* contentOf(
  { name, path }: Pick<FoundFile, 'name' | 'path'>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    yield* decompressed(fileBytes(path, signal), name);
  } catch (error) {
    throw typeof (error as NodeJS.ErrnoException).syscall === 'string' ? unreadable(name, error) : error;
  }
}
