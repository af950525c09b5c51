/** Reading the configuration: file, `--set` overrides, schema, and the rules that no schema can express. */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { jsonSchema, knownKeysAt } from './json-schema.ts';
import { type JsonDocument, type JsonPath, parseJsonc } from './jsonc.ts';
import { assertAtMostOnce } from './live.ts';
import { applyOverride, readOverride } from './overrides.ts';
import { writePath } from './paths.ts';
import { assertPresetFits } from './preset-fits.ts';
import { describeIssues } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { assertSecureUrl } from './secure-url.ts';

/** Far more than a person writes: code tables of thousands of lines fit, and an export named by mistake is told as one. */
const MAX_CONFIG_BYTES = 1_000_000;

/** A person corrects a few and looks again; an export named by mistake would fill the screen. */
const MAX_TOLD_PROBLEMS = 50;

export const DEFAULT_CONFIG_PATH = 'pipeline.config.json';

export interface ConfigRequest {
  /** Relative to `cwd`. */
  readonly path: string;
  /** Whether a person named the file (the default), or it is the one looked for where nobody did. */
  readonly explicit?: boolean;
  /** `--set` arguments, applied in order. */
  readonly overrides?: readonly string[];
  /** Default: the working directory. */
  readonly cwd?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly path: string;
  /** Absolute; what paths inside the configuration are relative to. */
  readonly directory: string;
}

/**
 * @throws {UsageError} `CONFIG_MISSING`, `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE`, `CONFIG_SYNTAX`, `CONFIG_INVALID`
 *   (all problems at once), `BAD_OVERRIDE`, `BAD_URL`, `INSECURE_URL`, `LIVE_RESEND`, `LIVE_REPLACE`,
 *   `PRESET_MISPLACED`.
 */
export async function loadConfig({
  path,
  explicit = true,
  overrides = [],
  cwd = process.cwd(),
}: ConfigRequest): Promise<LoadedConfig> {
  const absolutePath = resolve(cwd, path);
  const given = overrides.map(readOverride);
  const document = parseJsonc(await readText(absolutePath, path, explicit), path);
  const value = given.reduce(applyOverride, document.value);
  // Compiling the schema, as zod does by itself, takes longer than parsing one document without.
  const result = configSchema.safeParse(value, { jitless: true });
  if (!result.success) {
    const schema = jsonSchema();
    const problems = describeIssues(result.error.issues, value, (at) => knownKeysAt(schema, at));
    const overridden = given.map((override) => override.path);
    throw invalid(
      path,
      problems.length,
      problems
        .slice(0, MAX_TOLD_PROBLEMS)
        .map((problem) => `${placeOf(problem.path, path, document, overridden)}${problem.message}`),
    );
  }
  const config = result.data;
  assertSecureUrl(config.destination.baseUrl, config.destination);
  assertAtMostOnce(config);
  assertPresetFits(config);
  return { config, path: absolutePath, directory: dirname(absolutePath) };
}

async function readText(absolutePath: string, path: string, explicit: boolean): Promise<string> {
  try {
    const bytes = await readBytes(absolutePath, path);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new UsageError(`there is no configuration file ${path}`, {
        code: 'CONFIG_MISSING',
        fix: explicit
          ? 'Correct the path given with --config.'
          : `Run in the directory that holds ${DEFAULT_CONFIG_PATH}, or name another file with --config.`,
        cause,
      });
    }
    throw new UsageError(`the configuration file ${path} cannot be read (${code ?? 'not text'})`, {
      code: 'CONFIG_UNREADABLE',
      fix:
        code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'Save it as UTF-8 text.'
          : 'Check that it is a file and that you may read it.',
      cause,
    });
  }
}

async function readBytes(absolutePath: string, path: string): Promise<Buffer> {
  const file = await open(absolutePath);
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    // In pieces: what a pipe or a device holds, its size does not tell.
    for (;;) {
      const { buffer, bytesRead } = await file.read();
      if (bytesRead === 0) return Buffer.concat(chunks);
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
      if (length > MAX_CONFIG_BYTES) throw tooLarge(path);
    }
  } finally {
    await file.close();
  }
}

function tooLarge(path: string): UsageError {
  return new UsageError(`the configuration file ${path} is larger than ${MAX_CONFIG_BYTES / 1e6} MB`, {
    code: 'CONFIG_TOO_LARGE',
    fix: 'Check that it is the configuration, not an export; move long tables into a lookup file.',
  });
}

/** `pipeline.config.json:4:15 source.format: `, with the nearest enclosing value's position where there is none. */
function placeOf(
  path: JsonPath,
  file: string,
  document: JsonDocument,
  overridden: readonly JsonPath[],
): string {
  if (overridden.some((override) => override.every((step, index) => path[index] === step))) {
    return `--set ${writePath(path)}: `;
  }
  for (let length = path.length; ; length -= 1) {
    const position = document.positionOf(path.slice(0, length));
    if (position !== null) return `${file}:${position.line}:${position.column} ${writePath(path)}: `;
  }
}

function invalid(path: string, count: number, told: readonly string[]): UsageError {
  const problems = count === 1 ? 'a problem' : `${count} problems`;
  const lines = count > told.length ? [...told, `… and ${count - told.length} more`] : told;
  return new UsageError(
    `the configuration ${path} has ${problems}:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    {
      code: 'CONFIG_INVALID',
      fix: 'Correct each line above; `backhaul schema` prints what is allowed, docs/configuration.md explains it.',
    },
  );
}
