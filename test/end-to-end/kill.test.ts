/**
 * Processes that are killed at any moment, as by a power cut, learn nothing of it. The next one finds a ledger that is
 * true and finishes the work, whatever the one before was doing.
 *
 * BACKHAUL_SOAK=1 kills ten times as often; BACKHAUL_SEED chooses other moments.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { after, killWhen, sizeOf } from '../support/killing.ts';
import { assertGoodManners, assertImportIsTrue } from '../support/oracle.ts';
import { csvOf, type Project, project, rows } from '../support/project.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SEED = Number(process.env.BACKHAUL_SEED ?? 1);
const KILLS_TIMES = process.env.BACKHAUL_SOAK === '1' ? 10 : 1;
const MAX_BATCH_MESSAGES = 5;
const CONCURRENCY = 8;
const LOCKED = 5;

/** Often enough, with the long back-off below, that some batches wait to be sent again whenever the process dies. */
const AMBIGUITY = [
  { fault: 'reset-after', probability: 0.02 },
  { fault: 'http-500-after', probability: 0.02 },
  { fault: 'http-503', probability: 0.01 },
  { fault: 'omit', probability: 0.002, attempt: 1 },
];

interface LargeProject extends Project {
  readonly messages: number;
  readonly ledger: string;
}

async function largeProject(t: TestContext, messages: number): Promise<LargeProject> {
  const place = await project(t, {
    simulator: { latencyMs: [1, 10], seed: SEED },
    delivery: {
      maxBatchMessages: MAX_BATCH_MESSAGES,
      concurrency: CONCURRENCY,
      retryBaseMs: 200,
      retryMaxMs: 400,
    },
  });
  for (const [at, file] of ['export-1.csv', 'export-2.csv', 'export-3.csv'].entries()) {
    place.write(file, csvOf(rows(messages / 3, { first: 1 + at * (messages / 3), customers: 211 })));
  }
  return { ...place, messages, ledger: join(place.directory, 'backhaul.db') };
}

/** Nothing that was ever said is untrue, and the file itself is sound. */
async function assertLedgerIsRight({ ledger, simulator, backhaul }: LargeProject) {
  if (sizeOf(ledger) > 0) await assertImportIsTrue({ ledger, baseUrl: simulator.baseUrl });
  const checked = await backhaul('ledger check');
  assert.equal(checked.exitCode, 0, checked.stdout + checked.stderr);
}

/** Runs to the end, which no dead process's lock may hinder, and holds everything against everything. */
async function finish(place: LargeProject) {
  place.simulator.setFaults([]);
  const last = await place.backhaul('run --json --no-progress');
  assert.equal(last.exitCode, 0, last.stdout + last.stderr);
  const { baseUrl } = place.simulator;
  const verdict = await assertImportIsTrue({ ledger: place.ledger, baseUrl });
  const { messages } = place;
  assert.deepEqual(verdict, { accepted: messages, failed: 0, unknown: 0, pending: 0, stored: messages });
  await assertGoodManners(baseUrl);
}

test('kill -9 while staging and delivering loses nothing, and run again finishes', async (t) => {
  const place = await largeProject(t, 4_500);
  const { simulator, start, ledger } = place;
  const random = seededRandom(SEED);
  const phases = { staging: 0, delivering: 0 };
  simulator.setFaults(AMBIGUITY);
  const kills = 8 * KILLS_TIMES;
  for (let kill = 0; kill < kills; kill++) {
    const requestsBefore = simulator.stats().requests;
    const walBytes = random.between(1, 4) * 300_000;
    const requests = random.between(1, Math.ceil(place.messages / MAX_BATCH_MESSAGES / kills));
    const isTime =
      kill % 3 === 0
        ? () => sizeOf(`${ledger}-wal`) >= walBytes
        : () => simulator.stats().requests >= requestsBefore + requests;
    const killed = await killWhen(start('run --json --no-progress'), isTime);
    assert.notEqual(killed.exitCode, LOCKED, 'a dead process holds no lock');
    if (killed.exitCode !== null) break;
    phases[simulator.stats().requests === requestsBefore ? 'staging' : 'delivering']++;
    await assertImportIsTrue({ ledger, baseUrl: simulator.baseUrl });
  }
  assert.ok(phases.staging > 0 && phases.delivering > 1, JSON.stringify(phases));
  await assertLedgerIsRight(place);

  await finish(place);

  const inFlight = phases.delivering * CONCURRENCY * MAX_BATCH_MESSAGES;
  const { resubmitted, faults } = simulator.stats();
  const untold = (faults['reset-after'] ?? 0) + (faults['http-500-after'] ?? 0);
  assert.ok(
    resubmitted <= inFlight + untold * MAX_BATCH_MESSAGES + (faults.omit ?? 0),
    `${resubmitted} were sent again; only what was under way may be`,
  );
});

test('kill -9 during the very first moments leaves nothing that hinders the next run', async (t) => {
  const place = await project(t);
  const random = seededRandom(SEED);
  const { backhaul, start, write } = place;
  write('export.csv', csvOf(rows(50)));
  for (let kill = 0; kill < 4 * KILLS_TIMES; kill++) {
    const delayMs = random.between(100, 700);
    const killed = await killWhen(start('run --json --limit 1 --no-progress'), after(delayMs));
    assert.ok(killed.exitCode === null || killed.exitCode === 0, `${killed.exitCode} ${killed.stderr}`);
  }
  assert.equal((await backhaul('run')).exitCode, 0);
  assert.equal(place.simulator.stats().stored, 50);
});

test('messages that were under way at many deaths are not given up', async (t) => {
  const { simulator, start, backhaul, write } = await project(t, { delivery: { timeoutMs: 20_000 } });
  write('export.csv', csvOf(rows(3, { customers: 1 })));
  for (let death = 0; death < 7; death++) {
    simulator.setFaults([{ fault: death % 2 === 0 ? 'hang-after' : 'hang-before' }]);
    const requestsBefore = simulator.stats().requests;
    const killed = await killWhen(start('run'), () => simulator.stats().requests > requestsBefore);
    assert.equal(killed.exitCode, null);
  }
  simulator.setFaults([]);

  const result = await backhaul('run --json');

  assert.equal(result.exitCode, 0, result.stdout);
  assert.deepEqual(result.json<Summary>().messages, { accepted: 3, failed: 0, unknown: 0, pending: 0 });
});

test('kill -9 during retry keeps what was queued for the next run', async (t) => {
  const place = await largeProject(t, 1_500);
  const { simulator, start, backhaul, ledger } = place;
  const random = seededRandom(SEED);
  simulator.setFaults([{ fault: 'refuse', probability: 0.5 }]);
  assert.equal((await backhaul('run --json --no-progress')).exitCode, 3);
  simulator.setFaults(AMBIGUITY);
  for (let kill = 0; kill < 4 * KILLS_TIMES; kill++) {
    const requestsBefore = simulator.stats().requests;
    const requests = random.between(1, 60);
    const isTime =
      kill % 2 === 0
        ? () => simulator.stats().requests >= requestsBefore + requests
        : after(random.between(250, 600));
    const killed = await killWhen(start('retry --unknown --json --no-progress'), isTime);
    assert.notEqual(killed.exitCode, LOCKED);
    await assertImportIsTrue({ ledger, baseUrl: simulator.baseUrl });
  }
  await assertLedgerIsRight(place);

  simulator.setFaults([]);
  await backhaul('retry --json --no-progress');
  await finish(place);
});

test('kill -9 during export leaves the file as it was, or whole', async (t) => {
  const place = await project(t);
  const { directory, backhaul, start, write } = place;
  const random = seededRandom(SEED);
  write('export.csv', csvOf(rows(2_000).map((row) => ({ ...row, Direction: 'sideways' }))));
  assert.equal((await backhaul('run --json')).exitCode, 3);
  const output = join(directory, 'rejects.csv');
  assert.equal((await backhaul('export --state rejected -o rejects.csv')).exitCode, 0);
  const whole = readFileSync(output, 'utf8');
  assert.equal(whole.split('\n').length, 2_002);
  for (let kill = 0; kill < 4 * KILLS_TIMES; kill++) {
    writeFileSync(output, 'as it was');
    await killWhen(start('export --state rejected -o rejects.csv'), after(random.between(150, 800)));
    assert.ok(['as it was', whole].includes(readFileSync(output, 'utf8')), 'never a part of it');
  }
  const again = await backhaul('export --state rejected -o rejects.csv');
  assert.equal(again.exitCode, 0, again.stderr);
  assert.equal(readFileSync(output, 'utf8'), whole);
});
