/** A benchmark: what it measures, at which sizes, and the rows that it adds to the table. */

export interface Row {
  readonly what: string;
  readonly floor: string;
  /** What both came to, for people: rates or times with their units. */
  readonly measured: string;
  /** The figure that the goal speaks of. */
  readonly figure: number;
  readonly unit: 'ratio' | 'ms' | 'MB' | 'bytes';
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
}

export interface BenchmarkContext {
  /** A directory of this benchmark's own, removed afterwards. */
  readonly directory: string;
  /** The sizes of the goals, rather than those of a quick look. */
  readonly isFull: boolean;
  /** How often each lane runs; medians count. */
  readonly rounds: number;
}

export interface Benchmark {
  readonly name: string;
  run(context: BenchmarkContext): Promise<readonly Row[]>;
}

export function isReached({ figure, goal }: Row): boolean {
  return 'atLeast' in goal ? figure >= goal.atLeast : figure <= goal.atMost;
}
