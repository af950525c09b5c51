/** Holds the columns that the rules name against those that an input has. */
import { UsageError } from '../errors.ts';
import { nearest } from '../messages/suggest.ts';
import type { Header } from '../sources/source.ts';
import { firstOfSeveral } from './cells.ts';
import type { Advice } from './mapping.ts';

/**
 * @param mayLack whether a named column may be missing without a word
 * @throws {UsageError} AMBIGUOUS_COLUMN when a rule names a column that occurs more than once.
 */
export function checkColumns(
  named: ReadonlySet<string>,
  header: Header,
  mayLack: (name: string) => boolean,
): Advice[] {
  const columns = new Set(header.columns);
  const ambiguous = header.duplicates.find((name) => named.has(name));
  if (ambiguous !== undefined) {
    throw new UsageError(
      `${header.file} has more than one column ${JSON.stringify(ambiguous)}, and a rule names it.`,
      {
        code: 'AMBIGUOUS_COLUMN',
        fix: `Name the first one "${ambiguous}#1" or the second "${ambiguous}#2".`,
      },
    );
  }
  return [...named]
    .filter((name) => !mayLack(name) && !columns.has(name) && !columns.has(firstOfSeveral(name) ?? name))
    .map((name) => unknownColumn(name, header));
}

function unknownColumn(name: string, header: Header): Advice {
  const suggestion = nearest(name, header.columns);
  return {
    code: 'UNKNOWN_COLUMN',
    message: `${header.file} has no column ${JSON.stringify(name)}, which a rule names.`,
    fix:
      suggestion === null
        ? 'Correct the rule, or the file that it is applied to.'
        : `Did you mean ${JSON.stringify(suggestion)}?`,
  };
}
