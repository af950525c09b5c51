/** The configuration of a mapping with its preset unfolded: what a user wrote takes the place of what the preset has. */
import type { CodeTables, PresetName, Rule, SkipRule } from '../../config/mapping-schema.ts';
import type { Config } from '../../config/schema.ts';
import type { SourceRecord } from '../../sources/source.ts';
import { mergeCodes, resolveCodes } from '../code-tables.ts';
import type { Advice } from '../mapping.ts';
import { kaleyraLog } from './kaleyra-log.ts';
import { kaleyraReport } from './kaleyra-report.ts';
import { mykaarmaMessageEvents } from './mykaarma-message-events.ts';
import { DERIVED, type Preset, type PresetRules } from './preset.ts';

const PRESETS: Readonly<Record<PresetName, Preset>> = {
  'mykaarma-message-events': mykaarmaMessageEvents,
  'kaleyra-report': kaleyraReport,
  'kaleyra-log': kaleyraLog,
};

export type MappingConfig = Pick<
  Config,
  'preset' | 'presetOptions' | 'codes' | 'mapping' | 'skip' | 'lookups' | 'destination'
>;

export interface Expanded {
  readonly mapping: Config['mapping'];
  readonly skip: readonly SkipRule[];
  readonly advice: readonly Advice[];
  /** Columns with the two ends of a message; null where nobody knows them. */
  readonly ends: PresetRules['ends'] | null;
  /** Whether an input may well lack a column that a rule names. */
  mayLack(column: string): boolean;
  /** The record with the fields that the preset derives. */
  withDerived(record: SourceRecord): SourceRecord;
  /** What else decides what a record becomes; part of the fingerprint. */
  readonly decisive: unknown;
}

/** @throws {UsageError} UNKNOWN_CODE_TABLE */
export function expandPreset(config: MappingConfig): Expanded {
  const preset = config.preset === undefined ? null : PRESETS[config.preset];
  if (preset === null) {
    return {
      mapping: resolveCodes(config.mapping, config.codes),
      skip: config.skip,
      advice: [],
      ends: null,
      mayLack: () => false,
      withDerived: (record) => record,
      decisive: null,
    };
  }
  const codes = mergeCodes(preset.codes, config.codes);
  const rules = preset.rules(config.presetOptions, codes);
  const own = new Set([
    ...Object.values(config.mapping).flatMap(columnsNamed),
    ...config.skip.map(({ from }) => from),
  ]);
  return {
    mapping: resolveCodes(mergeRules(rules.mapping, config.mapping), codes),
    skip: mergeSkips(rules.skip, config.skip),
    advice: [...rules.advice, ...(isConfirmed(preset, config.codes) ? [] : [assumedCodes(preset)])],
    ends: rules.ends,
    mayLack: (column) => !own.has(column) || column.startsWith(`${DERIVED}.`),
    withDerived: (record) => {
      const fields: Record<string, unknown> = Object.assign(Object.create(null), record.fields);
      fields[DERIVED] = rules.derive(record.fields);
      return { ...record, fields };
    },
    decisive: { preset: config.preset, revision: preset.revision, options: config.presetOptions, codes },
  };
}

/** A rule for a whole takes the place of those for its parts, and the other way round; only metaData has both. */
function mergeRules(preset: Config['mapping'], own: Config['mapping']): Config['mapping'] {
  const keys = Object.keys(own);
  const isReplaced = (key: string) =>
    keys.some(
      (one) =>
        one === key || (key !== META_DATA && isWithin(one, key)) || (one !== META_DATA && isWithin(key, one)),
    );
  return { ...Object.fromEntries(Object.entries(preset).filter(([key]) => !isReplaced(key))), ...own };
}

const META_DATA = 'messageAttributes.metaData';

function isWithin(path: string, ancestor: string): boolean {
  return path.startsWith(`${ancestor}.`);
}

/** A rule takes the place of the preset's with the same reason. */
function mergeSkips(preset: readonly SkipRule[], own: readonly SkipRule[]): SkipRule[] {
  const reasons = new Set(own.map(({ reason }) => reason));
  return [...preset.filter(({ reason }) => !reasons.has(reason)), ...own];
}

/** Codes that a user has written down are no longer ours. */
function isConfirmed({ areCodesAssumed, codes }: Preset, own: CodeTables): boolean {
  if (!areCodesAssumed) return true;
  return Object.entries(codes).every(([name, table]) =>
    Object.keys(table).every((code) => Object.hasOwn(own[name] ?? {}, code)),
  );
}

function assumedCodes({ codes }: Preset): Advice {
  const tables = Object.entries(codes).map(
    ([name, table]) => `${Object.keys(table).join(', ')} (codes.${name})`,
  );
  return {
    code: 'ASSUMED_CODES',
    message: `What the codes ${tables.join(' and ')} mean is assumed: it is not published.`,
    fix: 'Look at the codes that `check` shows; once they are right, say so by writing them under codes.',
  };
}

function columnsNamed(rule: Rule): readonly string[] {
  if (typeof rule === 'string') return [rule];
  return [...(rule.from === undefined ? [] : [rule.from]), ...(rule.firstOf ?? [])];
}
