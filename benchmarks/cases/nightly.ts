import { join } from 'node:path';
import { makeExport, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { timeRow } from '../harness/comparison.ts';
import { runLane, startServer } from '../harness/processes.ts';

const GROWTH_ROWS = 1_000;

/** Tonight's export: all of last night's, and a thousand new messages. */
export const nightlyBenchmark: Benchmark = {
  name: 'nightly',
  async run({ directory, isFull }) {
    const server = await startServer(0);
    try {
      const rows = isFull ? 1_000_000 : 100_000;
      const file = await makeExport(directory, { rows });
      const scenario = scenarioOf(file, { ledger: join(directory, 'ledger.db'), baseUrl: server.baseUrl });
      const stage = await stageAnew(scenario);
      await runLane('backhaul-deliver', scenario);
      await makeExport(directory, { rows: rows + GROWTH_ROWS });
      const again = await runLane('backhaul-stage', scenario);
      const sent = await runLane('backhaul-deliver', scenario);
      if (sent.count !== GROWTH_ROWS)
        throw new Error(`${sent.count} messages were sent, not ${GROWTH_ROWS}.`);
      const ours = { ...again, durationMs: again.durationMs + sent.durationMs };
      const what = `nightly, ${GROWTH_ROWS} new rows`;
      return [timeRow({ what, ours, floors: { 'staging it anew': stage }, atMost: 1 })];
    } finally {
      await server.close();
    }
  },
};
