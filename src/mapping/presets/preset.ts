/**
 * A preset: the rules for exports of one known form. It is ordinary configuration, in which users replace single rules, and
 * for what rules cannot say it derives further fields from a record, which rules name as `derived.<name>`.
 */
import type { CodeTables, PresetOptions, SkipRule } from '../../config/mapping-schema.ts';
import type { Config } from '../../config/schema.ts';
import type { SourceRecord } from '../../sources/source.ts';
import type { Advice } from '../mapping.ts';

export type Fields = SourceRecord['fields'];

export interface Preset {
  /** Raise it when the same options give other derived fields than before, so that files are read again. */
  readonly revision: number;
  /** What codes mean; users add to them and correct them in `codes`. */
  readonly codes: CodeTables;
  /** Whether nobody has published what they mean: a person should look before anything is sent. */
  readonly areCodesAssumed: boolean;
  /** @param codes with what the user added and corrected */
  rules(options: PresetOptions, codes: CodeTables): PresetRules;
}

export interface PresetRules {
  readonly mapping: Config['mapping'];
  readonly skip: readonly SkipRule[];
  readonly advice: readonly Advice[];
  /** Columns with the two ends of a message, by which a person tells its direction. */
  readonly ends: { readonly from: string; readonly to: string };
  /** Pure. What it leaves undefined is absent. */
  derive(fields: Fields): Readonly<Record<string, unknown>>;
}

/** The field under which derived fields stand. */
export const DERIVED = 'derived';
