import { join } from 'node:path';
import { makeExport, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { timeRow } from '../harness/comparison.ts';
import { runLane } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

/** A second run on an export that has not changed. */
export const rerunBenchmark: Benchmark = {
  name: 'rerun',
  async run({ directory, isFull, rounds }) {
    const file = await makeExport(directory, { rows: isFull ? 1_000_000 : 200_000 });
    const scenario = scenarioOf(file, { ledger: join(directory, 'ledger.db') });
    await stageAnew(scenario);
    const { ours, hash } = await interleaved(
      { hash: () => runLane('hash-file', { file }), ours: () => runLane('backhaul-stage', scenario) },
      rounds,
    );
    if (ours.count !== 0) throw new Error(`${ours.count} records of an unchanged export were read again.`);
    return [timeRow({ what: 'rerun, unchanged', ours, floors: { 'hashing the file': hash }, atMost: 1.5 })];
  },
};
