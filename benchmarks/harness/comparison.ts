/** Rows of the table that hold this program against the slowest of its floors. */
import type { Row } from './benchmark.ts';
import type { Measured } from './measured.ts';

export interface Comparison {
  readonly what: string;
  /** What is counted: `rows`, `messages`, `requests`. */
  readonly unit: string;
  readonly ours: Measured;
  /** By name; the slowest counts. */
  readonly floors: Readonly<Record<string, Measured>>;
  readonly atLeast: number;
}

/** The rate of this program as a part of its floor's. */
export function rateRow({ what, unit, ours, floors, atLeast }: Comparison): Row {
  const [floor, slowest] = slowestOf(floors);
  requireSameWork(what, ours, slowest);
  return {
    what,
    floor,
    measured: `${rate(ours)} of ${rate(slowest)} ${unit}/s`,
    figure: slowest.durationMs / ours.durationMs,
    unit: 'ratio',
    goal: { atLeast },
  };
}

/** The time of this program as a multiple of its floor's. */
export function timeRow({
  what,
  ours,
  floors,
  atMost,
}: Omit<Comparison, 'atLeast' | 'unit'> & { readonly atMost: number }): Row {
  const [floor, slowest] = slowestOf(floors);
  return {
    what,
    floor,
    measured: `${seconds(ours)} against ${seconds(slowest)}`,
    figure: ours.durationMs / slowest.durationMs,
    unit: 'ratio',
    goal: { atMost },
  };
}

function slowestOf(floors: Comparison['floors']): [string, Measured] {
  const [slowest] = Object.entries(floors).sort(([, one], [, other]) => other.durationMs - one.durationMs);
  if (slowest === undefined) throw new Error('A comparison needs a floor.');
  return slowest;
}

function requireSameWork(what: string, ours: Measured, floor: Measured): void {
  if (ours.count === floor.count) return;
  throw new Error(`${what}: ${ours.count} were worked on here, ${floor.count} by the floor.`);
}

function rate({ count, durationMs }: Measured): string {
  const perSecond = count / (durationMs / 1_000);
  return perSecond >= 1_000 ? `${(perSecond / 1_000).toFixed(1)} k` : perSecond.toFixed(1);
}

export function seconds({ durationMs }: Pick<Measured, 'durationMs'>): string {
  return `${(durationMs / 1_000).toFixed(2)} s`;
}
