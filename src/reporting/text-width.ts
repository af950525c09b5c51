/** How many columns of a terminal a text takes. */

/** What a reader takes for one character. Made when first needed: most texts are ASCII, and it takes as long as Node's own start. */
let graphemes: Intl.Segmenter | undefined;

function* segmentsOf(text: string): Iterable<string> {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) yield segment;
}

/** Combining marks, joiners and other characters that take no column by themselves. */
const ZERO_WIDTH = /^[\p{M}\p{Cf}]+$/u;

/** Emoji, and the blocks of East Asian Wide and Fullwidth characters (Unicode Standard Annex 11). */
const TWO_COLUMNS =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

const ASCII = /^[ -~]*$/;

export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const segment of segmentsOf(text)) {
    if (ZERO_WIDTH.test(segment)) continue;
    columns += TWO_COLUMNS.test(segment) ? 2 : 1;
  }
  return columns;
}

/** Cuts a text to so many columns, never within a character; an ellipsis marks the cut. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let fitted = '';
  let left = columns - 1;
  for (const segment of segmentsOf(text)) {
    left -= textWidth(segment);
    if (left < 0) break;
    fitted += segment;
  }
  return columns <= 0 ? '' : `${fitted}…`;
}
