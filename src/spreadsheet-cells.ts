/**
 * Cells that a spreadsheet program would take for a formula, and how they are written down harmlessly.
 *
 * A cell that begins with `=`, `+`, `-`, `@` (or their full-width forms, which some take for the same), tab or a line end may
 * be computed when a person opens the file, so `export` writes an apostrophe before it. The rule is reversible: a cell that already begins with apostrophes before
 * such a character gets one more, and reading takes exactly one away. `=1` ⇄ `'=1`, `'=1` ⇄ `''=1`, `'tis` ⇄ `'tis`.
 *
 * `export` applies {@link escapeCell} to every cell that it writes as CSV, header and `_` columns included; reading an
 * export file applies {@link unescapeCell} to every one of them. NDJSON is left alone.
 */

const NEEDS_APOSTROPHE = /^'*[=+\-@＝＋－＠\t\r\n]/;
const HAS_APOSTROPHE = /^'+[=+\-@＝＋－＠\t\r\n]/;

export function escapeCell(cell: string): string {
  return NEEDS_APOSTROPHE.test(cell) ? `'${cell}` : cell;
}

/** Undoes {@link escapeCell}; cells that it would not have changed come back as they are. */
export function unescapeCell(cell: string): string {
  return HAS_APOSTROPHE.test(cell) ? cell.slice(1) : cell;
}
