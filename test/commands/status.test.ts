import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusDocument } from '../../src/reporting/status-text.ts';
import { csvOf, project, rows } from '../support/project.ts';

test('status tells what the ledger holds and ends with 0, whatever that is', async (t) => {
  const { backhaul, write, directory } = await project(t, {
    simulator: {
      faults: [
        { fault: 'refuse', sourceUuid: 'm-2' },
        { fault: 'omit', sourceUuid: 'm-3' },
      ],
    },
    delivery: { resendUnknown: false },
  });
  write('export.csv', csvOf([...rows(5), { Id: 'bad', Sent: 'yesterday' }, { Id: 'm-1', Body: 'Another' }]));
  await backhaul('run --quiet');

  const { exitCode, stderr, json } = await backhaul('status --json');

  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
  const { stream, ledger, messages, states, codes, runs } = json<StatusDocument>();
  assert.equal(stream, 'project');
  assert.equal(ledger, `${directory}/backhaul.db`);
  assert.deepEqual(messages, { accepted: 3, failed: 1, unknown: 1, pending: 0 });
  assert.deepEqual(states, {
    ...{ pending: 0, accepted: 3, failed: 1, unknown: 1, stored: 0, missing: 0, rejected: 1, conflict: 1 },
  });
  assert.deepEqual(
    codes.map(({ state, field, count, examples }) => [state, field, count, examples]).toSorted(),
    [
      ['conflict', null, 1, ['export.csv:8']],
      ['failed', null, 1, ['export.csv:3']],
      ['rejected', 'sentOn', 1, ['export.csv:7']],
      ['unknown', null, 1, ['export.csv:4']],
    ],
  );
  assert.equal(runs.length, 1);
  assert.equal(runs[0]?.command, 'run');
  assert.equal(runs[0]?.status, 'incomplete');
  assert.ok(runs[0]?.endedAt !== null);

  const text = await backhaul('status');
  assert.equal(text.exitCode, 0);
  assert.match(text.stdout, /^project in .*backhaul\.db\n/);
  assert.match(text.stdout, /open rejects +1\n/);
});

test('status shows the latest runs, latest first', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(1)));
  for (let run = 1; run <= 3; run++) await backhaul('run --quiet');
  const { runs } = (await backhaul('status --json')).json<StatusDocument>();
  assert.deepEqual(
    runs.map(({ run }) => run),
    [3, 2, 1],
  );
});

test('a ledger that is not there is exit 2, and none is made', async (t) => {
  const { backhaul } = await project(t);
  for (let time = 1; time <= 2; time++) {
    const { exitCode, stdout, stderr } = await backhaul('status --ledger other.db');
    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /other\.db.*\(LEDGER_MISSING\)\n.*run/);
  }
});

test('a stream that the ledger does not know holds nothing', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(2)));
  await backhaul('run --quiet');
  const { exitCode, json } = await backhaul('status --json --set stream=another');
  assert.equal(exitCode, 0);
  assert.deepEqual(json<StatusDocument>().messages, { accepted: 0, failed: 0, unknown: 0, pending: 0 });
});
