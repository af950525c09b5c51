/**
 * Text that came from data (file names, configured reasons, an API's descriptions) must not drive the terminal:
 * escape sequences, other control characters and direction overrides are shown instead of obeyed.
 */

/** C0, DEL and C1 controls; line and paragraph separators; bidirectional overrides and isolates; lone surrogates. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;

/** What JSON does not escape by itself of {@link UNSAFE}. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** Makes text safe to print; line ends and tabs stay. */
export function terminalText(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t' ? character : visible(character),
  );
}

/** Makes text safe to print on one line: line ends and tabs are shown as `\n` and `\t`. */
export function terminalLine(text: string): string {
  return text.replace(UNSAFE, visible);
}

/**
 * A JSON document that is safe to print: JSON leaves DEL, C1 controls and direction overrides as they are. They can only
 * stand inside its strings, where an escape means the same.
 * @param indent as for `JSON.stringify`.
 */
export function terminalJson(document: unknown, indent?: number): string {
  return escapedJson(JSON.stringify(document, null, indent));
}

/** @param json JSON text of one or more documents. */
export function escapedJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
