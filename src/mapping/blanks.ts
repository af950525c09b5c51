/**
 * Blanks as exports have them: Unicode white space (U+00A0 and U+202F included), and the invisible marks that messengers
 * put around names and times (U+200E and its kin, zero-width spaces, byte order marks).
 */
const BLANK = String.raw`\s\u0085\u180E\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF`;
const LEADING = new RegExp(`^[${BLANK}]+`);
const FIRST_VISIBLE = new RegExp(`[^${BLANK}]`);
const TRAILING_CHARACTER = new RegExp(`[${BLANK}]`);

/** Without outer blanks. */
export function trimBlanks(text: string): string {
  if (isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1))) return text;
  let end = text.length;
  while (end > 0 && TRAILING_CHARACTER.test(text[end - 1] as string)) end -= 1;
  return text.slice(0, end).replace(LEADING, '');
}

export function isBlank(text: string): boolean {
  if (isPlain(text.charCodeAt(0))) return false;
  return !FIRST_VISIBLE.test(text);
}

/** Printable ASCII, the case of nearly every cell. */
function isPlain(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

const INNER_MARKS = /[\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/g;
const INNER_BLANKS = /[\s\u0085\u180E]+/g;
const NEEDS_WORK = /[^!-~ ]| {2}/;

/** Outer blanks dropped, inner runs of blanks as one space, invisible marks gone: how times and numbers are read. */
export function normaliseBlanks(text: string): string {
  const trimmed = trimBlanks(text);
  return NEEDS_WORK.test(trimmed)
    ? trimmed.replaceAll(INNER_MARKS, '').replaceAll(INNER_BLANKS, ' ')
    : trimmed;
}
