/** Every way in which a run ends before its work does: what it leaves is true, and the next run takes it up. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { StopReason, Summary } from '../../src/pipeline/summary.ts';
import type { CommandResult, RunningCommand } from '../support/command-line.ts';
import { sizeOf } from '../support/killing.ts';
import { assertGoodManners, assertImportIsTrue } from '../support/oracle.ts';
import { csvOf, type Project, type ProjectOptions, project, rows } from '../support/project.ts';
import { until } from '../support/until.ts';

const RUN = 'run --json --no-progress';
const MESSAGES = 300;

async function busyProject(t: TestContext, options: ProjectOptions = {}): Promise<Project> {
  const place = await project(t, {
    ...options,
    simulator: { latencyMs: 40, ...options.simulator },
    delivery: { maxBatchMessages: 5, ...options.delivery },
  });
  place.write('export.csv', csvOf(rows(MESSAGES, { customers: 30 })));
  return place;
}

/** Resolves once the API has received so many requests. */
async function requests({ simulator }: Project, count: number): Promise<void> {
  while (simulator.stats().requests < count) await delay(2);
}

function summaryOf(result: CommandResult): Summary {
  assert.notEqual(result.stdout, '', result.stderr);
  return result.json<Summary>();
}

function assertStopped(result: CommandResult, stopReason: StopReason): Summary {
  const summary = summaryOf(result);
  assert.equal(result.exitCode, 4, result.stderr);
  assert.deepEqual([summary.status, summary.stopReason], ['stopped', stopReason]);
  assert.equal(summary.balanced, true);
  return summary;
}

/** The ledger is true at once, not only after the next run. */
async function assertTrue({ directory, simulator }: Project) {
  return assertImportIsTrue({ ledger: join(directory, 'backhaul.db'), baseUrl: simulator.baseUrl });
}

async function assertFinishes(place: Project, accepted = MESSAGES): Promise<void> {
  const { exitCode, stdout, stderr } = await place.backhaul(RUN);
  assert.equal(exitCode, 0, stdout + stderr);
  const verdict = await assertTrue(place);
  assert.deepEqual(verdict, { accepted, failed: 0, unknown: 0, pending: 0, stored: accepted });
  await assertGoodManners(place.simulator.baseUrl);
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} lets the requests under way settle, prints the summary, exits ${exitCode}`, async (t) => {
    const place = await busyProject(t);
    const { child, result } = place.start(RUN);
    await requests(place, 7);

    child.kill(signal);

    const ended = await result;
    assert.equal(ended.exitCode, exitCode);
    const { status, stopReason, messages, requests: counts, balanced } = summaryOf(ended);
    assert.deepEqual([status, stopReason, balanced], ['interrupted', 'interrupted', true]);
    assert.equal(messages.unknown, 0, 'every answer was waited for');
    assert.ok(messages.accepted > 0 && messages.pending > 0);
    assert.equal(counts.sent, place.simulator.stats().requests);
    assert.equal((await assertTrue(place)).stored, messages.accepted);
    await assertFinishes(place);
    assert.equal(place.simulator.stats().resubmitted, 0);
  });
}

test('SIGINT while reading keeps what was read, and the next run reads the rest', async (t) => {
  const place = await project(t);
  place.write('export.csv', csvOf(rows(20_000, { customers: 1_000 })));
  const { child, result } = place.start(RUN);
  while (sizeOf(join(place.directory, 'backhaul.db-wal')) < 2_000_000) await delay(1);

  child.kill('SIGINT');

  const ended = await result;
  assert.equal(ended.exitCode, 130);
  const { records, messages, balanced } = summaryOf(ended);
  assert.ok(records.new > 0 && records.new < 20_000, `${records.new} were read`);
  assert.deepEqual([messages.pending, balanced], [records.new, true]);
  const check = (await place.backhaul('check --json')).json<Summary>();
  assert.deepEqual([check.records.unchanged, check.records.new], [records.new, 20_000 - records.new]);
});

for (const [what, faults] of [
  ['a retry', 'http-503'],
  ['a Retry-After', 'http-503-later'],
] as const) {
  test(`SIGINT ends a wait for ${what} at once`, async (t) => {
    const place = await busyProject(t, {
      delivery: { retryBaseMs: 60_000, retryMaxMs: 60_000, maxOutageMs: 120_000 },
      simulator: { latencyMs: 0, faults: [{ fault: faults }] },
    });
    const { child, result } = place.start(RUN);
    await requests(place, 2);
    const sinceMs = performance.now();

    child.kill('SIGINT');

    assert.equal((await result).exitCode, 130);
    assert.ok(performance.now() - sinceMs < 20_000);
    assert.deepEqual(summaryOf(await result).messages, {
      accepted: 0,
      failed: 0,
      unknown: 0,
      pending: MESSAGES,
    });
  });
}

for (const [what, written] of [
  ['that nobody writes to', null],
  ['whose writer has written rows and then nothing', csvOf(rows(MESSAGES))],
  ['whose writer has written half a row', 'Id,Depart'],
] as const) {
  for (const command of ['run', 'check']) {
    test(`SIGINT ends the wait of ${command} for a pipe ${what}`, { timeout: 30_000 }, async (t) => {
      const place = await project(t);
      const pipe = join(place.directory, 'export.csv');
      execFileSync('mkfifo', [pipe]);
      const { child, result } = place.start(`${command} --json --log-level debug --no-progress`);
      t.after(() => child.kill('SIGKILL'));
      let log = '';
      child.stderr.on('data', (chunk) => {
        log += chunk;
      });
      await until(() => log.includes('inputs found') || child.exitCode !== null);
      if (written !== null) {
        // Stays open, as of a program that works on its next rows.
        const writer = await open(pipe, 'w');
        t.after(() => writer.close());
        await writer.write(written);
      }
      await delay(300);
      const sinceMs = performance.now();

      child.kill('SIGINT');

      const { exitCode, stderr } = await result;
      assert.equal(exitCode, 130, stderr);
      assert.ok(performance.now() - sinceMs < 10_000);
    });
  }
}

test('a second signal leaves at once; what was under way is unknown and sent again', async (t) => {
  const place = await busyProject(t, {
    delivery: { timeoutMs: 60_000 },
    simulator: { faults: [{ fault: 'hang-after', first: 4 }] },
  });
  const running = place.start(RUN);
  await requests(place, 4);
  running.child.kill('SIGINT');
  await assertStillRuns(running);
  const sinceMs = performance.now();

  running.child.kill('SIGINT');

  assert.equal((await running.result).exitCode, 130);
  assert.ok(performance.now() - sinceMs < 20_000);
  assert.equal((await assertTrue(place)).unknown, 20);
  await assertFinishes(place);
  assert.equal(place.simulator.stats().resubmitted, 20, 'only what was under way');
});

async function assertStillRuns({ child }: RunningCommand): Promise<void> {
  await delay(300);
  assert.equal(child.exitCode ?? child.signalCode, null, 'it waits for the answers');
}

test('--max-duration stops a run that takes longer, with nothing unknown', async (t) => {
  const place = await busyProject(t, { simulator: { latencyMs: 250 } });
  const { messages } = assertStopped(await place.backhaul(`${RUN} --max-duration 2s`), 'max-duration');
  assert.equal(messages.unknown, 0);
  assert.ok(messages.pending > 0);
  await assertFinishes(place);
});

test('--max-failures stops a run that does harm', async (t) => {
  const place = await busyProject(t, { simulator: { faults: [{ fault: 'refuse', probability: 0.5 }] } });
  const { messages } = assertStopped(await place.backhaul(`${RUN} --max-failures 10`), 'max-failures');
  assert.ok(messages.failed >= 10 && messages.failed < 40, `${messages.failed} failed`);
  assert.ok(messages.pending > MESSAGES / 2);
});

test('an API that is not there stops the run as an outage, and no message is to blame', async (t) => {
  const place = await busyProject(t, { delivery: { maxOutageMs: 800 } });
  await place.simulator.close();
  const { messages, requests: counts } = assertStopped(await place.backhaul(RUN), 'outage');
  assert.deepEqual(messages, { accepted: 0, failed: 0, unknown: 0, pending: MESSAGES });
  assert.ok(counts.sent > 1, 'it tried again');
});

test('an API that goes away leaves unknown only what was under way', async (t) => {
  const place = await busyProject(t, { delivery: { maxOutageMs: 800, concurrency: 4 } });
  const { result } = place.start(RUN);
  await requests(place, 12);
  await place.simulator.close();
  const { messages } = assertStopped(await result, 'outage');
  assert.ok(messages.accepted > 0);
  assert.ok(messages.unknown <= 4 * 5, `${messages.unknown} are unknown`);
  assert.equal(messages.failed, 0);
});

test('refused credentials stop the run and blame nobody', async (t) => {
  const place = await busyProject(t);
  const result = await place.backhaul(RUN, { env: { SIMULATOR_PASSWORD: 'wrong' } });
  const { messages } = assertStopped(result, 'credentials-refused');
  assert.deepEqual(messages, { accepted: 0, failed: 0, unknown: 0, pending: MESSAGES });
  assert.ok(place.simulator.stats().requests <= 4, 'once per worker at most');
  await assertFinishes(place);
});

test('a department that is not allowed is parked, the others are delivered', async (t) => {
  const place = await project(t, { simulator: { forbiddenDepartments: ['dept-b'] } });
  const spread = rows(90, { customers: 9 }).map((row, at) => ({
    ...row,
    Department: at % 9 < 3 ? 'dept-b' : 'dept-a',
  }));
  place.write('export.csv', csvOf(spread));
  const { messages } = assertStopped(await place.backhaul(RUN), 'department-parked');
  assert.deepEqual(messages, { accepted: 60, failed: 0, unknown: 0, pending: 30 });
  assert.equal((await assertTrue(place)).stored, 60);
});

test('a wrong base URL fails no message', async (t) => {
  const place = await busyProject(t);
  const elsewhere = `${new URL(place.simulator.baseUrl).origin}/communication`;
  const result = await place.backhaul(`${RUN} --set destination.baseUrl=${elsewhere} --ledger other.db`);
  const { messages, requests: counts } = assertStopped(result, 'wrong-base-url');
  assert.deepEqual(messages, { accepted: 0, failed: 0, unknown: 0, pending: MESSAGES });
  assert.ok(counts.sent < 30, `${counts.sent} requests were enough to know`);
});

test('a customer that does not exist fails alone', async (t) => {
  const place = await busyProject(t, { simulator: { unknownCustomers: ['cust-7'] } });
  const result = await place.backhaul(RUN);
  assert.equal(result.exitCode, 3);
  assert.deepEqual(summaryOf(result).messages, {
    accepted: MESSAGES - 10,
    failed: 10,
    unknown: 0,
    pending: 0,
  });
  assert.equal((await assertTrue(place)).stored, MESSAGES - 10);
});

test('two runs of one stream exclude each other, two streams of one ledger do not', async (t) => {
  const place = await busyProject(t, {
    delivery: { timeoutMs: 6_000 },
    simulator: { faults: [{ fault: 'hang-before', first: 1 }] },
  });
  const first = place.start(RUN);
  await requests(place, 1);

  const second = await place.backhaul('run --json --set stream=project');
  const other = await place.backhaul(
    `run --json --set stream=another --set 'mapping.sourceUuid={"template":"{Id}-2"}'`,
  );

  assert.equal(second.exitCode, 5);
  const { code, message } = second.json<{ error: { code: string; message: string } }>().error;
  assert.equal(code, 'STREAM_LOCKED');
  assert.match(message, new RegExp(`\\b${first.child.pid}\\b`), 'it says who holds the lock');
  assert.equal(other.exitCode, 0, other.stdout + other.stderr);
  assert.equal((await first.result).exitCode, 0);
  assert.equal((await assertTrue(place)).accepted, 2 * MESSAGES);
});
