import { terminalLine } from './terminal-text.ts';

/** Where a record stands, as editors take it: `exports/a.csv:17`, safe to print. */
export function positionText({ file, line }: { file: string; line: number | null }): string {
  return line === null ? terminalLine(file) : `${terminalLine(file)}:${line}`;
}

/** The first of several positions, and whether there are more: lines of a table must fit a terminal. */
export function examplesText(examples: readonly string[], count: number): string {
  const [first] = examples;
  if (first === undefined) return '';
  return count > 1 ? `${first}, …` : first;
}
