/**
 * JSON as people write it in configuration files: with comments and trailing commas, otherwise strict (RFC 8259).
 *
 * The parsers at hand either say nothing of where an error is, quote the file's contents in it, or let a repeated or
 * `__proto__` key through; this one answers with the line and column of every value, which the schema's messages use.
 */
import { UsageError } from '../errors.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonPath = readonly (string | number)[];

export interface TextPosition {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** Where the value at `path` begins; null when the document has no such value. */
  positionOf(path: JsonPath): TextPosition | null;
}

/** Keys that would reach into an object's prototype; never accepted, here or in `--set`. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const MAX_DEPTH = 200;

/**
 * Blanks and strings are taken piece by piece: one expression that repeats alternatives keeps a way back for every
 * piece, which ends in an overflow of the stack, or in trying every way to divide a string that is never closed.
 */
const BLANK = /[ \t\r\n]+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//y;
const STRING_PIECE = /[^"\\\p{Cc}]+|[\x7f-\x9f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z.])/y;
const WORD = /(?:true|false|null)(?![0-9A-Za-z_])/y;

/**
 * Parses a whole document.
 * @param name how messages call it, e.g. its path.
 * @throws {UsageError} `CONFIG_SYNTAX`, with `name:line:column`.
 */
export function parseJsonc(text: string, name: string): JsonDocument {
  const offsets = new Map<string, number>();
  let at = text.startsWith('\uFEFF') ? 1 : 0;

  function fail(problem: string, fix: string, offset = at): never {
    const { line, column } = positionIn(text, offset);
    throw new UsageError(`${name}:${line}:${column}: ${problem}`, { code: 'CONFIG_SYNTAX', fix });
  }

  function take(pattern: RegExp): string | null {
    pattern.lastIndex = at;
    const token = pattern.exec(text)?.[0] ?? null;
    if (token !== null) at += token.length;
    return token;
  }

  function skipBlank(): void {
    while (take(BLANK) !== null);
    if (text.startsWith('/*', at)) fail('this comment is never closed', 'Close it with `*/`.');
  }

  function takeString(): string {
    const start = at;
    at += 1;
    while (take(STRING_PIECE) !== null);
    if (text[at] !== '"') {
      fail(
        'this text is not closed on its line, or holds a bad escape',
        'End it with a double quote; write line ends as \\n and backslashes as \\\\.',
        start,
      );
    }
    at += 1;
    return JSON.parse(text.slice(start, at)) as string;
  }

  function takeValue(path: JsonPath): JsonValue {
    skipBlank();
    if (path.length > MAX_DEPTH) fail(`nested more than ${MAX_DEPTH} levels deep`, 'Flatten the document.');
    offsets.set(JSON.stringify(path), at);
    const first = text[at];
    if (first === '{') return takeObject(path);
    if (first === '[') return takeArray(path);
    if (first === '"') return takeString();
    const literal = take(WORD) ?? take(NUMBER);
    if (literal !== null) return JSON.parse(literal) as JsonValue;
    if (first === undefined) {
      return fail(
        'the document ends here, but a value is expected',
        'Complete it; is a closing } or ] missing?',
      );
    }
    return fail(
      'a value is expected here',
      'Write "text" in double quotes, a number, true, false, null, { } or [ ].',
    );
  }

  function takeObject(path: JsonPath): JsonValue {
    const object: { [key: string]: JsonValue } = {};
    at += 1;
    for (;;) {
      skipBlank();
      if (text[at] === '}') break;
      if (text[at] !== '"') fail('a key in double quotes or } is expected here', 'Write keys as "key".');
      const keyAt = at;
      const key = takeString();
      if (RESERVED_KEYS.has(key)) fail('this key is reserved', 'Use another name.', keyAt);
      if (Object.hasOwn(object, key)) fail('this key occurs twice', 'Keep one of the two.', keyAt);
      skipBlank();
      if (text[at] !== ':') fail('a colon is expected here', 'Write "key": value.');
      at += 1;
      object[key] = takeValue([...path, key]);
      if (!takeSeparator('}')) break;
    }
    at += 1;
    return object;
  }

  function takeArray(path: JsonPath): JsonValue {
    const array: JsonValue[] = [];
    at += 1;
    for (;;) {
      skipBlank();
      if (text[at] === ']') break;
      array.push(takeValue([...path, array.length]));
      if (!takeSeparator(']')) break;
    }
    at += 1;
    return array;
  }

  /** False at the closing bracket, which it leaves in place. */
  function takeSeparator(close: string): boolean {
    skipBlank();
    if (text[at] === close) return false;
    if (text[at] !== ',')
      fail(`a comma or ${close} is expected here`, 'Separate values by commas; close every bracket.');
    at += 1;
    return true;
  }

  const value = takeValue([]);
  skipBlank();
  if (at < text.length) fail('the document has already ended', 'Remove what follows.');
  return {
    value,
    positionOf(path) {
      const offset = offsets.get(JSON.stringify(path));
      return offset === undefined ? null : positionIn(text, offset);
    },
  };
}

function positionIn(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  const last = (before.at(-1) as string).replace(/^\uFEFF/, '');
  return { line: before.length, column: last.length + 1 };
}
