import { killsOf, type Tally } from './tally.ts';

export interface SoakResult {
  readonly seed: number;
  readonly runs: number;
  readonly tally: Tally;
  /** Commands that repeat what failed. */
  readonly failures: readonly string[];
}

/** What a person sees in the end. */
export function soakTable({ seed, runs, tally, failures }: SoakResult): string {
  const moments = [...tally.moments].sort(([a], [b]) => a.localeCompare(b));
  const lines: readonly (readonly [string, number | string])[] = [
    ['first seed', seed],
    ['runs', runs],
    ['processes of the program', tally.processes],
    ['killed with SIGKILL', killsOf(tally)],
    ...moments.map(([name, { killed, tried }]) => [`  ${name}`, `${killed} of ${tried}`] as const),
    ['messages', tally.messages],
    ['  lost', tally.lost],
    ['  sent again', tally.resent],
    ['  sent again for no reason', tally.doubled],
    ['live messages delivered', tally.live],
    ['  delivered twice', tally.liveTwice],
    ['damaged inputs', tally.fuzzed],
    ['failures', failures.length],
  ];
  const nameWidth = Math.max(...lines.map(([name]) => name.length));
  const valueWidth = Math.max(...lines.map(([, value]) => String(value).length));
  return [
    ...lines.map(([name, value]) => `${name.padEnd(nameWidth)}  ${String(value).padStart(valueWidth)}`),
    ...failures.map((words) => `again: ${words}`),
  ].join('\n');
}
