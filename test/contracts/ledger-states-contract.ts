import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger, MessageState, Settlement } from '../../src/ledger/ledger.ts';
import {
  begin,
  claimAll,
  deliverAll,
  planned,
  plannedIds,
  rows,
  settlement,
  stage,
} from '../support/ledger-scenes.ts';
import { stagedMessage } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

async function withOneMessage(ledger: Ledger) {
  const run = await begin(ledger);
  await stage(ledger, run, [stagedMessage({ id: 'a' })]);
  return run;
}

async function stateOfOne(ledger: Ledger): Promise<string> {
  const states = Object.entries(await ledger.stateCounts()).filter(([, count]) => count > 0);
  assert.equal(states.length, 1);
  return states[0]?.[0] as string;
}

export function statesContract(openFresh: OpenFresh): void {
  const firstOutcomes: [Settlement['outcome'], MessageState][] = [
    ['accepted', 'accepted'],
    ['failed', 'failed'],
    ['unknown', 'unknown'],
    ['released', 'pending'],
  ];
  for (const [outcome, state] of firstOutcomes) {
    test(`a first attempt settled ${outcome} makes a message ${state}`, async (t) => {
      const ledger = await openFresh(t).open();
      await deliverAll(ledger, await withOneMessage(ledger), outcome);
      assert.equal(await stateOfOne(ledger), state);
    });
  }

  const laterOutcomes: [Settlement['outcome'], MessageState][] = [
    ['accepted', 'accepted'],
    ['failed', 'unknown'],
    ['unknown', 'unknown'],
    ['released', 'unknown'],
  ];
  for (const [outcome, state] of laterOutcomes) {
    test(`once ambiguous, an attempt settled ${outcome} makes it ${state}`, async (t) => {
      const ledger = await openFresh(t).open();
      await deliverAll(ledger, await withOneMessage(ledger), 'unknown');
      const [conversation] = await planned(ledger);
      assert.equal(conversation?.messages[0]?.ambiguous, true);
      await deliverAll(ledger, await begin(ledger), outcome);
      assert.equal(await stateOfOne(ledger), state);
      if (state === 'unknown') {
        assert.equal((await rows(ledger.export('unknown')))[0]?.code, `CODE_${outcome.toUpperCase()}`);
      }
    });
  }

  test('acceptance forgets an earlier ambiguity', async (t) => {
    const ledger = await openFresh(t).open({ keepPayloads: 'always' });
    const run = await withOneMessage(ledger);
    await deliverAll(ledger, run, 'unknown');
    await deliverAll(ledger, run, 'accepted');
    await stage(ledger, run, [stagedMessage({ id: 'a', body: 'Hi' })], 'replace');
    assert.equal(await stateOfOne(ledger), 'pending');
  });

  test('an intent is there as soon as it is claimed, and the next run finds it unknown', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open();
    const run = await withOneMessage(ledger);
    const [claimed] = await claimAll(ledger, run);
    assert.equal((await (await place.open()).counts()).unknown, 1, 'another connection sees it');
    assert.deepEqual(await plannedIds(ledger), [], 'it is not handed out a second time');
    const { interrupted } = await ledger.beginRun({ command: 'run', startedAtMs: 1 });
    assert.equal(interrupted, 1);
    assert.equal((await rows(ledger.export('unknown')))[0]?.code, 'INTERRUPTED');
    assert.ok(claimed);
    const settlements = claimed.messages.map(({ id }) => settlement(id, 'accepted'));
    const late = { attempt: claimed.attempt, status: 200, result: 'answered', endedAtMs: 2, settlements };
    await assert.rejects(ledger.settle(late), 'its process is gone: nobody may settle it any more');
    assert.deepEqual(await plannedIds(ledger), ['a']);
  });

  test('a run leaves the sending messages of another stream alone', async (t) => {
    const place = openFresh(t);
    const [one, two] = [await place.open({ stream: 'one' }), await place.open({ stream: 'two' })];
    await claimAll(one, await withOneMessage(one));
    assert.equal((await two.beginRun({ command: 'run', startedAtMs: 1 })).interrupted, 0);
  });

  for (const state of ['accepted', 'failed'] as const) {
    test(`what is ${state} cannot be claimed`, async (t) => {
      const ledger = await openFresh(t).open();
      const run = await withOneMessage(ledger);
      const [conversation] = await planned(ledger);
      assert.ok(conversation);
      const start = {
        ...{ run, number: 1, requestBytes: 1, startedAtMs: 1 },
        ...{ departmentUuid: conversation.departmentUuid, customerUuid: conversation.customerUuid },
        messageIds: conversation.messages.map(({ id }) => id),
      };
      await deliverAll(ledger, run, state);
      await assert.rejects(ledger.claim(start));
      assert.equal(await stateOfOne(ledger), state);
    });
  }

  test('what is being sent cannot be claimed; what follows it can, while its outcome is on its way', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b' })]);
    const [conversation] = await planned(ledger);
    assert.ok(conversation);
    const [a, b] = conversation.messages.map(({ id }) => id) as [number, number];
    const { departmentUuid, customerUuid } = conversation;
    const start = { run, number: 1, requestBytes: 1, startedAtMs: 1, departmentUuid, customerUuid };
    await assert.rejects(ledger.claim({ ...start, messageIds: [a, a] }));
    const attempt = await ledger.claim({ ...start, messageIds: [a] });
    await assert.rejects(ledger.claim({ ...start, messageIds: [a] }));
    await assert.rejects(ledger.claim({ ...start, messageIds: [b, a] }));
    const end = { status: 503, result: 'HTTP_503', endedAtMs: 2, settlements: [settlement(a, 'released')] };
    const settled = ledger.settle({ attempt, ...end });
    await ledger.claim({ ...start, messageIds: [b] });
    await settled;
    await ledger.claim({ ...start, messageIds: [a], number: 2 });
    assert.equal((await ledger.counts()).unknown, 2);
  });

  test('a claim or settlement that fails leaves nothing behind and does not fail its neighbours', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const customers = ['c1', 'c2', 'c3'];
    await stage(
      ledger,
      run,
      customers.map((customer) => stagedMessage({ id: `of ${customer}`, customer })),
    );
    const attempts = await claimAll(ledger, run);
    const results = await Promise.allSettled(
      attempts.map(({ attempt, messages }, index) =>
        ledger.settle({
          ...{ attempt, status: 200, result: 'answered', endedAtMs: 1 },
          // The second settles a message that is not of its attempt.
          settlements: messages.map(({ id }) => settlement(index === 1 ? id + 1_000 : id, 'accepted')),
        }),
      ),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await ledger.counts(), { accepted: 2, failed: 0, unknown: 1, pending: 0 });
  });

  test('every message of an attempt is settled, or none', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b' })]);
    const [claimed] = await claimAll(ledger, run);
    assert.ok(claimed);
    const [first] = claimed.messages.map(({ id }) => settlement(id, 'accepted'));
    assert.ok(first);
    const end = { attempt: claimed.attempt, status: 200, result: 'answered', endedAtMs: 1 };
    await assert.rejects(ledger.settle({ ...end, settlements: [first] }));
    await assert.rejects(ledger.settle({ ...end, settlements: [first, first] }));
    assert.equal((await ledger.counts()).accepted, 0);
  });

  test('what was claimed and settled is there when the ledger is opened again', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open();
    await deliverAll(ledger, await withOneMessage(ledger), ({ id }) =>
      settlement(id, 'failed', { code: 'E7', error: 'refused', messageUuid: 'm-1' }),
    );
    await ledger.close();
    const [row] = await rows((await place.open()).export('failed'));
    assert.deepEqual([row?.code, row?.error, row?.messageUuid], ['E7', 'refused', 'm-1']);
  });

  for (const keepPayloads of ['until-accepted', 'until-stored', 'always'] as const) {
    test(`payloads ${keepPayloads}: accepted messages ${keepPayloads === 'until-accepted' ? 'lose' : 'keep'} theirs, failed ones keep it`, async (t) => {
      const ledger = await openFresh(t).open({ keepPayloads });
      const run = await begin(ledger);
      await stage(ledger, run, [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b' })]);
      await deliverAll(ledger, run, ({ id, sourceUuid }) =>
        settlement(id, sourceUuid === 'a' ? 'accepted' : 'failed'),
      );
      const [accepted] = await rows(ledger.export('accepted'));
      const [failed] = await rows(ledger.export('failed'));
      const kept = keepPayloads === 'until-accepted' ? null : stagedMessage({ id: 'a' }).recordJson;
      assert.equal(accepted?.recordJson, kept);
      assert.equal(failed?.recordJson, stagedMessage({ id: 'b' }).recordJson);
    });
  }

  test('retry makes failed messages pending, and leaves unknown ones unknown but queued', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const ids = ['a', 'b', 'c'];
    await stage(
      ledger,
      run,
      ids.map((id) => stagedMessage({ id })),
    );
    await deliverAll(ledger, run, ({ id, sourceUuid }) =>
      settlement(id, sourceUuid === 'a' ? 'failed' : 'unknown'),
    );
    assert.deepEqual(await plannedIds(ledger, { resendUnknown: false }), []);
    const retry = await begin(ledger);
    const result = await ledger.requeue({ states: ['failed', 'unknown'], sourceUuids: ['a', 'b'] }, retry);
    assert.deepEqual(result, { requeued: 2, payloadDropped: 0 });
    assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: 2, pending: 1 });
    assert.deepEqual(await plannedIds(ledger, { resendUnknown: false }), ['a', 'b']);
    await stage(ledger, retry, [stagedMessage({ id: 'd' })]);
    assert.deepEqual(await plannedIds(ledger, { queuedBy: retry }), ['a', 'b'], 'not what waits besides');
  });

  test('what a person queued stays queued until an attempt is made that the API may have taken', async (t) => {
    const ledger = await openFresh(t).open();
    await deliverAll(ledger, await withOneMessage(ledger), 'unknown');
    await ledger.resolve({}, 'resend');
    const run = await begin(ledger);
    assert.deepEqual(await deliverAll(ledger, run, 'released', { resendUnknown: false }), ['a']);
    assert.deepEqual(await deliverAll(ledger, run, 'unknown', { resendUnknown: false }), ['a']);
    assert.deepEqual(await plannedIds(ledger, { resendUnknown: false }), []);
  });

  test('a filter narrows by state, code, customer, identity, run and number, all at once', async (t) => {
    const ledger = await openFresh(t).open();
    const first = await begin(ledger);
    const of = (customer: string) => [1, 2].map((n) => stagedMessage({ id: `${customer}-${n}`, customer }));
    await stage(ledger, first, [...of('x'), ...of('y')]);
    const fail = ({ id, sourceUuid }: { id: number; sourceUuid: string }) =>
      settlement(id, 'failed', { code: sourceUuid.endsWith('1') ? 'E1' : 'E2' });
    await deliverAll(ledger, first, fail);
    const second = await begin(ledger);
    const requeued = async (filter: Parameters<Ledger['requeue']>[0]) =>
      (await ledger.requeue(filter, second)).requeued;
    assert.equal(await requeued({ states: ['unknown'] }), 0);
    assert.equal(await requeued({ codes: ['E1'], customerUuids: ['x'], run: second }), 0);
    assert.equal(await requeued({ codes: ['E1'], customerUuids: ['x'], run: first }), 1);
    assert.deepEqual(await plannedIds(ledger), ['x-1']);
    assert.equal(await requeued({ sourceUuids: ['y-1', 'y-2'], limit: 1 }), 1);
    assert.deepEqual(await plannedIds(ledger), ['x-1', 'y-1'], 'the oldest first');
    await deliverAll(ledger, second, fail);
    assert.equal(await requeued({ run: second }), 2);
  });

  test('what is accepted or pending is no matter of retry or resolve', async (t) => {
    const ledger = await openFresh(t).open({ keepPayloads: 'always' });
    const run = await withOneMessage(ledger);
    const word = async () => [
      (await ledger.requeue({ states: ['accepted', 'pending'] }, run)).requeued,
      (await ledger.resolve({ states: ['accepted', 'pending'] }, 'failed')).requeued,
      (await ledger.resolve({}, 'resend')).requeued,
    ];
    assert.deepEqual(await word(), [0, 0, 0]);
    await deliverAll(ledger, run, 'accepted');
    assert.deepEqual(await word(), [0, 0, 0]);
  });

  test('a person can say that an unknown or failed message was accepted', async (t) => {
    const ledger = await openFresh(t).open();
    await deliverAll(ledger, await withOneMessage(ledger), 'unknown');
    assert.deepEqual(await ledger.resolve({}, 'accepted'), { requeued: 1, payloadDropped: 0 });
    const [row] = await rows(ledger.export('accepted'));
    assert.deepEqual([row?.code, row?.recordJson], [null, null]);
    assert.deepEqual(await plannedIds(ledger), []);
  });

  test('a person can say that an unknown message failed: a retry then makes it pending', async (t) => {
    const ledger = await openFresh(t).open();
    await deliverAll(ledger, await withOneMessage(ledger), 'unknown');
    await ledger.resolve({ states: ['unknown'] }, 'failed');
    assert.equal(await stateOfOne(ledger), 'failed');
    assert.deepEqual(await plannedIds(ledger), []);
    await ledger.requeue({}, await begin(ledger));
    assert.equal(await stateOfOne(ledger), 'pending');
  });

  test('later runs resend an unknown message five times, then a person decides', async (t) => {
    const ledger = await openFresh(t).open();
    const first = await withOneMessage(ledger);
    await deliverAll(ledger, first, 'unknown');
    await deliverAll(ledger, first, 'unknown'); // a retry within the run is not a resend
    for (const resend of [1, 2, 3, 4, 5]) {
      const run = await begin(ledger);
      assert.deepEqual(await deliverAll(ledger, run, 'released'), ['a'], `resend ${resend}, not taken`);
      assert.deepEqual(await deliverAll(ledger, run, resend % 2 === 0 ? 'unknown' : 'failed'), ['a']);
      await claimAll(ledger, run);
      await ledger.beginRun({ command: 'run', startedAtMs: 1 }); // an interruption is not one either
    }
    const run = await begin(ledger);
    assert.deepEqual(await plannedIds(ledger), []);
    await ledger.requeue({ states: ['unknown'] }, run);
    assert.deepEqual(await deliverAll(ledger, run, 'unknown'), ['a'], 'a person asked for it');
    assert.deepEqual(await plannedIds(ledger), []);
  });
}
