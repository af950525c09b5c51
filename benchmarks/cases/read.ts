import { makeExport, scenarioOf } from '../data/scenarios.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { rateRow } from '../harness/comparison.ts';
import { runLane } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

const FORMATS = [
  { format: 'csv', floorLane: 'csv-parse', floor: 'csv-parse alone' },
  { format: 'ndjson', floorLane: 'readline-json', floor: 'readline + JSON.parse' },
  { format: 'json', floorLane: 'stream-json', floor: 'stream-json alone' },
] as const;

/** Reading records with their exact positions. The full CSV file has more than 200 MB. */
export const readBenchmark: Benchmark = {
  name: 'read',
  async run({ directory, isFull, rounds }) {
    const rows = [];
    for (const { format, floorLane, floor } of FORMATS) {
      const file = await makeExport(directory, { rows: isFull ? 1_000_000 : 150_000, format });
      const measured = await interleaved(
        {
          floor: () => runLane(floorLane, { file }),
          ours: () => runLane('backhaul-read', scenarioOf(file, { format })),
        },
        rounds,
      );
      rows.push(
        rateRow({
          what: `read ${format}`,
          unit: 'rows',
          ours: measured.ours,
          floors: { [floor]: measured.floor },
          atLeast: 0.85,
        }),
      );
    }
    return rows;
  },
};
