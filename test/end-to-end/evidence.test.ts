import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Summary } from '../../src/pipeline/summary.ts';
import type { VerifySummary } from '../../src/pipeline/verify-summary.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { type ListenerProcess, startListener, writeListenerConfig } from '../support/listener-process.ts';
import { textProject } from '../support/live-project.ts';
import { csvOf, type Project, type ProjectOptions, project, rows } from '../support/project.ts';
import { AUTHORIZATION, archived, SECRET } from '../support/receiver.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Scene extends Project {
  readonly listener: ListenerProcess;
  /** Waits until so many deliveries are archived. */
  heard(count: number): Promise<void>;
  verify(words?: string): Promise<{ exitCode: number | null; summary: VerifySummary }>;
}

/** A project with a listener beside it, to which the simulated API delivers. */
async function scene(
  t: TestContext,
  simulator: (listener: ListenerProcess) => SimulatorOptions,
  createProject: (t: TestContext, options: ProjectOptions) => Promise<Project> = project,
): Promise<Scene> {
  const directory = temporaryDirectory(t);
  writeListenerConfig(directory);
  const listener = await startListener(t, directory);
  const { archive } = listener.document;
  const place = await createProject(t, { simulator: simulator(listener), config: { receiver: { archive } } });
  return {
    ...place,
    listener,
    async heard(count) {
      for (let waited = 0; waited < 10_000; waited += 20) {
        if (archived(archive).length >= count) return;
        await delay(20);
      }
      assert.fail(`only ${archived(archive).length} of ${count} deliveries came`);
    },
    async verify(words = '') {
      const result = await place.backhaul(`verify --json ${words}`);
      return { exitCode: result.exitCode, summary: result.json<VerifySummary>() };
    },
  };
}

test('callbacks make messages stored; one reported as failed is retried, and then stored', async (t) => {
  const { backhaul, write, simulator, listener, heard, verify } = await scene(t, () => ({
    faults: [{ fault: 'fail-later', sourceUuid: 'm-7' }],
  }));
  const callbackUrl = listener.document.urls.historicalCallback;
  write('export.csv', csvOf(rows(20)));
  const run = await backhaul(`run --json --callback-url ${callbackUrl}`);
  assert.equal(run.exitCode, 0, run.stderr);
  assert.deepEqual(run.json<Summary>().messages, { accepted: 20, failed: 0, unknown: 0, pending: 0 });
  await heard(20);

  const first = await verify();
  assert.equal(first.exitCode, 3);
  assert.equal(first.summary.status, 'incomplete');
  assert.deepEqual([first.summary.evidence.stored, first.summary.evidence.failed], [19, 1]);
  assert.deepEqual(first.summary.messages, {
    ...{ accepted: 19, failed: 1, unknown: 0, pending: 0 },
    ...{ stored: 19, missing: 0 },
  });
  assert.match((await backhaul('export --state failed --format csv')).stdout, /m-7,.*SIMULATED_FAILURE/);

  const again = await verify();
  assert.deepEqual([again.summary.evidence.stored, again.summary.evidence.failed], [0, 0], 'nothing new');
  assert.equal(again.summary.evidence.known, 20);

  const inVain = await backhaul(`retry --json --callback-url ${callbackUrl}`);
  assert.equal(inVain.exitCode, 0, inVain.stderr);
  await heard(21);
  const second = await verify();
  assert.deepEqual([second.exitCode, second.summary.evidence.failed], [3, 1], 'it failed once more');

  simulator.setFaults([]);
  const retry = await backhaul(`retry --json --code SIMULATED_FAILURE --callback-url ${callbackUrl}`);
  assert.equal(retry.exitCode, 0, retry.stderr);
  assert.equal(retry.json<Summary>().requests.sent, 1);
  await heard(22);

  const last = await verify();
  assert.equal(last.exitCode, 0);
  assert.equal(last.summary.evidence.stored, 1);
  assert.equal(last.summary.messages.stored, 20);
  assert.equal(simulator.stats().stored, 20);
  assert.equal(await listener.stop('SIGTERM'), 0);
});

test('message events alone make messages stored, doubled and out of order as they come', async (t) => {
  const { backhaul, write, heard, verify } = await scene(t, ({ document }) => ({
    ...{ eventsUrl: document.urls.events, eventsSecret: SECRET, eventsToken: AUTHORIZATION },
    ...{ eventDuplicates: 0.3, eventUpdates: 0.5, eventJitterMs: 50 },
  }));
  write('export.csv', csvOf(rows(30)));
  assert.equal((await backhaul('run --json')).exitCode, 0);
  await heard(30);
  await delay(300);
  const { exitCode, summary } = await verify();
  assert.equal(exitCode, 0);
  assert.equal(summary.messages.stored, 30);
  assert.equal(summary.evidence.stored, 30);
  assert.ok(summary.deliveries.messageEvents > 30, 'updates are told too');
  assert.equal(summary.evidence.known, summary.deliveries.messageEvents - 30);
});

test('callbacks settle what the API left in the dark: stored, or failed', async (t) => {
  const { backhaul, write, listener, heard, verify } = await scene(t, () => ({
    faults: [
      { fault: 'http-500-after', customerUuid: 'cust-1' },
      { fault: 'reset-before', customerUuid: 'cust-2' },
    ],
  }));
  write('export.csv', csvOf(rows(9)));
  const words = '--set delivery.resendUnknown=false --set delivery.maxAttempts=1';
  await backhaul(`run --json ${words} --callback-url ${listener.document.urls.historicalCallback}`);
  await heard(6);
  const { summary } = await verify();
  assert.equal(summary.messages.stored, 6, 'those of customers 1 and 3');
  assert.equal(summary.messages.unknown + summary.messages.pending, 3, 'nobody has spoken of customer 2');
});

test('status callbacks settle texts whose answer was lost, and tell which were never sent', async (t) => {
  const { backhaul, write, listener, heard, verify, simulator } = await scene(
    t,
    () => ({
      faults: [
        { fault: 'reset-after', sourceUuid: 'm-1' },
        { fault: 'http-503', sourceUuid: 'm-2' },
        { fault: 'fail-later', sourceUuid: 'm-3' },
      ],
    }),
    textProject,
  );
  write('export.csv', csvOf(rows(4)));
  const words = `--live --yes --new-ledger --callback-url ${listener.document.urls.textCallback}`;
  const run = await backhaul(`run --json ${words}`);
  assert.deepEqual(
    run.json<Summary>().messages,
    { accepted: 2, failed: 0, unknown: 2, pending: 0 },
    run.stderr,
  );
  await heard(3);
  const { exitCode, summary } = await verify();
  assert.equal(exitCode, 3);
  assert.deepEqual(summary.deliveries, {
    ...{ read: 3, textCallbacks: 3 },
    historicalCallbacks: 0,
    messageEvents: 0,
  });
  assert.deepEqual(summary.messages, {
    ...{ accepted: 2, failed: 1, unknown: 1, pending: 0 },
    ...{ stored: 2, missing: 0 },
  });
  assert.match((await backhaul('export --state unknown --format csv')).stdout, /m-2,/);
  assert.match((await backhaul('export --state failed --format csv')).stdout, /m-3,.*SIMULATED_FAILURE/);
  assert.equal(simulator.stats().delivered, 2);
});
