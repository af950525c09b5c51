/** The table, as Markdown. */
import { isReached, type Row } from './benchmark.ts';
import type { Machine } from './machine.ts';

export interface Report {
  readonly command: string;
  readonly machine: Machine;
  readonly rows: readonly (Row & { readonly reached: boolean })[];
}

export function reportOf(command: string, machine: Machine, rows: readonly Row[]): Report {
  return { command, machine, rows: rows.map((row) => ({ ...row, reached: isReached(row) })) };
}

export function reportText({ command, machine, rows }: Report): string {
  const { cores, processor, memoryGb, node, platform, load } = machine;
  return [
    `\`${command}\` on ${cores} cores (${processor}), ${memoryGb} GB, ${platform}, Node ${node}, load ${load}`,
    '',
    '| what | floor | measured | figure | goal | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(rowText),
    '',
  ].join('\n');
}

export function rowText(row: Row): string {
  const { what, floor, measured, goal } = row;
  const goalText = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
  const cells = [what, floor, measured, figureText(row), goalText, isReached(row) ? 'reached' : 'missed'];
  return `| ${cells.join(' | ')} |`;
}

function figureText({ figure, unit }: Row): string {
  return unit === 'ratio' ? figure.toFixed(2) : `${Math.round(figure)} ${unit}`;
}
