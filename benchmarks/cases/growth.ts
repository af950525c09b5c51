import { join } from 'node:path';
import { makeExport, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import type { Measured } from '../harness/measured.ts';

/** Whether a row costs more in a large export than in a small one. */
export const growthBenchmark: Benchmark = {
  name: 'growth',
  async run({ directory, isFull }) {
    const [few, many] = isFull ? [100_000, 10_000_000] : [30_000, 300_000];
    const staged: Measured[] = [];
    for (const rows of [few, many]) {
      const file = await makeExport(directory, { rows });
      staged.push(await stageAnew(scenarioOf(file, { ledger: join(directory, 'ledger.db') })));
    }
    const [small, large] = staged.map(({ durationMs, count }) => (durationMs * 1_000) / count) as [
      number,
      number,
    ];
    return [
      {
        what: `growth: a row of ${many} against one of ${few}`,
        floor: `staging ${few} rows`,
        measured: `${large.toFixed(1)} µs against ${small.toFixed(1)} µs`,
        figure: large / small,
        unit: 'ratio',
        goal: { atMost: 1.2 },
      },
    ];
  },
};
