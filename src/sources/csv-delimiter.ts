/** Telling comma, semicolon, tab and pipe apart from the first rows of a file. */

export const DELIMITERS = [',', ';', '\t', '|'] as const;

const MAX_ROWS = 50;

/**
 * The delimiter under which the rows agree best on the number of cells; of equally good ones the one that gives more
 * columns. A file of one column gets the comma.
 * @param sample the beginning of the text; `isWhole` when nothing follows it.
 */
export function detectDelimiter(sample: string, quote: string | null, isWhole: boolean): string {
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const score = agreement(cellCounts(sample, delimiter, quote, isWhole));
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** The cells of the first row, quotes taken off. */
export function firstRow(sample: string, delimiter: string, quote: string | null): string[] {
  const [row] = rowsOf(sample, delimiter, quote);
  return (row ?? []).map((cell) => unquoted(cell, quote));
}

function agreement(counts: readonly number[]): number {
  const columns = counts[0] ?? 1;
  if (columns < 2) return 0;
  const agreeing = counts.filter((count) => count === columns).length;
  return (agreeing / counts.length) * (columns - 1);
}

function cellCounts(sample: string, delimiter: string, quote: string | null, isWhole: boolean): number[] {
  const rows = [...rowsOf(sample, delimiter, quote)];
  // The last row of a longer text is cut off.
  if (!isWhole && rows.length > 1 && rows.length < MAX_ROWS) rows.pop();
  return rows.map((row) => row.length);
}

/** Rows as raw cells, quotes included; blank lines are left out. */
function* rowsOf(sample: string, delimiter: string, quote: string | null): Generator<string[]> {
  let row: string[] = [];
  let start = 0;
  let isQuoted = false;
  let rows = 0;
  for (let at = 0; at <= sample.length && rows < MAX_ROWS; at += 1) {
    const character = sample[at];
    if (isQuoted && character !== undefined) {
      // A doubled quote closes and opens again, which comes to the same.
      if (character === quote) isQuoted = false;
    } else if (
      character === quote &&
      (at === start || (sample[start] === quote && sample[at - 1] === quote))
    ) {
      isQuoted = true;
    } else if (character === delimiter) {
      row.push(sample.slice(start, at));
      start = at + 1;
    } else if (character === '\n' || character === '\r' || character === undefined) {
      row.push(sample.slice(start, at));
      start = at + 1;
      if (row.length > 1 || row[0] !== '') {
        yield row;
        rows += 1;
      }
      row = [];
    }
  }
}

function unquoted(cell: string, quote: string | null): string {
  if (quote === null || !cell.startsWith(quote) || !cell.endsWith(quote) || cell.length < 2) return cell;
  return cell.slice(1, -1).replaceAll(quote + quote, quote);
}
