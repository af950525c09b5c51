/** Records that are not to be imported. */
import type { SkipRule } from '../config/mapping-schema.ts';
import { UsageError } from '../errors.ts';
import type { SourceRecord } from '../sources/source.ts';
import { isBlank, trimBlanks } from './blanks.ts';
import { canonicalText, createCellReader } from './cells.ts';

/**
 * The reason of the first rule that applies, or null. `in` and `notIn` compare texts without outer blanks; an empty
 * cell is the empty text.
 *
 * @throws {UsageError} BAD_PATTERN
 */
export function compileSkip(rules: readonly SkipRule[]): (fields: SourceRecord['fields']) => string | null {
  const compiled = rules.map((rule, index) => {
    const read = createCellReader(rule.from);
    const applies = compileCondition(rule, index);
    return {
      reason: rule.reason,
      applies: (fields: SourceRecord['fields']) => applies(canonicalText(read(fields))),
    };
  });
  return (fields) => {
    for (const { applies, reason } of compiled) if (applies(fields)) return reason;
    return null;
  };
}

function compileCondition(rule: SkipRule, index: number): (cell: string) => boolean {
  if (rule.empty !== undefined) return (cell) => (cell === '' || isBlank(cell)) === rule.empty;
  if (rule.matches !== undefined) {
    const pattern = compilePattern(rule.matches, index);
    return (cell) => pattern.test(cell);
  }
  const texts = new Set((rule.in ?? rule.notIn ?? []).map(trimBlanks));
  const isSkippedWhenListed = rule.in !== undefined;
  return (cell) => texts.has(trimBlanks(cell)) === isSkippedWhenListed;
}

function compilePattern(source: string, index: number): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (cause) {
    throw new UsageError(`skip[${index}].matches is not a regular expression.`, {
      code: 'BAD_PATTERN',
      fix: `Correct it: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cause,
    });
  }
}
