import { join } from 'node:path';
import { makeExport, removeLedger, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { rateRow } from '../harness/comparison.ts';
import { runLane } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

/** Reading, mapping, validating and staging: all that `run` does before it sends. */
export const stageBenchmark: Benchmark = {
  name: 'stage',
  async run({ directory, isFull, rounds }) {
    const file = await makeExport(directory, { rows: isFull ? 1_000_000 : 100_000 });
    const scenario = scenarioOf(file, { ledger: join(directory, 'ledger.db') });
    const into = join(directory, 'floor.db');
    const { ours, parse, insert } = await interleaved(
      {
        parse: () => runLane('csv-parse', { file }),
        ours: () => stageAnew(scenario),
        insert: async () => {
          await removeLedger(into);
          return runLane('insert-rows', { from: scenario.ledger, into });
        },
      },
      rounds,
    );
    const floors = { 'csv-parse alone': parse, 'better-sqlite3 alone': insert };
    return [rateRow({ what: 'stage', unit: 'rows', ours, floors, atLeast: 0.6 })];
  },
};
