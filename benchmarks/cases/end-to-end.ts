import { join } from 'node:path';
import { writeProject } from '../data/project.ts';
import { makeExport, removeLedger, scenarioOf } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { timeRow } from '../harness/comparison.ts';
import type { Measured } from '../harness/measured.ts';
import { runCommand, runLane, startServer } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

/** The whole command, from its start to its end, against the script that it stands in for. */
export const endToEndBenchmark: Benchmark = {
  name: 'end-to-end',
  async run({ directory, isFull, rounds }) {
    const server = await startServer(0);
    try {
      const rows = isFull ? 1_000_000 : 100_000;
      const file = await makeExport(directory, { rows });
      const ledger = join(directory, 'ledger.db');
      const scenario = scenarioOf(file, { ledger, baseUrl: server.baseUrl });
      await writeProject(directory, scenario);
      const { ours, naive } = await interleaved(
        {
          naive: () => runLane('naive-import', scenario),
          ours: async () => {
            await removeLedger(ledger);
            return runToEnd(directory);
          },
        },
        rounds,
      );
      if (ours.count !== naive.count) throw new Error(`${ours.count} messages arrived, not ${naive.count}.`);
      const floors = { 'csv-parse + p-limit + fetch': naive };
      return [timeRow({ what: 'end to end', ours, floors, atMost: 1.5 })];
    } finally {
      await server.close();
    }
  },
};

async function runToEnd(directory: string): Promise<Measured> {
  const { stdout, durationMs } = await runCommand(['run', '--json', '--no-progress'], directory);
  const { messages } = JSON.parse(stdout) as { messages: { accepted: number } };
  return { durationMs, cpuMs: Number.NaN, count: messages.accepted };
}
