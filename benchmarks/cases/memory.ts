import { join } from 'node:path';
import type { Spread } from '../data/message-rows.ts';
import { writeProject } from '../data/project.ts';
import { makeExport, removeLedger, scenarioOf, USUAL_SPREAD } from '../data/scenarios.ts';
import type { Benchmark, Row } from '../harness/benchmark.ts';
import { runCommand, startServer } from '../harness/processes.ts';

interface Size {
  readonly what: string;
  readonly rows: number;
  readonly spread: Spread;
}

const ONE_CUSTOMER: Spread = { messagesPerCustomer: Number.MAX_SAFE_INTEGER, atOnce: 1 };
const ONE_MESSAGE_EACH: Spread = { messagesPerCustomer: 1, atOnce: 1 };

function sizes(rows: number, isFull: boolean): readonly Size[] {
  return [
    { what: `${rows} rows`, rows, spread: USUAL_SPREAD },
    { what: `${rows} rows of one customer`, rows, spread: ONE_CUSTOMER },
    { what: `${rows} rows of as many customers`, rows, spread: ONE_MESSAGE_EACH },
    ...(isFull ? [{ what: '10000000 rows', rows: 10_000_000, spread: USUAL_SPREAD }] : []),
  ];
}

/** Highest resident memory of `run`, from an empty ledger until everything is accepted. */
export const memoryBenchmark: Benchmark = {
  name: 'memory',
  async run({ directory, isFull }) {
    const server = await startServer(0);
    try {
      const rows: Row[] = [];
      for (const { what, ...size } of sizes(isFull ? 1_000_000 : 50_000, isFull)) {
        const file = await makeExport(directory, size);
        const ledger = join(directory, 'ledger.db');
        await removeLedger(ledger);
        await writeProject(directory, scenarioOf(file, { ledger, baseUrl: server.baseUrl }));
        const { peakBytes } = await runCommand(['run', '--json', '--no-progress'], directory);
        const figure = peakBytes / 2 ** 20;
        const measured = `${Math.round(figure)} MB`;
        rows.push({
          what: `memory: ${what}`,
          floor: '',
          measured,
          figure,
          unit: 'MB',
          goal: { atMost: 256 },
        });
      }
      return rows;
    } finally {
      await server.close();
    }
  },
};
