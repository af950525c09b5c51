/**
 * `npm run bench`: measures this program against floors, in the same run on the same data.
 *
 *   npm run bench                   all benchmarks, at sizes that take some minutes
 *   npm run bench -- --full         at the sizes that the goals speak of
 *   npm run bench -- stage deliver  these alone
 *   npm run bench -- --rounds 5     medians of more rounds
 *   npm run bench -- --json FILE    the figures as JSON, too
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deliverBenchmark } from './cases/deliver.ts';
import { endToEndBenchmark } from './cases/end-to-end.ts';
import { growthBenchmark } from './cases/growth.ts';
import { latencyBenchmark } from './cases/latency.ts';
import { ledgerSizeBenchmark } from './cases/ledger-size.ts';
import { memoryBenchmark } from './cases/memory.ts';
import { nightlyBenchmark } from './cases/nightly.ts';
import { paceBenchmark } from './cases/pace.ts';
import { readBenchmark } from './cases/read.ts';
import { rerunBenchmark } from './cases/rerun.ts';
import { stageBenchmark } from './cases/stage.ts';
import { startBenchmark } from './cases/start.ts';
import type { Benchmark, Row } from './harness/benchmark.ts';
import { describeMachine } from './harness/machine.ts';
import { reportOf, reportText, rowText } from './harness/report.ts';

const BENCHMARKS: readonly Benchmark[] = [
  readBenchmark,
  stageBenchmark,
  deliverBenchmark,
  latencyBenchmark,
  paceBenchmark,
  rerunBenchmark,
  nightlyBenchmark,
  endToEndBenchmark,
  startBenchmark,
  memoryBenchmark,
  ledgerSizeBenchmark,
  growthBenchmark,
];

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});

const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  const known = BENCHMARKS.map(({ name }) => name).join(', ');
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${known}.\n`);
  process.exit(2);
}

const machine = describeMachine();
const rows: Row[] = [];
for (const benchmark of BENCHMARKS) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  for (const row of await run(benchmark)) {
    process.stderr.write(`${rowText(row)}\n`);
    rows.push(row);
  }
}
const report = reportOf(['npm run bench --', ...process.argv.slice(2)].join(' '), machine, rows);
process.stdout.write(reportText(report));
if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);

async function run(benchmark: Benchmark): Promise<readonly Row[]> {
  const directory = await mkdtemp(join(tmpdir(), `backhaul-bench-${benchmark.name}-`));
  try {
    return await benchmark.run({ directory, isFull: flags.full, rounds: Number(flags.rounds) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
