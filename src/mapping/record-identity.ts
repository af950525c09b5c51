/** The identity of a record: from the export where it has one, else from chosen fields. */
import type { Rule } from '../config/mapping-schema.ts';
import { type FieldError, UsageError } from '../errors.ts';
import { required } from '../messages/field-errors.ts';
import { identityDigest } from '../messages/identity.ts';
import type { SourceRecord } from '../sources/source.ts';
import { trimBlanks } from './blanks.ts';
import { canonicalText, createCellReader, isAbsent, textOf } from './cells.ts';
import type { LoadedLookups } from './lookup.ts';
import type { Identity } from './mapping.ts';
import { compileRule, describeColumns, FAILED } from './rule.ts';

export interface CompiledIdentity {
  readonly columns: readonly string[];
  /** Null when the record has none; the reason is added to `errors`. */
  readonly read: (record: SourceRecord, errors: FieldError[]) => Identity | null;
}

/**
 * Compiles the rule of `sourceUuid`. A given identity loses its outer blanks and nothing else.
 *
 * @throws {UsageError} HASH_MISPLACED, or what {@link compileRule} throws
 */
export function compileIdentity(rule: Rule, lookups: LoadedLookups): CompiledIdentity {
  if (typeof rule === 'object' && rule.hash !== undefined) {
    const { hash, ...rest } = rule;
    if (Object.keys(rest).length > 0) {
      throw new UsageError('mapping["sourceUuid"] has other parts beside hash.', {
        code: 'HASH_MISPLACED',
        fix: 'Leave hash alone in the rule: it compares the cells as they are.',
      });
    }
    return hashedIdentity(hash);
  }
  return givenIdentity(typeof rule === 'string' ? { from: rule } : rule, lookups);
}

/**
 * A record of an export file keeps the identity that it had: corrected, it is still the same message. Otherwise a digest
 * of the cells as the export has them; a record in which all of them are empty cannot be told from others.
 */
function hashedIdentity(columns: readonly string[]): CompiledIdentity {
  const readers = columns.map(createCellReader);
  return {
    columns,
    read({ fields, origin }, errors) {
      if (origin?.sourceUuid) return { kind: 'given', sourceUuid: origin.sourceUuid };
      const values = readers.map((read) => canonicalText(read(fields)));
      if (values.some((value) => value.trim() !== '')) {
        return { kind: 'hashed', digest: identityDigest(values) };
      }
      errors.push(required('sourceUuid', `Fill ${describeColumns(columns)}, or skip records without them.`));
      return null;
    },
  };
}

function givenIdentity(rule: Exclude<Rule, string>, lookups: LoadedLookups): CompiledIdentity {
  const { read, columns } = compileRule('sourceUuid', rule, lookups);
  return {
    columns,
    read({ fields }, errors) {
      const value = read(fields, errors);
      if (value === FAILED) return null;
      const sourceUuid = trimBlanks(textOf(value) ?? '');
      if (sourceUuid !== '') return { kind: 'given', sourceUuid };
      if (!isAbsent(value) && textOf(value) === null) errors.push(notText());
      else errors.push(required('sourceUuid', missingFix(columns)));
      return null;
    },
  };
}

function notText(): FieldError {
  return {
    field: 'sourceUuid',
    code: 'WRONG_TYPE',
    message: 'sourceUuid must be one text, not a list or an object',
    fix: 'Name the value inside it with a dotted path.',
  };
}

function missingFix(columns: readonly string[]): string {
  const from = columns.length === 0 ? 'sourceUuid' : describeColumns(columns);
  return `Fill ${from}, or derive the identity from other columns with { "hash": [...] }.`;
}
