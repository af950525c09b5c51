import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CheckSummary } from '../../src/pipeline/summary.ts';
import { csvOf, project, rows } from '../support/project.ts';

test('check foretells a run, sends nothing, and leaves no ledger behind', async (t) => {
  const { backhaul, write, directory, simulator } = await project(t, { delivery: { requestsPerSecond: 2 } });
  write(
    'export.csv',
    csvOf([
      ...rows(20, { customers: 2 }),
      { Id: 'm-1', Customer: 'cust-1', Body: 'Message 1', Sent: '2024-01-01T09:00:00.000Z' },
      {
        Id: 'other',
        Department: 'dept-2',
        Customer: 'cust-1',
        Direction: 'out',
        Sent: '2024-01-02T00:00:00Z',
      },
      { Id: 'bad', Sent: 'yesterday' },
    ]),
  );

  // No credentials: check needs none.
  const env = { SIMULATOR_USERNAME: '', SIMULATOR_PASSWORD: '' };
  const { exitCode, stderr, json } = await backhaul('check --json', { env });

  assert.equal(exitCode, 3, stderr);
  const { records, plan, rejects, breakdown, status, balanced, ...rest } = json<CheckSummary>();
  assert.deepEqual(records, {
    ...{ read: 23, new: 21, replaced: 0, unchanged: 0, duplicates: 1, conflicts: 0, skipped: 0, rejected: 1 },
  });
  assert.deepEqual(
    plan,
    { batches: 3, requests: 3, customers: 2, departments: 2, minimumDurationMs: 1000 },
    'a customer of two departments is one customer',
  );
  assert.deepEqual(rejects, [
    { code: 'TIME_UNREADABLE', field: 'sentOn', count: 1, examples: ['export.csv:24'] },
  ]);
  assert.deepEqual(breakdown.departments, [
    { departmentUuid: 'dept', messages: 20 },
    { departmentUuid: 'dept-2', messages: 1 },
  ]);
  assert.deepEqual(breakdown.types, [
    { type: 'INCOMING', messages: 20 },
    { type: 'OUTGOING', messages: 1 },
  ]);
  assert.deepEqual(
    breakdown.days.map(({ day }) => day),
    ['2024-01-01', '2024-01-02'],
  );
  assert.equal(status, 'incomplete');
  assert.equal(balanced, true);
  assert.ok(!('messages' in rest) && !('requests' in rest));
  assert.equal(existsSync(join(directory, 'backhaul.db')), false);
  assert.equal(simulator.stats().requests, 0);
});

test('check compares with the ledger that there is, and does not change it', async (t) => {
  const { backhaul, write, directory } = await project(t);
  write('export.csv', csvOf(rows(10)));
  assert.equal((await backhaul('run --quiet')).exitCode, 0);
  const before = readFileSync(join(directory, 'backhaul.db'));
  write('export.csv', csvOf([...rows(12), { Id: 'm-1', Body: 'Something else' }]));

  const { exitCode, json } = await backhaul('check --json');

  assert.equal(exitCode, 3, 'a conflict needs a person');
  const { records, plan } = json<CheckSummary>();
  assert.equal(records.new, 2);
  assert.equal(records.unchanged, 10);
  assert.equal(records.conflicts, 1);
  assert.equal(plan.customers, 2, 'only what is left to send is planned');
  assert.deepEqual(readFileSync(join(directory, 'backhaul.db')), before);
});

test('what check tells a person: counts, rejects with positions, what delivery takes, and what to type next', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf([...rows(60), { Id: 'bad', Sent: 'yesterday' }]));
  const { exitCode, stdout } = await backhaul('check --set stream=other-stream');
  assert.equal(exitCode, 3);
  assert.match(stdout, /^Check of other-stream, nothing sent: incomplete/);
  assert.match(stdout, /records read +61/);
  assert.match(stdout, /TIME_UNREADABLE +sentOn +1 +export\.csv:62/);
  assert.match(stdout, /3 requests for 3 customers in 1 department/);
  assert.match(stdout, /backhaul run --limit 10 --set stream=other-stream/);
});

test('check ends with 0 when nothing is in the way, also with nothing to read where that is allowed', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(3)));
  assert.equal((await backhaul('check')).exitCode, 0);
  const empty = await backhaul("check --json --input 'none*.csv' --set source.allowEmpty=true");
  assert.equal(empty.exitCode, 0, empty.stderr);
  assert.equal(empty.json<CheckSummary>().records.read, 0);
});

test('a damaged file is told with its position, and is exit 3', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', `${csvOf(rows(2))}m-3,dept,cust-1,2024-01-01T00:00:00Z,in,"never closed\n`);
  const { exitCode, stderr, json } = await backhaul('check --json');
  assert.equal(exitCode, 3);
  assert.equal(json<CheckSummary>().files.damaged, 1);
  assert.equal(json<CheckSummary>().records.new, 2);
  assert.match(stderr, /"at":"export\.csv:4"/);
});

for (const [title, config, code] of [
  ['a rule that makes no sense', { mapping: { departmentUuid: 'Department' } }, 'MISSING_RULE'],
  [
    'a lookup file that is not there',
    { lookups: { c: { file: 'no.csv', key: 'a', value: 'b' } } },
    'LOOKUP_UNREADABLE',
  ],
  ['a ledger that is a directory', { ledger: { path: '.' } }, null],
] as const) {
  test(`${title} is told before anything is read`, async (t) => {
    const { backhaul, write } = await project(t, { config });
    write('export.csv', csvOf(rows(1)));
    const { exitCode, stderr } = await backhaul('check');
    assert.ok(exitCode === 2 || exitCode === 6, stderr);
    if (code !== null) assert.ok(stderr.includes(code), stderr);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
}

test('Ctrl-C ends check with 130', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(100_000)));
  const { exitCode, json } = await backhaul('check --json --log-level debug', {
    onStart: (child) => child.stderr?.once('data', () => child.kill('SIGINT')),
  });
  assert.equal(exitCode, 130);
  assert.equal(json<CheckSummary>().status, 'interrupted');
});
