/** The version of a message: which of several records of the same identity is the newest. */
import type { Rule } from '../config/mapping-schema.ts';
import type { FieldError } from '../errors.ts';
import type { SourceRecord } from '../sources/source.ts';
import { trimBlanks } from './blanks.ts';
import { textOf } from './cells.ts';
import type { LoadedLookups } from './lookup.ts';
import { compileRule, describeColumns, FAILED } from './rule.ts';

/** The key of a mapping that gives it. */
export const VERSION_KEY = 'version';

export interface CompiledVersion {
  readonly columns: readonly string[];
  /** Unix epoch milliseconds; null when the record has none, or faults were added to `errors`. */
  readonly read: (fields: SourceRecord['fields'], errors: FieldError[]) => number | null;
}

const MILLISECONDS = /^\d{1,15}$/;
/** What a rule with `time` gives. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws {UsageError} what {@link compileRule} throws */
export function compileVersion(rule: Rule, lookups: LoadedLookups): CompiledVersion {
  const { read, columns } = compileRule(
    VERSION_KEY,
    typeof rule === 'string' ? { from: rule } : rule,
    lookups,
  );
  const where = describeColumns(columns);
  return {
    columns,
    read(fields, errors) {
      const value = read(fields, errors);
      if (value === undefined || value === FAILED) return null;
      const text = trimBlanks(textOf(value) ?? '-');
      if (text === '') return null;
      if (MILLISECONDS.test(text)) return Number(text);
      if (INSTANT.test(text)) return Date.parse(text);
      errors.push({
        field: VERSION_KEY,
        code: 'VERSION_UNREADABLE',
        message: `${where === '' ? 'this' : where} is neither Unix milliseconds nor a time`,
        fix: `Give mapping["${VERSION_KEY}"] a time with the format of the export, or name another column.`,
      });
      return null;
    },
  };
}
