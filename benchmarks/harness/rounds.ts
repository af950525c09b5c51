/** Lanes run one after the other, round after round, so that a busy minute of the machine hits all of them. */
import type { Measured } from './measured.ts';

export type Lane = () => Promise<Measured>;

/** @returns each lane's round with the median duration. */
export async function interleaved<Name extends string>(
  lanes: Readonly<Record<Name, Lane>>,
  rounds: number,
): Promise<Readonly<Record<Name, Measured>>> {
  const names = Object.keys(lanes) as Name[];
  const results = new Map(names.map((name) => [name, [] as Measured[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) results.get(name)?.push(await lanes[name]());
  }
  const medians = names.map((name) => [name, median(results.get(name) as Measured[])]);
  return Object.fromEntries(medians) as Record<Name, Measured>;
}

function median(results: readonly Measured[]): Measured {
  const sorted = results.toSorted((one, other) => one.durationMs - other.durationMs);
  return sorted[Math.floor(sorted.length / 2)] as Measured;
}
