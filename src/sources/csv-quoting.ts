/** Whether the quotes of one row say clearly where its cells end. */

const LF = 10;
const CR = 13;

/**
 * The 0-based number of the first cell with text after its closing quote, or null. Such a cell has a second reading
 * (a quote was not doubled, or an earlier one never closed), so the row cannot be trusted.
 * @param row the row's bytes with its line end, if any.
 */
export function cellWithStrayQuote(row: Buffer, delimiter: Buffer, quote: Buffer): number | null {
  let at = 0;
  for (let cell = 0; at < row.length; cell += 1) {
    if (holdsAt(row, at, quote)) {
      at = afterClosingQuote(row, at, quote);
      const isCellEnd = at >= row.length || isLineEnd(row[at]) || holdsAt(row, at, delimiter);
      if (!isCellEnd) return cell;
    }
    const end = row.indexOf(delimiter, at);
    if (end === -1) return null;
    at = end + delimiter.length;
  }
  return null;
}

function afterClosingQuote(row: Buffer, opening: number, quote: Buffer): number {
  let at = opening + quote.length;
  for (;;) {
    const found = row.indexOf(quote, at);
    if (found === -1) return row.length;
    at = found + quote.length;
    if (!holdsAt(row, at, quote)) return at;
    at += quote.length;
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

function holdsAt(row: Buffer, at: number, text: Buffer): boolean {
  for (let offset = 0; offset < text.length; offset += 1) {
    if (row[at + offset] !== text[offset]) return false;
  }
  return true;
}
