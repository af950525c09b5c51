/** Which files a run reads, under which names, in which order. */
import { glob, lstat, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import pLimit from 'p-limit';
import { UsageError } from '../errors.ts';

/** The pattern that stands for standard input. */
export const STANDARD_INPUT = '-';

/** A glob may match many thousands of files; the system lets few of them be open at a time. */
export const filesAtOnce = pLimit(32);

export interface FoundFile {
  /** As {@link SourceInput.name}: with forward slashes, relative to the configuration where the file lies below it. */
  readonly name: string;
  /** Absolute; {@link STANDARD_INPUT} for standard input. */
  readonly path: string;
  /** null where the size says nothing, as of a pipe. Such a file can be read only once. */
  readonly sizeBytes: number | null;
  /** Reading it waits for whoever writes to it. */
  readonly isPipe: boolean;
}

export interface FindOptions {
  /** Directory that relative patterns start from. */
  readonly from: string;
  /** Directory of the configuration, which names are relative to. */
  readonly baseDirectory: string;
  readonly allowEmpty: boolean;
}

/**
 * Files in the order of the patterns, sorted by name within each; a file that several patterns match comes once.
 * Directories are passed over. A pattern that is the path of a file is that file, whatever a glob makes of its characters.
 * @throws {UsageError} NO_INPUT_FILES when a pattern matches nothing, unless `allowEmpty`.
 */
export async function findFiles(patterns: readonly string[], options: FindOptions): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    const files = pattern === STANDARD_INPUT ? [standardInput] : await filesOf(pattern, options);
    if (files.length === 0 && !options.allowEmpty) throw noInputFiles(pattern);
    for (const { identity, file } of files) {
      if (!found.has(identity)) found.set(identity, file);
    }
  }
  return [...found.values()];
}

export function noInputFiles(pattern: string, reason = 'matches no file'): UsageError {
  return new UsageError(`\`${pattern}\` ${reason}`, {
    code: 'NO_INPUT_FILES',
    fix: 'Correct source.files (relative to the configuration) or --input (relative to the working directory), or set source.allowEmpty to true if that is to be expected.',
  });
}

interface Candidate {
  /** The same for every path that leads to the file. */
  readonly identity: string;
  readonly file: FoundFile;
}

const standardInput: Candidate = {
  identity: STANDARD_INPUT,
  file: { name: STANDARD_INPUT, path: STANDARD_INPUT, sizeBytes: null, isPipe: false },
};

async function filesOf(pattern: string, options: FindOptions): Promise<Candidate[]> {
  const literal = await candidateOf(pattern, options);
  if (literal !== null) return [literal];
  const paths = await Array.fromAsync(glob(pattern, { cwd: options.from }));
  const candidates = await filesAtOnce.map(
    paths,
    async (path) => (await candidateOf(path, options)) ?? (await unreachableOf(path, options)),
  );
  return candidates
    .filter((candidate) => candidate !== null)
    .sort((a, b) => compareCodeUnits(a.file.name, b.file.name));
}

/** @param written a path as a person or a glob writes it. @returns null unless it leads to a file. */
async function candidateOf(written: string, { from, baseDirectory }: FindOptions): Promise<Candidate | null> {
  const path = resolve(from, written);
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return null;
    const file = {
      name: nameOf(path, written, baseDirectory),
      path,
      sizeBytes: stats.isFile() ? stats.size : null,
      isPipe: stats.isFIFO(),
    };
    return { identity: stats.isFile() ? await realpath(path) : path, file };
  } catch {
    return null;
  }
}

/**
 * What is listed but leads nowhere (a broken link, a failing disk) must not be left out in silence: it cannot be read, and
 * counts as damaged. What is gone since it was listed is no file any more.
 */
async function unreachableOf(
  written: string,
  { from, baseDirectory }: FindOptions,
): Promise<Candidate | null> {
  const path = resolve(from, written);
  const found = await lstat(path).catch(() => null);
  if (found === null || found.isDirectory()) return null;
  if (found.isSymbolicLink() && (await stat(path).catch(() => null))?.isDirectory()) return null;
  const name = nameOf(path, written, baseDirectory);
  return { identity: path, file: { name, path, sizeBytes: null, isPipe: false } };
}

function nameOf(path: string, written: string, baseDirectory: string): string {
  const fromBase = relative(baseDirectory, path);
  const isBelow = fromBase !== '..' && !fromBase.startsWith(`..${sep}`) && !isAbsolute(fromBase);
  return (isBelow ? fromBase : written).split(sep).join('/');
}

/** The same order on every machine, whatever its locale. */
function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
