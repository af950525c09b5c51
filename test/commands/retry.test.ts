import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import type { StatusDocument } from '../../src/reporting/status-text.ts';
import { csvOf, type Project, project, rows } from '../support/project.ts';

/** Six messages of three customers: m-1 to m-4 have failed, m-5 is unknown, m-6 is accepted. */
async function projectWithFailures(t: TestContext): Promise<Project> {
  const created = await project(t, {
    simulator: { faults: [{ fault: 'poison', sourceUuid: 'm-1' }] },
    delivery: { resendUnknown: false },
  });
  created.simulator.setFaults([
    { fault: 'poison', sourceUuid: 'm-1' },
    ...['m-2', 'm-3', 'm-4'].map((sourceUuid) => ({ fault: 'refuse', sourceUuid })),
    { fault: 'omit-before', sourceUuid: 'm-5' },
  ]);
  created.write('export.csv', csvOf(rows(6)));
  const { messages } = (await created.backhaul('run --json')).json<Summary>();
  assert.deepEqual(messages, { accepted: 1, failed: 4, unknown: 1, pending: 0 });
  created.simulator.setFaults([]);
  return created;
}

async function retried({ backhaul, simulator }: Project, words: string) {
  const before = simulator.stats().stored;
  const { exitCode, stdout, stderr } = await backhaul(`retry --json ${words}`);
  const summary = JSON.parse(stdout) as Summary;
  return { exitCode, stderr, summary, stored: simulator.stats().stored - before };
}

test('retry sends what has failed, reads no source, and ends with 3 while others need attention', async (t) => {
  const { exitCode, summary, stored } = await retried(await projectWithFailures(t), '');
  assert.equal(stored, 4);
  assert.equal(exitCode, 3, 'm-5 is still unknown');
  assert.equal(summary.records.read, 0);
  assert.deepEqual(summary.files, { read: 0, unchanged: 0, damaged: 0 });
  assert.deepEqual(summary.messages, { accepted: 5, failed: 0, unknown: 1, pending: 0 });
});

test('retry --unknown sends failed and unknown messages', async (t) => {
  const { exitCode, stored } = await retried(await projectWithFailures(t), '--unknown');
  assert.deepEqual({ exitCode, stored }, { exitCode: 0, stored: 5 });
});

test('retry is narrowed by code, by customer and by run, all at once', async (t) => {
  const created = await projectWithFailures(t);
  assert.equal((await retried(created, '--customer cust-3 --run 99')).stored, 0);
  assert.equal((await retried(created, '--customer cust-3 --customer nobody --run 1')).stored, 1, 'm-3');
  const { codes } = (await created.backhaul('status --json')).json<StatusDocument>();
  const code = codes.find(({ examples }) => examples.includes('export.csv:2'))?.code;
  const byCode = await retried(created, `--code ${code}`);
  assert.deepEqual({ exitCode: byCode.exitCode, stored: byCode.stored }, { exitCode: 3, stored: 1 }, 'm-1');
  assert.equal((await retried(created, '')).stored, 2);
});

test('retry --limit queues and sends so many, and ends well', async (t) => {
  const created = await projectWithFailures(t);
  const { exitCode, stored, summary } = await retried(created, '--limit 1');
  assert.deepEqual(
    { exitCode, stored, reason: summary.stopReason },
    { exitCode: 0, stored: 1, reason: 'limit' },
  );
  assert.equal(summary.messages.pending, 0, 'the others are still failed');
  assert.equal(summary.messages.failed, 3);
});

test('retry --missing asks for nothing that is not missing', async (t) => {
  assert.equal((await retried(await projectWithFailures(t), '--missing')).stored, 0);
});

test('retry needs a ledger and credentials, and says so', async (t) => {
  const { backhaul } = await project(t);
  const missing = await backhaul('retry');
  assert.equal(missing.exitCode, 2);
  assert.match(missing.stderr, /LEDGER_MISSING/);
  const unset = await backhaul('retry', { env: { SIMULATOR_PASSWORD: '' } });
  assert.equal(unset.exitCode, 2);
  assert.match(unset.stderr, /SIMULATOR_PASSWORD.*\(SECRET_MISSING\)/);
});

test('messages whose payload is gone are told of', async (t) => {
  const created = await project(t, {
    simulator: { faults: [{ fault: 'refuse', sourceUuid: 'm-1' }] },
  });
  created.write('export.csv', csvOf(rows(2)));
  await created.backhaul('run --quiet');
  await created.backhaul('resolve --as accepted --id m-1');
  assert.equal((await retried(created, '')).stored, 0, 'what a person called accepted is not sent');
});
