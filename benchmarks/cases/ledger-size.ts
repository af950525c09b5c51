import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeProject } from '../data/project.ts';
import { makeExport, scenarioOf } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { runCommand, startServer } from '../harness/processes.ts';

/** Of a generated row's identity. */
const SOURCE_UUID_BYTES = 34;

/** What the ledger keeps of a message once it is accepted, beyond its identifier. */
export const ledgerSizeBenchmark: Benchmark = {
  name: 'ledger-size',
  async run({ directory, isFull }) {
    const server = await startServer(0);
    try {
      const rows = isFull ? 1_000_000 : 100_000;
      const file = await makeExport(directory, { rows });
      const ledger = join(directory, 'ledger.db');
      await writeProject(directory, scenarioOf(file, { ledger, baseUrl: server.baseUrl }));
      await runCommand(['run', '--json', '--no-progress'], directory);
      const { size: before } = await stat(ledger);
      await runCommand(['ledger', 'vacuum', '--json'], directory);
      const { size: after } = await stat(ledger);
      const figure = after / rows - SOURCE_UUID_BYTES;
      return [
        {
          what: 'ledger bytes per accepted message',
          floor: 'its identifier',
          measured: `${Math.round(before / rows)} bytes in all, ${Math.round(after / rows)} after vacuum`,
          figure,
          unit: 'bytes',
          goal: { atMost: 200 },
        },
      ];
    } finally {
      await server.close();
    }
  },
};
