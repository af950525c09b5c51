/**
 * What other systems say in answers, callbacks and events: codes, descriptions, identifiers. Descriptions are their
 * words and may quote people: shortened, stripped of control characters, and for the ledger only. Pure.
 */

const MAX_CODE_LENGTH = 100;
const MAX_TEXT_LENGTH = 300;
const MAX_UUID_LENGTH = 500;

/** An identifier that they gave; null where they gave none. */
export function cleanUuid(value: unknown): string | null {
  return clean(value, MAX_UUID_LENGTH);
}

/** Their own words; null where they gave none. */
export function readDescription(value: unknown): string | null {
  return clean(value, MAX_TEXT_LENGTH);
}

/** Codes are shown in logs and tables and typed after `--code`: one word. */
export function readCode(value: unknown): string | null {
  return clean(value, MAX_CODE_LENGTH)?.replace(/[^\w.:-]+/g, '_') ?? null;
}

/** Several as one, within the bounds of one; null when there are none. */
export function joinDescriptions(parts: readonly (string | null)[]): string | null {
  return readDescription(parts.filter((part) => part !== null).join('; '));
}

/** Control characters, line separators, and marks that reorder what stands beside them on a terminal. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu;

/** One line of bounded length; null when nothing is left. Numbers are taken as text: some APIs number their errors. */
function clean(value: unknown, maxLength: number): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value)
    .slice(0, maxLength * 4)
    .replace(UNPRINTABLE, ' ')
    .trim()
    .toWellFormed();
  if (text === '') return null;
  return text.length > maxLength ? `${text.slice(0, maxLength - 1).toWellFormed()}…` : text;
}
