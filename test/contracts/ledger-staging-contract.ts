import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger, RecordTally } from '../../src/ledger/ledger.ts';
import {
  begin,
  deliverAll,
  planned,
  plannedIds,
  read,
  rows,
  settlement,
  stage,
} from '../support/ledger-scenes.ts';
import { stagedMessage, stagedSkip } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

const NOTHING: RecordTally = {
  ...{ new: 0, replaced: 0, unchanged: 0, duplicates: 0, conflicts: 0, skipped: 0, rejected: 0 },
};

/** One message, brought into a state by one run. */
async function messageThatIs(ledger: Ledger, state: 'pending' | 'failed' | 'accepted' | 'unknown') {
  const run = await begin(ledger);
  await stage(ledger, run, [stagedMessage({ id: 'a' })]);
  if (state !== 'pending') await deliverAll(ledger, run, state);
}

export function stagingContract(openFresh: OpenFresh): void {
  test('a record of a new identity is new, and is pending', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const { tally, skips } = await stage(ledger, run, [
      stagedMessage({ id: 'a' }),
      stagedSkip({ record: { x: 1 } }),
    ]);
    assert.deepEqual(tally, { ...NOTHING, new: 1, skipped: 1 });
    assert.deepEqual([...skips], [['never delivered', 1]]);
    assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: 0, pending: 1 });
  });

  test('the same content again is a duplicate within a run and unchanged in a later one, and is sent once', async (t) => {
    const ledger = await openFresh(t).open();
    const first = await begin(ledger);
    const twice = [stagedMessage({ id: 'a' }), stagedMessage({ id: 'a', line: 3, note: 'another record' })];
    assert.deepEqual((await stage(ledger, first, twice)).tally, { ...NOTHING, new: 1, duplicates: 1 });
    assert.deepEqual((await stage(ledger, first, twice)).tally, { ...NOTHING, duplicates: 2 });
    const second = await begin(ledger);
    assert.deepEqual((await stage(ledger, second, twice)).tally, { ...NOTHING, unchanged: 2 });
    assert.deepEqual(await plannedIds(ledger), ['a']);
  });

  test('identity is the sourceUuid, byte for byte', async (t) => {
    const ledger = await openFresh(t).open();
    const ids = ['a', 'A', 'a ', 'ä', 'a\u0308'];
    const { tally } = await stage(
      ledger,
      await begin(ledger),
      ids.map((id) => stagedMessage({ id })),
    );
    assert.equal(tally.new, ids.length);
  });

  for (const state of ['pending', 'failed'] as const) {
    test(`a corrected mapping replaces the content of a ${state} message`, async (t) => {
      const ledger = await openFresh(t).open();
      await messageThatIs(ledger, state);
      const corrected = stagedMessage({ id: 'a', mapping: '!', customer: 'customer-2' });
      const { tally } = await stage(ledger, await begin(ledger), [corrected]);
      assert.deepEqual(tally, { ...NOTHING, replaced: 1 });
      const [conversation] = await planned(ledger);
      assert.equal(conversation?.customerUuid, 'customer-2');
      assert.equal(conversation?.messages[0]?.item.toString(), corrected.itemJson);
    });

    test(`a corrected record from an export file replaces the content of a ${state} message`, async (t) => {
      const ledger = await openFresh(t).open();
      await messageThatIs(ledger, state);
      const corrected = stagedMessage({ id: 'a', body: 'Hi', origin: { file: 'export.csv', line: 2 } });
      const run = await begin(ledger);
      assert.deepEqual((await stage(ledger, run, [corrected])).tally, { ...NOTHING, replaced: 1 });
      assert.equal((await planned(ledger))[0]?.messages[0]?.item.toString(), corrected.itemJson);
      assert.deepEqual((await stage(ledger, run, [corrected])).tally, { ...NOTHING, duplicates: 1 });
      const original = await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a' })]);
      assert.deepEqual(
        original.tally,
        { ...NOTHING, unchanged: 1 },
        'the uncorrected record is an old acquaintance',
      );
    });
  }

  for (const state of ['accepted', 'unknown'] as const) {
    test(`a corrected mapping leaves a message that is ${state} as it is, and says so`, async (t) => {
      const ledger = await openFresh(t).open();
      await messageThatIs(ledger, state);
      const result = await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a', mapping: '!' })]);
      assert.deepEqual(result.tally, { ...NOTHING, unchanged: 1 });
      assert.equal(result.remappedAfterSend, 1);
      if (state === 'unknown') {
        assert.equal(
          (await planned(ledger))[0]?.messages[0]?.item.toString(),
          stagedMessage({ id: 'a' }).itemJson,
        );
      }
    });

    test(`an export file cannot replace what is ${state}: a conflict`, async (t) => {
      const ledger = await openFresh(t).open();
      await messageThatIs(ledger, state);
      const corrected = stagedMessage({ id: 'a', body: 'Hi', origin: { file: 'export.csv', line: 2 } });
      assert.deepEqual((await stage(ledger, await begin(ledger), [corrected])).tally, {
        ...NOTHING,
        conflicts: 1,
      });
    });
  }

  for (const onConflict of ['reject', 'keep-first'] as const) {
    test(`${onConflict}: another record of the same identity is a conflict, told with both positions, kept once`, async (t) => {
      const ledger = await openFresh(t).open();
      const run = await begin(ledger);
      await stage(ledger, run, [stagedMessage({ id: 'a', line: 2 })], onConflict);
      const other = stagedMessage({ id: 'a', body: 'Hi', line: 9 });
      for (const _ of [1, 2]) {
        const { tally, conflicts } = await stage(ledger, run, [other], onConflict);
        assert.deepEqual(tally, { ...NOTHING, conflicts: 1 });
        assert.deepEqual(conflicts, [
          { sourceUuid: 'a', kept: { file: 'export.csv', line: 2 }, came: other.position },
        ]);
      }
      assert.equal(
        (await planned(ledger))[0]?.messages[0]?.item.toString(),
        stagedMessage({ id: 'a' }).itemJson,
      );
      assert.equal((await ledger.stateCounts()).conflict, 1);
      const [row] = await rows(ledger.export('conflict'));
      assert.deepEqual([row?.recordJson, row?.line, row?.code], [other.recordJson, 9, 'CONFLICT']);
    });
  }

  for (const state of ['pending', 'failed', 'accepted'] as const) {
    test(`replace: the later content of a message that is ${state} is sent, and the earlier one does not come back`, async (t) => {
      const ledger = await openFresh(t).open();
      await messageThatIs(ledger, state);
      const later = stagedMessage({ id: 'a', body: 'Hi', line: 9 });
      const run = await begin(ledger);
      const { tally, conflicts } = await stage(ledger, run, [later], 'replace');
      assert.deepEqual([tally, conflicts.length], [{ ...NOTHING, conflicts: 1 }, 1]);
      assert.equal((await planned(ledger))[0]?.messages[0]?.item.toString(), later.itemJson);
      assert.equal((await ledger.stateCounts()).pending, 1);
      await deliverAll(ledger, run, 'accepted');
      const both = [stagedMessage({ id: 'a' }), later];
      const again = await stage(ledger, await begin(ledger), both, 'replace');
      assert.deepEqual(again.tally, { ...NOTHING, unchanged: 2 });
      assert.deepEqual(await plannedIds(ledger), []);
    });
  }

  test('replace: what was ever ambiguous stays unknown, and the later content is queued', async (t) => {
    const ledger = await openFresh(t).open();
    await messageThatIs(ledger, 'unknown');
    const later = stagedMessage({ id: 'a', body: 'Hi' });
    await stage(ledger, await begin(ledger), [later], 'replace');
    assert.equal((await ledger.counts()).unknown, 1);
    assert.equal(
      (await planned(ledger, { resendUnknown: false }))[0]?.messages[0]?.item.toString(),
      later.itemJson,
    );
  });

  test('what was accepted gets no payload back by being read again', async (t) => {
    const ledger = await openFresh(t).open();
    await messageThatIs(ledger, 'accepted');
    await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a' })]);
    assert.equal((await rows(ledger.export('accepted')))[0]?.recordJson, null);
  });

  test('all of a call is kept or none of it', async (t) => {
    const ledger = await openFresh(t).open();
    const input = await read(ledger, await begin(ledger));
    const impossible = {
      ...stagedMessage({ id: 'b', customer: 'customer-2' }),
      itemJson: null as unknown as string,
      type: null,
    };
    await assert.rejects(ledger.stage(input, [stagedMessage({ id: 'a' }), impossible], 'reject'));
    assert.equal((await ledger.counts()).pending, 0);
    const { tally } = await ledger.stage(
      input,
      [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b', customer: 'customer-2' })],
      'reject',
    );
    assert.equal(tally.new, 2, 'nothing remembered of what was rolled back');
    assert.equal((await planned(ledger)).length, 2);
  });

  test('streams of one ledger know nothing of each other', async (t) => {
    const place = openFresh(t);
    const [one, two] = [await place.open({ stream: 'one' }), await place.open({ stream: 'two' })];
    await stage(one, await begin(one), [stagedMessage({ id: 'a' })]);
    const run = await begin(two);
    assert.equal((await stage(two, run, [stagedMessage({ id: 'a', body: 'Hi' })])).tally.new, 1);
    await deliverAll(two, run, 'accepted');
    assert.deepEqual(await one.counts(), { accepted: 0, failed: 0, unknown: 0, pending: 1 });
  });

  test('a fingerprint vouches for an input only when it was read to its end, and until its name is read anew', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const first = await read(ledger, run, 'a.csv');
    assert.equal(await ledger.hasCompleteInput('f1'), false);
    await ledger.endInput(first, { status: 'complete', fingerprint: 'f1', records: 3 });
    assert.equal(await ledger.hasCompleteInput('f1'), true);
    await read(ledger, run, 'b.csv');
    assert.equal(await ledger.hasCompleteInput('f1'), true);
    const again = await read(ledger, run, 'a.csv');
    assert.equal(await ledger.hasCompleteInput('f1'), false);
    await ledger.endInput(again, { status: 'damaged', fingerprint: null, records: 1 });
    assert.equal(await ledger.hasCompleteInput('f1'), false);
  });

  test('a message whose identity was taken keeps its place: conversation order is by time, then staging order', async (t) => {
    const ledger = await openFresh(t).open();
    const messages = ['c', 'a', 'b'].map((id) => stagedMessage({ id, sentAtUtcMs: 5 }));
    await stage(ledger, await begin(ledger), [...messages, stagedMessage({ id: 'z', sentAtUtcMs: -4 })]);
    assert.deepEqual(await plannedIds(ledger), ['z', 'c', 'a', 'b']);
  });

  test('what the API said of a message goes when its content is replaced', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [stagedMessage({ id: 'a' })]);
    await deliverAll(ledger, run, ({ id }) =>
      settlement(id, 'failed', { code: 'E1', error: 'no', warnings: 'w' }),
    );
    await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a', mapping: '!' })]);
    const [row] = await rows(ledger.export('pending'));
    assert.deepEqual([row?.code, row?.error], [null, null]);
  });
}
