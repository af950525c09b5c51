/** Gathers, over all records, which codes occur and what they are taken for, with examples that a person can judge. */
import type { CodeSighting, Mapping } from '../mapping/mapping.ts';
import type { CodeExample, CodeSummary } from './summary.ts';

/** A column with more of them holds no codes. */
const MOST_CODES = 20;
const MOST_EXAMPLES = 3;
const LONGEST_CODE = 24;

interface Counted extends CodeSummary {
  count: number;
  readonly examples: CodeExample[];
}

export interface CodeWatch {
  /** The same mapping, watched. */
  readonly mapping: Mapping;
  /** By field, most frequent code first. */
  summary(): readonly CodeSummary[];
}

export function watchCodes(mapping: Mapping): CodeWatch {
  const fields = new Map<string, Map<string, Counted>>();

  function count({ field, code, meaning, from, to }: CodeSighting): void {
    const codes = fields.get(field) ?? new Map<string, Counted>();
    fields.set(field, codes);
    const shown = code.length > LONGEST_CODE ? `${code.slice(0, LONGEST_CODE)}…` : code;
    const known = codes.get(shown);
    if (known === undefined && codes.size >= MOST_CODES) return;
    const counted = known ?? { field, code: shown, meaning, count: 0, examples: [] };
    codes.set(shown, counted);
    counted.count += 1;
    if (counted.examples.length >= MOST_EXAMPLES || from === null || to === null) return;
    const example = { from: masked(from), to: masked(to) };
    const isNew = !counted.examples.some((one) => one.from === example.from && one.to === example.to);
    if (isNew) counted.examples.push(example);
  }

  return {
    mapping: {
      ...mapping,
      map(record) {
        for (const sighting of mapping.codesOf(record)) count(sighting);
        return mapping.map(record);
      },
    },
    summary: () =>
      [...fields.values()].flatMap((codes) =>
        [...codes.values()].sort((one, other) => other.count - one.count),
      ),
  };
}

/** The last four digits of a number, the first letter and the domain of an address, nothing of anything else. */
function masked(end: string): string {
  const digits = end.replaceAll(/\D/g, '');
  if (digits.length >= 7 && !/\p{L}/u.test(end)) return `…${digits.slice(-4)}`;
  const at = end.lastIndexOf('@');
  return at > 0 ? `${end.charAt(0)}…${end.slice(at)}` : '…';
}
