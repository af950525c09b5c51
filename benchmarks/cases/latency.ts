import { join } from 'node:path';
import { copyLedger, makeExport, scenarioOf, stageAnew, USUAL_SPREAD } from '../data/scenarios.ts';
import type { Benchmark, Row } from '../harness/benchmark.ts';
import { rateRow } from '../harness/comparison.ts';
import { runLane, startServer } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

const LATENCIES_MS = [50, 200];
const CONCURRENCIES = [8, 32];

/** Delivery to an API that takes its time: nothing may be added to its answers. */
export const latencyBenchmark: Benchmark = {
  name: 'latency',
  async run({ directory, isFull, rounds }) {
    const rows: Row[] = [];
    for (const latencyMs of LATENCIES_MS) {
      for (const concurrency of CONCURRENCIES) {
        const durationMs = isFull ? 20_000 : 4_000;
        const requests = concurrency * (durationMs / latencyMs);
        rows.push(await compare(directory, { latencyMs, concurrency, requests, rounds }));
      }
    }
    return rows;
  },
};

interface Case {
  readonly latencyMs: number;
  readonly concurrency: number;
  readonly requests: number;
  readonly rounds: number;
}

async function compare(directory: string, { latencyMs, concurrency, requests, rounds }: Case): Promise<Row> {
  const server = await startServer(latencyMs);
  try {
    const { baseUrl } = server;
    const messagesPerCustomer = 10;
    const spread = { ...USUAL_SPREAD, messagesPerCustomer };
    const file = await makeExport(directory, { rows: requests * messagesPerCustomer, spread });
    const staged = scenarioOf(file, { ledger: join(directory, 'staged.db'), baseUrl, concurrency });
    await stageAnew(staged);
    const ledger = join(directory, 'ledger.db');
    const { ours, send } = await interleaved(
      {
        send: () => runLane('undici-pool', { ...staged }),
        ours: async () => {
          await copyLedger(staged.ledger, ledger);
          return runLane('backhaul-deliver', { ...staged, ledger });
        },
      },
      rounds,
    );
    const what = `deliver at ${latencyMs} ms, ${concurrency} at a time`;
    return rateRow({ what, unit: 'messages', ours, floors: { 'undici Pool alone': send }, atLeast: 0.97 });
  } finally {
    await server.close();
  }
}
