import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import type { StatusDocument } from '../../src/reporting/status-text.ts';
import { csvOf, type Project, project, rows } from '../support/project.ts';

/** Of six messages of three customers m-1 and m-2 have failed, m-3 and m-4 are unknown; two records are rejected. */
async function projectInDoubt(t: TestContext): Promise<Project> {
  const created = await project(t, {
    simulator: {
      faults: [
        ...['m-1', 'm-2'].map((sourceUuid) => ({ fault: 'refuse', sourceUuid })),
        ...['m-3', 'm-4'].map((sourceUuid) => ({ fault: 'omit-before', sourceUuid })),
      ],
    },
    delivery: { resendUnknown: false },
  });
  created.write('export.csv', csvOf([...rows(6), { Id: 'bad-1', Sent: 'x' }, { Id: 'bad-2', Sent: 'x' }]));
  const { messages } = (await created.backhaul('run --json')).json<Summary>();
  assert.deepEqual(messages, { accepted: 2, failed: 2, unknown: 2, pending: 0 });
  created.simulator.setFaults([]);
  return created;
}

async function resolved({ backhaul }: Project, words: string) {
  const result = await backhaul(`resolve --json ${words}`);
  assert.equal(result.exitCode, 0, result.stderr);
  const { messages, states } = (await backhaul('status --json')).json<StatusDocument>();
  return { document: result.json(), messages, openRejects: states.rejected };
}

test('a person can say that messages were accepted; the result tells what they were', async (t) => {
  const { document, messages } = await resolved(await projectInDoubt(t), '--as accepted');
  assert.deepEqual(document, {
    ...{ resolved: 4, as: 'accepted', from: { failed: 2, unknown: 2 }, payloadDropped: 0 },
  });
  assert.deepEqual(messages, { accepted: 6, failed: 0, unknown: 0, pending: 0 });
});

test('a person can say that unknown messages failed; failed ones are that already', async (t) => {
  const created = await projectInDoubt(t);
  const { document, messages } = await resolved(created, '--as failed');
  assert.deepEqual(document, {
    ...{ resolved: 2, as: 'failed', from: { failed: 0, unknown: 2 }, payloadDropped: 0 },
  });
  assert.deepEqual(messages, { accepted: 2, failed: 4, unknown: 0, pending: 0 });
});

test('resend only queues: the next run sends', async (t) => {
  const created = await projectInDoubt(t);
  const requests = created.simulator.stats().requests;
  const text = await created.backhaul('resolve --as resend');
  assert.equal(
    text.stdout,
    '4 messages queued to be sent again (2 failed, 2 unknown).\nNext: `backhaul run` sends them.\n',
  );
  assert.equal(created.simulator.stats().requests, requests);
  await created.backhaul('run --quiet');
  assert.equal(created.simulator.stats().stored, 6);
});

test('a verdict is narrowed by identity, customer and run', async (t) => {
  const created = await projectInDoubt(t);
  assert.equal((await resolved(created, '--as accepted --run 99')).document.resolved, 0);
  assert.equal((await resolved(created, '--as accepted --id m-1 --customer cust-2')).document.resolved, 0);
  assert.equal((await resolved(created, '--as accepted --id m-1 --id m-3 --run 1')).document.resolved, 2);
  assert.deepEqual((await resolved(created, '--as accepted --customer cust-2')).messages, {
    ...{ accepted: 5, failed: 0, unknown: 1, pending: 0 },
  });
});

test('what is accepted is not up for decision', async (t) => {
  const { document } = await resolved(await projectInDoubt(t), '--as failed --id m-5');
  assert.equal(document.resolved, 0);
});

test('rejects that are not to be imported can be dismissed, one or all', async (t) => {
  const created = await projectInDoubt(t);
  const one = await resolved(created, '--dismiss --id export.csv:8');
  assert.deepEqual(one.document, { dismissed: 1 });
  assert.equal(one.openRejects, 1);
  const text = await created.backhaul('resolve --dismiss');
  assert.equal(text.stdout, '1 reject dismissed.\n');
});

for (const [words, message] of [
  ['', /needs either --as or --dismiss/],
  ['--as accepted --dismiss', /needs either --as or --dismiss/],
  ['--as perhaps', /--as must be one of accepted, failed, resend/],
  ['--dismiss --customer cust-1', /--customer does not go with --dismiss/],
] as const) {
  test(`resolve ${words} is refused`, async (t) => {
    const { backhaul } = await project(t);
    const { exitCode, stderr } = await backhaul(`resolve ${words}`);
    assert.equal(exitCode, 2);
    assert.match(stderr, message);
  });
}
