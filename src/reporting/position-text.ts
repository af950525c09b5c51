import { terminalLine } from './terminal-text.ts';

/** Where a record stands, as editors take it: `exports/a.csv:17`, safe to print. */
export function positionText({ file, line }: { file: string; line: number | null }): string {
  return line === null ? terminalLine(file) : `${terminalLine(file)}:${line}`;
}
