import { type Config, configSchema } from '../../src/config/schema.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { LoadedLookup } from '../../src/mapping/lookup.ts';
import type { MapperFunction } from '../../src/mapping/mapper.ts';
import type { MappedMessage, Mapping, MappingResult, RejectedRecord } from '../../src/mapping/mapping.ts';
import type { HistoricalMessage } from '../../src/messages/historical-message.ts';
import type { SourceRecord } from '../../src/sources/source.ts';

export const NOW_MS = Date.UTC(2025, 2, 28);

/** Rules of a message with a body, from constants; tests add and replace. */
export const PLAIN_RULES: Record<string, unknown> = {
  departmentUuid: { value: 'department-1' },
  customerUuid: { value: 'customer-1' },
  sourceUuid: 'Id',
  sentOn: { from: 'At', time: { formats: ['iso'], zone: 'UTC' } },
  'messageAttributes.body': 'Text',
  'messageAttributes.type': { value: 'INCOMING' },
  'messageAttributes.protocol': { value: 'TEXT' },
};

export interface MappingSetting {
  /** Added to {@link PLAIN_RULES}; undefined takes a rule away. */
  readonly rules?: Record<string, unknown>;
  readonly skip?: readonly unknown[];
  readonly lookups?: Record<string, Partial<LoadedLookup> & { values: ReadonlyMap<string, string> }>;
  readonly mapper?: MapperFunction;
  readonly allowScheduledDrafts?: boolean;
}

export function configOf({ rules, skip, lookups, allowScheduledDrafts }: MappingSetting): Config {
  const mapping = Object.entries({ ...PLAIN_RULES, ...rules }).filter(([, rule]) => rule !== undefined);
  return configSchema.parse({
    stream: 'test',
    source: { format: 'csv', files: ['export.csv'] },
    lookups: Object.fromEntries(
      Object.entries(lookups ?? {}).map(([name, { file = `${name}.csv`, region }]) => [
        name,
        { file, key: 'key', value: 'value', as: region ? `phone:${region}` : 'text' },
      ]),
    ),
    skip: skip ?? [],
    mapping: Object.fromEntries(mapping),
    destination: {
      type: 'mykaarma-historical',
      baseUrl: 'http://127.0.0.1:1',
      auth: { username: { env: 'USERNAME' }, password: { env: 'PASSWORD' } },
      allowScheduledDrafts: allowScheduledDrafts ?? false,
    },
  });
}

export function mappingWith(setting: MappingSetting = {}): Mapping {
  const lookups = Object.entries(setting.lookups ?? {}).map(([name, lookup]): [string, LoadedLookup] => [
    name,
    { file: `${name}.csv`, region: null, sha256: 'contents', advice: [], ...lookup },
  ]);
  return compileMapping({
    config: configOf(setting),
    lookups: new Map(lookups),
    mapper: setting.mapper === undefined ? null : { map: setting.mapper, sha256: 'mapper' },
    clock: { nowMs: () => NOW_MS },
  });
}

/** A record with an Id, a time and a text; tests add and replace. */
export function recordOf(
  fields: Record<string, unknown> = {},
  extra: Partial<SourceRecord> = {},
): SourceRecord {
  const plain = { Id: 'id-1', At: '2024-03-01T09:05:07Z', Text: 'Hello' };
  return {
    fields: Object.assign(Object.create(null), plain, fields),
    position: { file: 'export.csv', line: 2, byte: 40, index: 0 },
    ...extra,
  };
}

/** A mapped message of the historical contract. */
export type HistoricalMapped = MappedMessage & { readonly item: Omit<HistoricalMessage, 'sourceUuid'> };

export function messageOf(result: MappingResult): HistoricalMapped {
  if (result.kind !== 'message') throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result as HistoricalMapped;
}

export function rejectOf(result: MappingResult): RejectedRecord {
  if (result.kind !== 'rejected') throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result;
}

/** `field CODE` of every error of a rejected record. */
export function faultsOf(result: MappingResult): string[] {
  return rejectOf(result).errors.map(({ field, code }) => `${field} ${code}`);
}
