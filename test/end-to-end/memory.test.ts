/**
 * Memory does not grow with the export: a promise for a million rows, held here for 100,000 (50,000 where they are
 * delivered, too), by which all caches are full. BACKHAUL_SOAK=1 takes the million.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CheckSummary, Summary } from '../../src/pipeline/summary.ts';
import type { CommandResult } from '../support/command-line.ts';
import { writeLargeExport, writeLongBodies } from '../support/large-export.ts';
import { type Project, project } from '../support/project.ts';
import { simulatorProcess } from '../support/simulator-process.ts';

const LIMIT_MB = 256;
const ROWS = process.env.BACKHAUL_SOAK === '1' ? 1_000_000 : 100_000;
const DELIVERED_ROWS = ROWS === 100_000 ? 50_000 : ROWS;
const MANY = ROWS / 10;
const LONG_BODIES = ROWS / 100;
const FLAGS = '--json --no-progress';
const PEAK_MEMORY = fileURLToPath(new URL('../support/peak-memory.ts', import.meta.url));

const options = {
  skip: process.platform === 'linux' ? false : 'the peak is read from /proc',
  timeout: 3_600_000,
};

/** The API is a process of its own, which remembers all it is sent and would be counted otherwise. */
async function largeProject(t: TestContext, rows: number, customers: number): Promise<Project> {
  const { baseUrl } = await simulatorProcess(t, ['--accept-anything']);
  const place = await project(t, {
    config: {
      destination: {
        type: 'mykaarma-historical',
        baseUrl,
        auth: { username: { env: 'SIMULATOR_USERNAME' }, password: { env: 'SIMULATOR_PASSWORD' } },
      },
    },
    delivery: { maxBatchMessages: 100, requestsPerSecond: 20_000, concurrency: 16, timeoutMs: 10_000 },
  });
  await writeLargeExport(join(place.directory, 'export.csv'), rows, customers);
  return place;
}

async function measured({ backhaul }: Project, t: TestContext, words: string): Promise<CommandResult> {
  const result = await backhaul(`${words} ${FLAGS}`, { nodeFlags: ['--import', PEAK_MEMORY] });
  assert.equal(result.exitCode, 0, result.stdout + result.stderr);
  const [, kilobytes] = /peak memory: (\d+) kB/.exec(result.stderr) ?? [];
  const peakMb = Number(kilobytes) / 1_024;
  t.diagnostic(`${words}: ${Math.round(peakMb)} MB`);
  assert.ok(peakMb < LIMIT_MB, `${words} took ${Math.round(peakMb)} MB`);
  return result;
}

test(`check of ${ROWS} rows without identities stays under ${LIMIT_MB} MB`, options, async (t) => {
  const place = await largeProject(t, ROWS, ROWS / 100);
  const hashed = `--set 'mapping.sourceUuid={"hash":["Customer","Sent","Body"]}'`;
  const { records, plan } = (await measured(place, t, `check ${hashed}`)).json<CheckSummary>();
  assert.equal(records.new, ROWS);
  assert.equal(plan.customers, ROWS / 100);
});

test(
  `check and run of ${LONG_BODIES} compressed bodies of 100 kB stay under ${LIMIT_MB} MB`,
  options,
  async (t) => {
    const place = await largeProject(t, 0, 1);
    await writeLongBodies(join(place.directory, 'export-long.csv.gz'), LONG_BODIES);
    const words = '--input export-long.csv.gz';
    assert.equal((await measured(place, t, `check ${words}`)).json<CheckSummary>().records.new, LONG_BODIES);
    assert.equal((await measured(place, t, `run ${words}`)).json<Summary>().messages.accepted, LONG_BODIES);
  },
);

test(`run and export of ${DELIVERED_ROWS} rows stay under ${LIMIT_MB} MB`, options, async (t) => {
  const place = await largeProject(t, DELIVERED_ROWS, DELIVERED_ROWS / 100);
  const run = await measured(place, t, 'run');
  assert.equal(run.json<Summary>().messages.accepted, DELIVERED_ROWS);
  await measured(place, t, 'export --state accepted -o accepted.csv');
});

test('one customer with very many messages is delivered within the same memory', options, async (t) => {
  const place = await largeProject(t, MANY, 1);
  const run = await measured(place, t, 'run');
  assert.equal(run.json<Summary>().requests.sent, MANY / 100);
});

test('very many customers with one message each are delivered within the same memory', options, async (t) => {
  const place = await largeProject(t, MANY, MANY);
  const run = await measured(place, t, 'run');
  assert.equal(run.json<Summary>().requests.sent, MANY);
});
