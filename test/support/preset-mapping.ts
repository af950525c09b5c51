/** Mappings of a preset, compiled without a configuration file. */
import { type Config, configSchema } from '../../src/config/schema.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { LoadedLookup, LoadedLookups } from '../../src/mapping/lookup.ts';
import type { Mapping } from '../../src/mapping/mapping.ts';
import type { SourceRecord } from '../../src/sources/source.ts';

/** What a user writes beside `preset`. */
export interface OwnConfig {
  readonly mapping?: Readonly<Record<string, unknown>>;
  readonly skip?: readonly unknown[];
  readonly codes?: Readonly<Record<string, unknown>>;
  readonly presetOptions?: Readonly<Record<string, unknown>>;
}

/** @param lookups by name, with E.164 keys. */
export function presetMapping(
  preset: NonNullable<Config['preset']>,
  own: OwnConfig = {},
  lookups: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Mapping {
  const config = configSchema.parse({
    ...{ stream: 'test', source: { format: 'csv', files: ['*'] }, preset },
    ...own,
    lookups: Object.fromEntries(
      Object.keys(lookups).map((name) => [
        name,
        { file: `${name}.csv`, key: 'k', value: 'v', as: 'phone:US' },
      ]),
    ),
    destination: {
      type: 'mykaarma-historical',
      baseUrl: 'http://127.0.0.1:1',
      auth: { username: { env: 'USERNAME' }, password: { env: 'PASSWORD' } },
    },
  });
  const clock = { nowMs: () => Date.UTC(2025, 9, 1) };
  return compileMapping({ config, lookups: loaded(lookups), mapper: null, clock });
}

function loaded(lookups: Readonly<Record<string, Readonly<Record<string, string>>>>): LoadedLookups {
  return new Map(
    Object.entries(lookups).map(([name, values]): [string, LoadedLookup] => [
      name,
      {
        ...{ file: `${name}.csv`, region: 'US', sha256: 'contents', advice: [] },
        values: new Map(Object.entries(values)),
      },
    ]),
  );
}

export function sourceRecord(fields: Readonly<Record<string, unknown>>): SourceRecord {
  return {
    fields: Object.assign(Object.create(null), fields),
    position: { file: 'events.ndjson', line: 1, byte: 0, index: 0 },
  };
}
