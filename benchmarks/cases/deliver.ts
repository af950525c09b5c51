import { join } from 'node:path';
import type { Scenario } from '../data/configuration.ts';
import { copyLedger, makeExport, removeLedger, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark, Row } from '../harness/benchmark.ts';
import { rateRow } from '../harness/comparison.ts';
import { runLane, startServer } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

const CONCURRENCIES = [8, 32];

/** Delivery to an API that answers at once: customers of 50 messages each, one batch a customer. */
export const deliverBenchmark: Benchmark = {
  name: 'deliver',
  async run({ directory, isFull, rounds }) {
    const server = await startServer(0);
    try {
      const file = await makeExport(directory, { rows: isFull ? 1_000_000 : 100_000 });
      const staged = scenarioOf(file, { ledger: join(directory, 'staged.db'), baseUrl: server.baseUrl });
      await stageAnew(staged);
      const rows: Row[] = [];
      for (const concurrency of CONCURRENCIES) {
        rows.push(await compare(directory, { ...staged, concurrency }, rounds));
      }
      return rows;
    } finally {
      await server.close();
    }
  },
};

async function compare(directory: string, staged: Scenario, rounds: number): Promise<Row> {
  const ledger = join(directory, 'ledger.db');
  const into = join(directory, 'floor.db');
  const { ours, send, settle } = await interleaved(
    {
      send: () => runLane('undici-pool', { ...staged }),
      ours: async () => {
        await copyLedger(staged.ledger, ledger);
        return runLane('backhaul-deliver', { ...staged, ledger });
      },
      settle: async () => {
        await removeLedger(into);
        return runLane('settle-rows', { ...staged, into });
      },
    },
    rounds,
  );
  const floors = { 'undici Pool alone': send, 'better-sqlite3 alone': settle };
  const what = `deliver, ${staged.concurrency} at a time`;
  return rateRow({ what, unit: 'messages', ours, floors, atLeast: 0.6 });
}
