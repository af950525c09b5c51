import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  begin,
  deliverAll,
  EVERYTHING,
  planned,
  plannedIds,
  rows,
  settlement,
  stage,
} from '../support/ledger-scenes.ts';
import { stagedMessage } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

export function deliveryContract(openFresh: OpenFresh): void {
  test('messages come by customer of a department, in the order of their time, whatever order they were staged in', async (t) => {
    const ledger = await openFresh(t).open();
    const words = [
      { id: 'x3', customer: 'x', sentAtUtcMs: 3 },
      { id: 'y1', customer: 'y', sentAtUtcMs: 1 },
      { id: 'x1', customer: 'x', sentAtUtcMs: 1 },
      { id: 'x2', customer: 'x', sentAtUtcMs: 2 },
      { id: 'other', customer: 'x', department: 'department-2' },
    ];
    await stage(ledger, await begin(ledger), words.map(stagedMessage));
    const conversations = await planned(ledger);
    const told = conversations.map(({ departmentUuid, customerUuid, messages }) => [
      ...[departmentUuid, customerUuid],
      messages.map(({ sourceUuid }) => sourceUuid).join(),
    ]);
    assert.deepEqual(told, [
      ['department-1', 'x', 'x1,x2,x3'],
      ['department-1', 'y', 'y1'],
      ['department-2', 'x', 'other'],
    ]);
  });

  test('a plan counts what it hands out, and a limit bounds it', async (t) => {
    const ledger = await openFresh(t).open();
    const words = ['a', 'b', 'c', 'd', 'e'].map((id, index) => ({ id, customer: `c${index % 2}` }));
    await stage(ledger, await begin(ledger), words.map(stagedMessage));
    for (const [limit, messages] of [
      [null, 5],
      [4, 4],
      [0, 0],
    ] as const) {
      const plan = await ledger.planDelivery({ ...EVERYTHING, limit });
      assert.equal(plan.messageCount, messages);
      plan.close();
      assert.equal((await plannedIds(ledger, { limit })).length, messages);
    }
  });

  test('a batch is bounded by messages and by bytes, and holds at least one message while any is left', async (t) => {
    const ledger = await openFresh(t).open();
    const messages = ['a', 'b', 'c', 'd', 'e'].map((id) => stagedMessage({ id }));
    await stage(ledger, await begin(ledger), messages);
    const plan = await ledger.planDelivery(EVERYTHING);
    const conversation = await plan.nextConversation();
    assert.ok(conversation);
    assert.equal(conversation.messageCount, 5);
    const itemBytes = Buffer.byteLength(messages[0]?.itemJson ?? '');
    const next = async (...bounds: [number, number, number]) =>
      (await conversation.next(...bounds)).map(({ sourceUuid }) => sourceUuid);
    assert.deepEqual(await next(10, 2 * (itemBytes + 7), 7), ['a', 'b'], 'exactly as many as fit');
    assert.deepEqual(await next(10, 2 * (itemBytes + 7) - 1, 7), ['c']);
    assert.deepEqual(await next(10, 1, 7), ['d'], 'too large by itself');
    assert.deepEqual(await next(1, 1_000, 7), ['e']);
    assert.deepEqual(await next(10, 1_000, 7), []);
    assert.equal(await plan.nextConversation(), null);
    plan.close();
  });

  test('what is skipped is what would have come next', async (t) => {
    const ledger = await openFresh(t).open();
    const conversations = ['x', 'y'].flatMap((customer) =>
      ['a', 'b', 'c', 'd', 'e'].map((id) => stagedMessage({ id: `${customer}-${id}`, customer })),
    );
    await stage(ledger, await begin(ledger), conversations);
    const plan = await ledger.planDelivery(EVERYTHING);
    for (let left = await plan.nextConversation(); left !== null; left = await plan.nextConversation()) {
      assert.equal(await left.skip(2, 100_000, 0), 2);
      const [third, ...others] = await left.next(1, 100_000, 0);
      assert.deepEqual([third?.sourceUuid, others], [`${left.customerUuid}-c`, []]);
      assert.equal(await left.skip(10, 1, 0), 1, 'one at least');
      assert.deepEqual([await left.skip(10, 100_000, 0), await left.skip(10, 100_000, 0)], [1, 0]);
      assert.deepEqual(await left.next(10, 100_000, 0), []);
    }
    plan.close();
  });

  test('items are handed out byte for byte, each with its message, whatever order they were staged in', async (t) => {
    const ledger = await openFresh(t).open();
    const bodies = ['third', 'caf\u00e9 \u{1F600}\u200e "quoted"\r\n\u0000 end\ud800', '', 'x'.repeat(500)];
    const messages = [3, 1, 2, 0].map((sentAtUtcMs, index) =>
      stagedMessage({ id: `m${sentAtUtcMs}`, body: bodies[index] as string, sentAtUtcMs }),
    );
    await stage(ledger, await begin(ledger), messages);
    const [conversation] = await planned(ledger);
    const inTime = messages.toSorted((a, b) => a.sentAtUtcMs - b.sentAtUtcMs);
    assert.deepEqual(
      conversation?.messages.map(({ sourceUuid, item }) => [sourceUuid, item]),
      inTime.map(({ sourceUuid, itemJson }) => [sourceUuid, Buffer.from(itemJson, 'utf8')]),
    );
    const kept = await rows(ledger.export('pending'));
    assert.deepEqual(
      new Map(kept.map(({ sourceUuid, recordJson }) => [sourceUuid, recordJson])),
      new Map(messages.map(({ sourceUuid, recordJson }) => [sourceUuid, recordJson])),
    );
  });

  test('many workers draw from one plan, each conversation once', async (t) => {
    const ledger = await openFresh(t).open();
    const customers = Array.from({ length: 50 }, (_, index) => `c${index}`);
    await stage(
      ledger,
      await begin(ledger),
      customers.map((customer) => stagedMessage({ id: customer, customer })),
    );
    const plan = await ledger.planDelivery(EVERYTHING);
    assert.equal(plan.conversationCount, 50);
    const drawn: string[] = [];
    const work = async () => {
      for (let next = await plan.nextConversation(); next !== null; next = await plan.nextConversation()) {
        drawn.push(next.customerUuid);
      }
    };
    await Promise.all([work(), work(), work()]);
    plan.close();
    assert.deepEqual(drawn.toSorted(), customers.toSorted());
  });

  test('however long one rests between them, conversations come once and in order, with all of their messages', async (t) => {
    const ledger = await openFresh(t).open();
    const words = Array.from({ length: 90 }, (_, index) => ({ id: `m${index}`, customer: `c${index % 30}` }));
    await stage(ledger, await begin(ledger), words.map(stagedMessage));
    const inOneGo = await planned(ledger);
    const plan = await ledger.planDelivery(EVERYTHING);
    for (const [index, { customerUuid, messages }] of inOneGo.entries()) {
      const conversation = await plan.nextConversation();
      assert.equal(conversation?.customerUuid, customerUuid);
      // Meanwhile others are read, within the bounds before.
      await sleep(index % 4);
      const bounds: [number, number, number] = [index < 20 ? 3 : 2, 1_000_000, 1];
      const first = await conversation.next(...bounds);
      assert.equal(first.length, bounds[0]);
      assert.deepEqual([...first, ...(await conversation.next(...bounds))], messages);
    }
    assert.equal(await plan.nextConversation(), null);
    await sleep(5);
    assert.equal(await plan.nextConversation(), null);
    plan.close();
  });

  test('a plan is a snapshot: later rows wait, and what somebody decided meanwhile is not handed out', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b' })]);
    await deliverAll(ledger, run, 'unknown');
    const plan = await ledger.planDelivery(EVERYTHING);
    await stage(ledger, run, [stagedMessage({ id: 'c' })]);
    await ledger.resolve({ sourceUuids: ['a'] }, 'accepted');
    const conversation = await plan.nextConversation();
    const batch = await conversation?.next(10, 10_000, 1);
    assert.deepEqual(
      batch?.map(({ sourceUuid }) => sourceUuid),
      ['b'],
    );
    plan.close();
  });

  test('failed messages are not planned; unknown ones only where resending is allowed', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(
      ledger,
      run,
      ['a', 'b', 'c'].map((id) => stagedMessage({ id })),
    );
    const outcomes = { a: 'failed', b: 'unknown', c: 'released' } as const;
    await deliverAll(ledger, run, ({ id, sourceUuid }) =>
      settlement(id, outcomes[sourceUuid as keyof typeof outcomes]),
    );
    assert.deepEqual(await plannedIds(ledger), ['b', 'c']);
    assert.deepEqual(await plannedIds(ledger, { resendUnknown: false }), ['c']);
    assert.deepEqual(await plannedIds(ledger, { maxAutomaticResends: 0 }), ['c']);
  });
}
