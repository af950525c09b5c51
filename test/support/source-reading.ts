/** Reading files as a configuration would, and keeping everything that the reader tells. */
import { dirname } from 'node:path';
import { configSchema } from '../../src/config/schema.ts';
import type { SourceConfig } from '../../src/config/source-schema.ts';
import { DamagedInputError } from '../../src/errors.ts';
import { createSource } from '../../src/sources/create-source.ts';
import type { Header, SourceInput, SourceRecord } from '../../src/sources/source.ts';

export type SourceSettings = Pick<SourceConfig, 'format'> & {
  readonly files?: readonly string[];
  readonly allowEmpty?: boolean;
  readonly csv?: Partial<SourceConfig['csv']>;
  readonly json?: Partial<SourceConfig['json']>;
};

/** A source configuration with the schema's own defaults. */
export function sourceConfig(settings: SourceSettings): SourceConfig {
  return configSchema.shape.source.parse({ files: ['*'], ...settings });
}

export interface Reading {
  readonly records: readonly SourceRecord[];
  readonly headers: readonly Header[];
  /** Why the reading ended early, or null. */
  readonly damage: DamagedInputError | null;
}

export async function readInput(input: SourceInput): Promise<Reading> {
  const records: SourceRecord[] = [];
  const headers: Header[] = [];
  try {
    for await (const record of input.read({ onHeader: (header) => headers.push(header) }))
      records.push(record);
  } catch (error) {
    if (!(error instanceof DamagedInputError)) throw error;
    return { records, headers, damage: error };
  }
  return { records, headers, damage: null };
}

/** Reads one file as `--input` would. */
export async function readFileAs(path: string, settings: SourceSettings): Promise<Reading> {
  const baseDirectory = dirname(path);
  const source = createSource(sourceConfig(settings), { baseDirectory, cwd: baseDirectory, input: [path] });
  const [input] = await source.inputs();
  return readInput(input as SourceInput);
}

/** Fields as an ordinary object, for comparison. */
export function plainFields(record: SourceRecord | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record?.fields ?? {}));
}

/** 1-based line of a byte: CRLF, LF and a lone CR each end a line. */
export function lineOfByte(content: Buffer, byte: number, encoding: 'latin1' | 'utf16le' = 'latin1'): number {
  const before = content.subarray(0, byte).toString(encoding);
  return before.split(/\r\n|\n|\r/).length;
}
