/** What one record of a JSON format becomes: its own bytes, parsed. */
import { isUtf8 } from 'node:buffer';
import type { FieldError } from '../errors.ts';
import { parseExactJson } from './exact-json.ts';
import { invalidEncoding, invalidJson, notAnObject } from './record-problems.ts';
import type { RecordPosition, SourceRecord } from './source.ts';

/** A record longer than this is none: the memory it takes is bounded. */
export const MAX_JSON_RECORD_BYTES = 16 * 1024 * 1024;

export interface JsonRecordContext {
  readonly position: RecordPosition;
  /** Whether the bytes are known to be UTF-8, so that they need not be looked at again. */
  readonly isDecodable: boolean;
  readonly fixOfInvalid: string;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The record in `bytes[start, end)`; its fields have no prototype. A record that is not valid JSON keeps its text under `_raw`,
 * one that is not an object its value under `#1`.
 */
export function jsonRecordOf(
  bytes: Buffer,
  start: number,
  end: number,
  { position, isDecodable, fixOfInvalid }: JsonRecordContext,
): SourceRecord {
  const { fields, problems: ofParsing } = parsed(bytes.toString('utf8', start, end), fixOfInvalid);
  const problems =
    isDecodable || isUtf8(bytes.subarray(start, end))
      ? ofParsing
      : [...undecodable(fields), ...(ofParsing ?? [])];
  return problems === undefined ? { fields, position } : { fields, position, problems };
}

function parsed(
  text: string,
  fixOfInvalid: string,
): { fields: Record<string, unknown>; problems?: readonly FieldError[] } {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch {
    return { fields: fieldsWith('_raw', text), problems: [invalidJson(fixOfInvalid)] };
  }
  if (isObject(value)) return { fields: withoutPrototype(value) };
  return { fields: fieldsWith('#1', value), problems: [notAnObject()] };
}

/** JSON.parse makes a key named `__proto__` an ordinary one; here it stays one. */
export function withoutPrototype(fields: Record<string, unknown>): Record<string, unknown> {
  // A copy, by the fastest of several ways: taking the prototype from what has its keys already takes V8 longer.
  return { ...fields, __proto__: null };
}

export function fieldsWith(key: string, value: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  fields[key] = value;
  return fields;
}

function undecodable(fields: Record<string, unknown>): FieldError[] {
  const damaged = Object.keys(fields).filter((key) => (key + JSON.stringify(fields[key])).includes('\uFFFD'));
  return damaged.map((key) => invalidEncoding(key, 'Save the file as UTF-8: JSON is always UTF-8.'));
}
