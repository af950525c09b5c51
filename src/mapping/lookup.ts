/** Crosswalk files: what a key of the export is called in the target system. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { Config } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../messages/suggest.ts';
import { trimBlanks } from './blanks.ts';
import type { Advice } from './mapping.ts';
import { createPhoneReader } from './phone.ts';

type LookupConfig = Config['lookups'][string];

export interface LoadedLookup {
  /** As the configuration names it. */
  readonly file: string;
  /** Region in which keys were read as phone numbers; null when they are texts. */
  readonly region: string | null;
  /** By key: a text without outer blanks, or a phone number in E.164. */
  readonly values: ReadonlyMap<string, string>;
  /** SHA-256 (hex) of the file. */
  readonly sha256: string;
  readonly advice: readonly Advice[];
}

export type LoadedLookups = ReadonlyMap<string, LoadedLookup>;

/**
 * Reads a crosswalk: UTF-8, comma, header. Rows without key or value, and keys that are no phone numbers where they
 * should be, are counted and left out.
 *
 * @throws {UsageError} LOOKUP_UNREADABLE, LOOKUP_COLUMN_MISSING, LOOKUP_AMBIGUOUS (one key with two values),
 *   UNKNOWN_REGION
 */
export async function loadLookup(
  name: string,
  config: LookupConfig,
  baseDirectory: string,
): Promise<LoadedLookup> {
  const path = resolve(baseDirectory, config.file);
  const region = config.as === 'text' ? null : config.as.slice('phone:'.length);
  const readKey = createKeyReader(region);
  const values = new Map<string, string>();
  let leftOut = 0;
  const sha256 = await readRows(name, config, path, (keyCell, valueCell, byte) => {
    const key = readKey(keyCell);
    const value = trimBlanks(valueCell);
    if (key === null || value === '') {
      leftOut += 1;
      return;
    }
    const known = values.get(key);
    if (known !== undefined && known !== value) throw new AmbiguousKey(key, byte);
    if (known === undefined) values.set(key, value);
  }).catch(async (error: unknown) => {
    throw error instanceof AmbiguousKey ? await ambiguous(name, config, path, readKey, error) : error;
  });
  return { file: config.file, region, values, sha256, advice: adviceOn(name, config, values.size, leftOut) };
}

type KeyReader = (cell: string) => string | null;

function createKeyReader(region: string | null): KeyReader {
  if (region === null) return (cell) => trimBlanks(cell) || null;
  const readPhone = createPhoneReader(region);
  return (cell) => {
    const reading = readPhone(cell);
    return 'e164' in reading ? reading.e164 : null;
  };
}

/** @returns the SHA-256 (hex) of the file */
async function readRows(
  name: string,
  config: LookupConfig,
  path: string,
  onRow: (key: string, value: string, startByte: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let columns: { readonly key: number; readonly value: number } | undefined;
  let startByte = 0;
  try {
    await pipeline(
      createReadStream(path),
      async function* (chunks: AsyncIterable<Buffer>) {
        const utf8 = new TextDecoder('utf-8', { fatal: true });
        for await (const chunk of chunks) {
          hash.update(chunk);
          utf8.decode(chunk, { stream: true });
          yield chunk;
        }
        utf8.decode();
      },
      parse({
        bom: true,
        info: true,
        skip_empty_lines: true,
        record_delimiter: ['\r\n', '\n', '\r'],
        max_record_size: 1_000_000,
      }),
      async (rows: AsyncIterable<{ record: string[]; info: { bytes: number } }>) => {
        for await (const { record, info } of rows) {
          if (columns === undefined) columns = findColumns(name, config, record);
          else onRow(record[columns.key] as string, record[columns.value] as string, startByte);
          startByte = info.bytes;
        }
      },
    );
  } catch (cause) {
    if (cause instanceof UsageError || cause instanceof AmbiguousKey) throw cause;
    throw unreadable(name, config, reasonOf(cause), cause);
  }
  if (columns === undefined) throw unreadable(name, config, 'it is empty');
  return hash.digest('hex');
}

function findColumns(name: string, config: LookupConfig, header: readonly string[]) {
  const columns = header.map((column) => column.trim());
  const find = (option: 'key' | 'value') => {
    const wanted = config[option];
    const index = columns.indexOf(wanted);
    if (index !== -1 && index === columns.lastIndexOf(wanted)) return index;
    const suggestion = nearest(wanted, columns);
    const problem = index === -1 ? 'has no column' : 'has more than one column';
    throw new UsageError(`Lookup ${name}: ${config.file} ${problem} ${JSON.stringify(wanted)}.`, {
      code: 'LOOKUP_COLUMN_MISSING',
      fix: `Correct lookups.${name}.${option}${suggestion && index === -1 ? `; did you mean ${JSON.stringify(suggestion)}?` : ' or the header of the file.'}`,
    });
  };
  return { key: find('key'), value: find('value') };
}

/** Never with the parser's own message, which quotes cells. */
function reasonOf(cause: unknown): string {
  if (cause instanceof CsvError)
    return `its CSV is broken around line ${String(cause.lines)} (${cause.code})`;
  if (cause instanceof TypeError) return 'it is not UTF-8';
  const code = (cause as NodeJS.ErrnoException).code;
  return code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${code ?? 'unknown reason'})`;
}

function unreadable(name: string, config: LookupConfig, reason: string, cause?: unknown): UsageError {
  return new UsageError(`Lookup ${name} cannot be read from ${config.file}: ${reason}.`, {
    code: 'LOOKUP_UNREADABLE',
    fix: `Check lookups.${name}.file: a UTF-8 CSV file with commas and a header, relative to the configuration.`,
    cause,
  });
}

/** Stops the reading, so that {@link ambiguous} can say where the key stands first. */
class AmbiguousKey extends Error {
  readonly key: string;
  readonly byte: number;
  constructor(key: string, byte: number) {
    super('the same key with another value');
    this.key = key;
    this.byte = byte;
  }
}

/** Positions are not kept for every key: a million of them would cost more than this second reading. */
async function ambiguous(
  name: string,
  config: LookupConfig,
  path: string,
  readKey: KeyReader,
  { key, byte }: AmbiguousKey,
): Promise<UsageError> {
  let firstByte = byte;
  await readRows(name, config, path, (keyCell, _value, startByte) => {
    if (startByte < firstByte && readKey(keyCell) === key) firstByte = startByte;
  });
  const [firstLine, line] = [await lineAt(path, firstByte), await lineAt(path, byte)];
  return new UsageError(
    `Lookup ${name}: lines ${firstLine} and ${line} of ${config.file} have the same key and different values.`,
    {
      code: 'LOOKUP_AMBIGUOUS',
      fix: `Keep one of them, or make lookups.${name}.key a column without repeats.`,
    },
  );
}

/** 1-based line of the first row that begins at or after a byte; blank lines before it are passed over. */
async function lineAt(path: string, byte: number): Promise<number> {
  const CR = 13;
  const LF = 10;
  let line = 1;
  let position = 0;
  let previous = 0;
  for await (const chunk of createReadStream(path)) {
    for (const code of chunk as Buffer) {
      if (position >= byte && code !== CR && code !== LF) return line;
      if (code === CR || (code === LF && previous !== CR)) line += 1;
      previous = code;
      position += 1;
    }
  }
  return line;
}

function adviceOn(name: string, config: LookupConfig, entries: number, leftOut: number): Advice[] {
  const advice: Advice[] = [];
  if (leftOut > 0) {
    const reasons = config.as === 'text' ? 'no key or no value' : 'no readable phone number or no value';
    advice.push({
      code: 'LOOKUP_ROWS_LEFT_OUT',
      message: `Lookup ${name}: ${leftOut} of ${leftOut + entries} rows of ${config.file} have ${reasons}.`,
      fix: `Correct them if their customers are in the export; otherwise ignore this.`,
    });
  }
  if (entries === 0) {
    advice.push({
      code: 'LOOKUP_EMPTY',
      message: `Lookup ${name}: ${config.file} holds nothing to find.`,
      fix: `Check lookups.${name}.file, .key and .value.`,
    });
  }
  return advice;
}
