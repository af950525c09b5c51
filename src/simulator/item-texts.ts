/**
 * Finds the text of every element of one top-level array in a JSON document, so that what was received can be compared
 * byte for byte. The document is known to be valid JSON: this only counts brackets and steps over strings.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * @param json a valid JSON object, UTF-8.
 * @returns the elements of the array under `key`, as views into `json` without the blanks around them; of the last such
 *   key when it is repeated, as JSON.parse takes it. Empty when there is none.
 */
export function itemTexts(json: Buffer, key: string): Buffer[] {
  let texts: Buffer[] = [];
  let at = skipBlanks(json, 0) + 1;
  for (;;) {
    at = skipBlanks(json, at);
    if (json[at] === COMMA) at = skipBlanks(json, at + 1);
    if (json[at] !== QUOTE) return texts;
    const keyEnd = valueEnd(json, at);
    const name = JSON.parse(json.toString('utf8', at, keyEnd)) as string;
    at = skipBlanks(json, keyEnd);
    if (json[at] === COLON) at = skipBlanks(json, at + 1);
    if (name === key && json[at] === OPEN_BRACKET) {
      texts = [];
      at = takeElements(json, at, texts);
    } else {
      at = valueEnd(json, at);
    }
  }
}

/** Adds the elements of the array that begins at `start`; returns the offset just behind it. */
function takeElements(json: Buffer, start: number, texts: Buffer[]): number {
  let at = skipBlanks(json, start + 1);
  while (at < json.length && json[at] !== CLOSE_BRACKET) {
    const end = valueEnd(json, at);
    texts.push(json.subarray(at, end));
    at = skipBlanks(json, end);
    if (json[at] === COMMA) at = skipBlanks(json, at + 1);
  }
  return at + 1;
}

/** The offset just behind the value that begins at `start`. One loop without calls: every byte received passes here. */
function valueEnd(json: Uint8Array, start: number): number {
  const length = json.length;
  let depth = 0;
  for (let at = start; at < length; at++) {
    const byte = json[at] as number;
    if (byte === QUOTE) {
      at++;
      while (at < length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
      if (depth === 0) return at + 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return scalarEnd(json, at);
      if (--depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) {
      return scalarEnd(json, at);
    }
  }
  return length;
}

/** Steps back over the blanks between a number or literal and the delimiter at `delimiter`. */
function scalarEnd(json: Uint8Array, delimiter: number): number {
  let end = delimiter;
  while ((json[end - 1] as number) <= SPACE) end--;
  return end;
}

function skipBlanks(json: Buffer, start: number): number {
  let at = start;
  while (at < json.length && (json[at] as number) <= SPACE) at++;
  return at;
}
