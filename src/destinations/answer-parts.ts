/**
 * What the answers of several APIs are made of. Pure.
 *
 * Descriptions are the API's words and may quote people: they are shortened, stripped of control characters, and go
 * to the ledger only.
 */
import type { MessageOutcome } from './destination.ts';

const MAX_CODE_LENGTH = 100;
const MAX_TEXT_LENGTH = 300;
const MAX_UUID_LENGTH = 500;

/** What an answer says against a message or a request. */
export interface Fault {
  readonly code: string | null;
  readonly error: string | null;
}

/** Of a message whose answer cannot be read. */
export const UNREADABLE: MessageOutcome = {
  state: 'unknown',
  code: 'ANSWER_UNREADABLE',
  error: 'The API answered, but not in the documented form.',
  messageUuid: null,
  warnings: null,
};

/** The answer's document; null when it is no JSON object. */
export function parseAnswer(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const document: unknown = JSON.parse(text);
    return isObject(document) ? document : null;
  } catch {
    return null;
  }
}

/** An identifier that the API gave; null where it gave none. */
export function cleanUuid(value: unknown): string | null {
  return clean(value, MAX_UUID_LENGTH);
}

/** The API's own words; null where it gave none. */
export function readDescription(value: unknown): string | null {
  return clean(value, MAX_TEXT_LENGTH);
}

/** The first error's code, and all descriptions. An error without either is an error all the same. */
export function readFault(value: unknown): Fault | null {
  const errors = list(value).filter((entry) => entry !== null && entry !== undefined);
  if (errors.length === 0) return null;
  const objects = errors.filter(isObject);
  const codes = objects.map((entry) => readCode(entry.errorCode));
  const descriptions = objects.map((entry) => readDescription(entry.errorDescription));
  return { code: codes.find((code) => code !== null) ?? null, error: joined(descriptions) };
}

export function readWarnings(value: unknown): string | null {
  return joined(
    list(value)
      .filter(isObject)
      .map((entry) => {
        const parts = [readCode(entry.warningCode), readDescription(entry.warningDescription)];
        return parts.filter((part) => part !== null).join(': ') || null;
      }),
  );
}

/** Codes are shown in logs and tables and typed after `--code`: one word. */
export function readCode(value: unknown): string | null {
  return clean(value, MAX_CODE_LENGTH)?.replace(/[^\w.:-]+/g, '_') ?? null;
}

function joined(parts: readonly (string | null)[]): string | null {
  return clean(parts.filter((part) => part !== null).join('; '), MAX_TEXT_LENGTH);
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

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
