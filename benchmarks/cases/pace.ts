import { join } from 'node:path';
import { makeExport, scenarioOf, stageAnew, USUAL_SPREAD } from '../data/scenarios.ts';
import type { Benchmark, Row } from '../harness/benchmark.ts';
import { runLane, startServer } from '../harness/processes.ts';

const RATES = [5, 50, 500];

/** Keeping to a configured rate, at the place where requests start. */
export const paceBenchmark: Benchmark = {
  name: 'pace',
  async run({ directory, isFull }) {
    const server = await startServer(0);
    try {
      const rows: Row[] = [];
      for (const rate of RATES) {
        const requests = 1 + rate * (isFull ? 20 : 6);
        const spread = { ...USUAL_SPREAD, messagesPerCustomer: 1 };
        const file = await makeExport(directory, { rows: requests, spread });
        const ledger = join(directory, 'ledger.db');
        const scenario = scenarioOf(file, { ledger, baseUrl: server.baseUrl, requestsPerSecond: rate });
        await stageAnew(scenario);
        const { facts } = await runLane('backhaul-deliver', scenario);
        const most = facts?.mostInASecond ?? Number.POSITIVE_INFINITY;
        const achieved = facts?.requestsPerSecond ?? 0;
        rows.push({
          what: `pace ${rate}/s`,
          floor: 'the configured cap',
          measured: `${achieved.toFixed(2)}/s, at most ${most} in a second`,
          figure: most > rate ? 0 : achieved / rate,
          unit: 'ratio',
          goal: { atLeast: 0.98 },
        });
      }
      return rows;
    } finally {
      await server.close();
    }
  },
};
