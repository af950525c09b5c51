/** What the answers of several APIs are made of. Pure. */
import { joinDescriptions, readCode, readDescription } from '../reported-text.ts';
import type { MessageOutcome } from './destination.ts';

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

/** The first error's code, and all descriptions. An error without either is an error all the same. */
export function readFault(value: unknown): Fault | null {
  const errors = list(value).filter((entry) => entry !== null && entry !== undefined);
  if (errors.length === 0) return null;
  const objects = errors.filter(isObject);
  const codes = objects.map((entry) => readCode(entry.errorCode));
  const descriptions = objects.map((entry) => readDescription(entry.errorDescription));
  return { code: codes.find((code) => code !== null) ?? null, error: joinDescriptions(descriptions) };
}

export function readWarnings(value: unknown): string | null {
  return joinDescriptions(
    list(value)
      .filter(isObject)
      .map((entry) => {
        const parts = [readCode(entry.warningCode), readDescription(entry.warningDescription)];
        return parts.filter((part) => part !== null).join(': ') || null;
      }),
  );
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
