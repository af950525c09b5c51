import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { csvOf, project, rows } from '../support/project.ts';

test('an export goes in and every message is accepted once', async (t) => {
  const { backhaul, write, simulator } = await project(t);
  write('export.csv', csvOf(rows(120, { customers: 7 })));

  const result = await backhaul('run --json');

  assert.equal(result.exitCode, 0, result.stderr);
  const summary = result.json<Summary>();
  assert.equal(summary.status, 'complete');
  assert.deepEqual(summary.messages, { accepted: 120, failed: 0, unknown: 0, pending: 0 });
  assert.equal(summary.records.read, 120);
  assert.equal(summary.records.new, 120);
  assert.equal(summary.balanced, true);
  const stats = simulator.stats();
  assert.equal(stats.stored, 120);
  assert.equal(stats.requests, 7, 'one batch a customer');
  assert.equal(stats.orderViolations, 0);
});

test('a second run sends nothing and reads no unchanged file', async (t) => {
  const { backhaul, write, simulator } = await project(t);
  write('export-1.csv', csvOf(rows(30)));
  write('export-2.csv', csvOf(rows(30, { first: 31 })));
  await backhaul('run --json');
  const requests = simulator.stats().requests;

  const again = (await backhaul('run --json')).json<Summary>();

  assert.deepEqual(again.files, { read: 0, unchanged: 2, damaged: 0 });
  assert.equal(again.records.read, 0);
  assert.equal(again.requests.sent, 0);
  assert.equal(simulator.stats().requests, requests);
});

test('a grown export sends exactly what is new', async (t) => {
  const { backhaul, write, simulator } = await project(t);
  write('export.csv', csvOf(rows(30)));
  await backhaul('run --json');
  write('export.csv', csvOf(rows(37)));

  const again = (await backhaul('run --json')).json<Summary>();

  assert.equal(again.records.new, 7);
  assert.equal(again.records.unchanged, 30);
  assert.equal(simulator.stats().resubmitted, 0);
  assert.equal(simulator.stats().stored, 37);
});

test('retry sends just what failed, once its cause is gone', async (t) => {
  const { backhaul, write, simulator } = await project(t, {
    simulator: {
      faults: [
        { fault: 'refuse', sourceUuid: 'm-1?' },
        { fault: 'refuse', sourceUuid: 'm-2' },
      ],
    },
  });
  simulator.setFaults([
    { fault: 'refuse', sourceUuid: 'm-2' },
    { fault: 'refuse', sourceUuid: 'm-20' },
  ]);
  write('export.csv', csvOf(rows(40)));
  const first = await backhaul('run --json');
  assert.equal(first.exitCode, 3);
  assert.equal(first.json<Summary>().messages.failed, 2);
  simulator.setFaults([]);

  const retried = await backhaul('retry --json');

  assert.equal(retried.exitCode, 0, retried.stderr);
  assert.equal(retried.json<Summary>().messages.accepted, 40);
  assert.equal(simulator.stats().resubmitted, 0, 'what was accepted is not sent again');
  const submissions = [...simulator.stored()].map(({ submissions: count }) => count);
  assert.ok(submissions.every((count) => count === 1));
});

test('rejects are exported, corrected by hand, fed back, and closed', async (t) => {
  const { backhaul, write, directory, simulator } = await project(t);
  write(
    'export.csv',
    csvOf([
      ...rows(10),
      { Id: 'bad-time', Sent: 'yesterday' },
      { Id: 'bad-direction', Direction: 'sideways', Body: '=2+2, "quoted"\nsecond line' },
    ]),
  );
  const first = await backhaul('run --json');
  assert.equal(first.exitCode, 3);
  assert.equal(first.json<Summary>().records.rejected, 2);

  const exported = await backhaul('export --state rejected -o rejects.csv');
  assert.equal(exported.exitCode, 0, exported.stderr);
  assert.equal(statSync(join(directory, 'rejects.csv')).mode & 0o777, 0o600);
  const rejects = readFileSync(join(directory, 'rejects.csv'), 'utf8');
  assert.match(rejects.split('\n')[0] ?? '', /^Id,Department,Customer,Sent,Direction,Body,_sourceUuid,/);
  write('rejects.csv', rejects.replace('yesterday', '2024-02-01T10:00:00Z').replace('sideways', 'out'));

  const fed = await backhaul('run --json --input rejects.csv');

  assert.equal(fed.exitCode, 0, fed.stdout + fed.stderr);
  assert.equal(fed.json<Summary>().records.new, 2);
  assert.equal(simulator.stats().stored, 12);
  const body = [...simulator.stored()].find(({ sourceUuid }) => sourceUuid === 'bad-direction')?.item;
  assert.equal(
    (JSON.parse(body ?? '{}') as { messageAttributes: { body: string } }).messageAttributes.body,
    '=2+2, "quoted"\nsecond line',
    'the round trip through a spreadsheet file keeps the text to the byte',
  );
  assert.equal(
    (await backhaul('run --json')).exitCode,
    0,
    'the original file stays as it was, the rejects stay closed',
  );
});

test('a corrected mapping replaces what had failed', async (t) => {
  const { backhaul, write, simulator } = await project(t, {
    simulator: { faults: [{ fault: 'refuse', sourceUuid: 'm-1' }] },
  });
  write('export.csv', csvOf(rows(5)));
  assert.equal((await backhaul('run --json')).exitCode, 3);
  simulator.setFaults([]);

  const corrected = await backhaul(
    `run --json --set 'mapping["messageAttributes.subject"]={"value":"Service"}'`,
  );

  assert.equal(corrected.exitCode, 0, corrected.stderr);
  const summary = corrected.json<Summary>();
  assert.equal(summary.records.replaced, 1);
  assert.equal(summary.records.unchanged, 4, 'what was accepted is left as it is');
  assert.equal(simulator.stats().stored, 5);
});

test('a canary delivers so many and ends well', async (t) => {
  const { backhaul, write, simulator } = await project(t);
  write('export.csv', csvOf(rows(30)));

  const canary = await backhaul('run --limit 10 --json');

  assert.equal(canary.exitCode, 0);
  assert.equal(canary.json<Summary>().stopReason, 'limit');
  assert.equal(simulator.stats().stored, 10);
  assert.equal((await backhaul('run --json')).json<Summary>().messages.accepted, 30);
  assert.equal(simulator.stats().resubmitted, 0);
});

test('a correction of an unknown fate needs a person: resolve', async (t) => {
  const { backhaul, write, simulator } = await project(t, {
    simulator: { faults: [{ fault: 'omit', sourceUuid: 'm-3' }] },
    delivery: { resendUnknown: false },
  });
  write('export.csv', csvOf(rows(5)));
  const first = await backhaul('run --json');
  assert.equal(first.exitCode, 3);
  assert.deepEqual(first.json<Summary>().messages, { accepted: 4, failed: 0, unknown: 1, pending: 0 });
  assert.equal((await backhaul('run --json')).json<Summary>().requests.sent, 0, 'never sent again unasked');

  const resolved = await backhaul('resolve --as accepted --id m-3 --json');

  assert.equal(resolved.exitCode, 0, resolved.stderr);
  const status = await backhaul('status --json');
  assert.deepEqual(status.json<{ messages: Summary['messages'] }>().messages, {
    accepted: 5,
    failed: 0,
    unknown: 0,
    pending: 0,
  });
  assert.equal(simulator.stats().requests, 3);
});
