/** Plain aligned tables. Cells may come from data: they are made safe for a terminal here. */
import { formatCount } from './counts.ts';
import { type Paint, unpainted } from './paint.ts';
import { terminalLine } from './terminal-text.ts';
import { textWidth } from './text-width.ts';

/** Numbers are grouped by thousands and aligned to the right; null is an empty cell. */
export type Cell = string | number | null;

export interface TableOptions {
  /** Titles, one a column; without them the table has no head. */
  readonly head?: readonly string[];
  readonly paint?: Paint;
  /** Blanks before each line. Default 2. */
  readonly indent?: number;
}

const GAP = '  ';

/** The table's lines, each ending with a line end; empty when there are no rows. */
export function renderTable(
  rows: readonly (readonly Cell[])[],
  { head, paint = unpainted, indent = 2 }: TableOptions = {},
): string {
  if (rows.length === 0) return '';
  const texts = rows.map((row) => row.map(cellText));
  const all = head === undefined ? texts : [head, ...texts];
  const columns = Math.max(...all.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.map((row) => textWidth(row[column] ?? ''))),
  );
  const isNumeric = widths.map((_, column) => rows.every((row) => typeof (row[column] ?? 0) === 'number'));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => pad(row[column] ?? '', width, isNumeric[column] === true))
      .join(GAP)
      .trimEnd();
  const margin = ' '.repeat(indent);
  const lines = texts.map((row) => `${margin}${line(row)}\n`);
  return (head === undefined ? '' : `${margin}${paint('dim', line(head))}\n`) + lines.join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'number' ? formatCount(cell) : terminalLine(cell);
}

function pad(text: string, width: number, toTheRight: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)));
  return toTheRight ? blanks + text : text + blanks;
}
