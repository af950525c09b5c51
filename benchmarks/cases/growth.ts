import { join } from 'node:path';
import { makeExport, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';

/** Whether a row costs more in a large export than in a small one. */
export const growthBenchmark: Benchmark = {
  name: 'growth',
  async run({ directory, isFull }) {
    const [few, many] = isFull ? ([100_000, 10_000_000] as const) : ([30_000, 300_000] as const);
    const costOf = async (rows: number) => {
      const file = await makeExport(directory, { rows });
      const { durationMs, count } = await stageAnew(
        scenarioOf(file, { ledger: join(directory, 'ledger.db') }),
      );
      return (durationMs * 1_000) / count;
    };
    // The large one takes minutes, in which the machine may become slower or faster.
    const before = await costOf(few);
    const large = await costOf(many);
    const small = (before + (await costOf(few))) / 2;
    return [
      {
        what: `growth: a row of ${many} against one of ${few}`,
        floor: `staging ${few} rows, before and after`,
        measured: `${large.toFixed(1)} µs against ${small.toFixed(1)} µs`,
        figure: large / small,
        unit: 'ratio',
        goal: { atMost: 1.2 },
      },
    ];
  },
};
