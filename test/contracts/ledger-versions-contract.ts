import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ledger, type RecordTally, type StageResult, SUPERSEDED } from '../../src/ledger/ledger.ts';
import { begin, deliverAll, planned, stage } from '../support/ledger-scenes.ts';
import { type MessageWords, stagedMessage } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

const NOTHING: RecordTally = {
  ...{ new: 0, replaced: 0, unchanged: 0, duplicates: 0, conflicts: 0, skipped: 0, rejected: 0 },
};

/** Version `n` of message `a`, with a body of its own. */
function version(n: number | null, words: Partial<MessageWords> = {}) {
  return stagedMessage({ id: 'a', body: `version ${n}`, version: n, line: (n ?? 0) + 2, ...words });
}

async function keptItem(ledger: Ledger): Promise<string | undefined> {
  return (await planned(ledger))[0]?.messages[0]?.item.toString();
}

function counted({ tally, skips }: StageResult) {
  return { tally, superseded: skips.get(SUPERSEDED) ?? 0 };
}

export function versionsContract(openFresh: OpenFresh): void {
  test('a newer version replaces what is pending', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const result = await stage(ledger, run, [version(1), version(2)]);
    assert.deepEqual(counted(result), { tally: { ...NOTHING, new: 1, replaced: 1 }, superseded: 0 });
    assert.equal(await keptItem(ledger), version(2).itemJson);
  });

  test('a newer version replaces what failed, and it is pending again', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [version(1)]);
    await deliverAll(ledger, run, 'failed');
    assert.equal((await stage(ledger, await begin(ledger), [version(2)])).tally.replaced, 1);
    assert.equal((await ledger.counts()).pending, 1);
  });

  for (const late of [1, 2]) {
    test(`version ${late} after version 2 is skipped as superseded, in the same run and in a later one`, async (t) => {
      const ledger = await openFresh(t).open();
      await stage(ledger, await begin(ledger), [version(2)]);
      const other = version(late, { body: 'something else' });
      for (const _ of ['now', 'later']) {
        const result = await stage(ledger, await begin(ledger), [other]);
        assert.deepEqual(counted(result), { tally: { ...NOTHING, skipped: 1 }, superseded: 1 });
      }
      assert.equal(await keptItem(ledger), version(2).itemJson);
    });
  }

  test('the same content in a newer version is no news, and what lies between is superseded', async (t) => {
    const ledger = await openFresh(t).open();
    const records = [version(1), version(3, { body: 'version 1' }), version(2)];
    const result = await stage(ledger, await begin(ledger), records);
    assert.deepEqual(counted(result), {
      tally: { ...NOTHING, new: 1, duplicates: 1, skipped: 1 },
      superseded: 1,
    });
  });

  test('the same content in an older version changes nothing', async (t) => {
    const ledger = await openFresh(t).open();
    const records = [version(3), version(1, { body: 'version 3' }), version(2)];
    const result = await stage(ledger, await begin(ledger), records);
    assert.deepEqual(counted(result), {
      tally: { ...NOTHING, new: 1, duplicates: 1, skipped: 1 },
      superseded: 1,
    });
  });

  for (const state of ['accepted', 'unknown'] as const) {
    test(`a newer version of what is ${state} is a conflict; an older one is superseded`, async (t) => {
      const ledger = await openFresh(t).open();
      const run = await begin(ledger);
      await stage(ledger, run, [version(2)]);
      await deliverAll(ledger, run, state);
      const result = await stage(ledger, await begin(ledger), [version(3), version(1)]);
      assert.deepEqual(counted(result), {
        tally: { ...NOTHING, conflicts: 1, skipped: 1 },
        superseded: 1,
      });
    });
  }

  test('replace: a newer version of what was accepted is sent, and the versions before it do not come back', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [version(1)]);
    await deliverAll(ledger, run, 'accepted');
    await stage(ledger, run, [version(3)], 'replace');
    assert.equal(await keptItem(ledger), version(3).itemJson);
    await deliverAll(ledger, run, 'accepted');
    const again = await stage(ledger, await begin(ledger), [version(1), version(2), version(3)], 'replace');
    assert.deepEqual(counted(again), { tally: { ...NOTHING, unchanged: 1, skipped: 2 }, superseded: 2 });
    assert.deepEqual(await planned(ledger), []);
  });

  test('a conflict that a newer version has overtaken is one no longer', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(ledger, run, [version(1)]);
    await deliverAll(ledger, run, 'accepted');
    await stage(ledger, run, [version(2)]);
    await stage(ledger, run, [version(3)], 'replace');
    await stage(ledger, run, [version(2)]);
    assert.equal((await ledger.stateCounts()).conflict, 0);
  });

  test('a corrected mapping replaces the content of the same version; the record of an older one does not', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, await begin(ledger), [version(1), version(2)]);
    const remapped = [version(1, { mapping: '!' }), version(2, { mapping: '!' })];
    const result = await stage(ledger, await begin(ledger), remapped);
    assert.deepEqual(counted(result), { tally: { ...NOTHING, replaced: 1, skipped: 1 }, superseded: 1 });
    assert.equal(await keptItem(ledger), remapped[1]?.itemJson);
  });

  test('a corrected mapping also replaces what came once more in a newer version', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, await begin(ledger), [version(1), version(2, { body: 'version 1' })]);
    const remapped = version(2, { body: 'version 1', mapping: '!' });
    assert.equal((await stage(ledger, await begin(ledger), [remapped])).tally.replaced, 1);
  });

  test('a record corrected by a person replaces its own version, and not a newer one', async (t) => {
    const ledger = await openFresh(t).open();
    const origin = { file: 'export.csv', line: 4 };
    await stage(ledger, await begin(ledger), [version(2)]);
    const corrected = version(2, { body: 'corrected', origin });
    assert.equal((await stage(ledger, await begin(ledger), [corrected])).tally.replaced, 1);
    const late = version(1, { body: 'corrected too late', origin });
    assert.equal((await stage(ledger, await begin(ledger), [late])).tally.skipped, 1);
    assert.equal((await stage(ledger, await begin(ledger), [version(2)])).tally.skipped, 1);
    assert.equal(await keptItem(ledger), corrected.itemJson);
  });

  test('a message that came without a version is older than any', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, await begin(ledger), [version(null)]);
    assert.equal((await stage(ledger, await begin(ledger), [version(1)])).tally.replaced, 1);
  });

  test('a record without a version is held against nothing but content, as ever', async (t) => {
    const ledger = await openFresh(t).open();
    const result = await stage(ledger, await begin(ledger), [version(1), version(null)]);
    assert.deepEqual(counted(result), { tally: { ...NOTHING, new: 1, conflicts: 1 }, superseded: 0 });
  });

  test('any order and repetition of any versions, over any files and runs, ends with the newest pending', async (t) => {
    const delivery = fc.record({ id: fc.constantFrom('a', 'b'), version: fc.integer({ min: 1, max: 6 }) });
    const reading = fc.record({ deliveries: fc.array(delivery, { maxLength: 8 }), newRun: fc.boolean() });
    let streams = 0;
    const place = openFresh(t);
    // Content often comes back: of seven versions, some say the same.
    const bodyOf = (n: number) => `body ${n % 4}`;
    await fc.assert(
      fc.asyncProperty(fc.array(reading, { minLength: 1, maxLength: 6 }), async (readings) => {
        streams += 1;
        const ledger = await place.open({ stream: `stream-${streams}` });
        let run = await begin(ledger);
        let read = 0;
        let counts = 0;
        for (const { deliveries, newRun } of readings) {
          if (newRun) run = await begin(ledger);
          const records = deliveries.map(({ id, version: n }) =>
            stagedMessage({ id, body: bodyOf(n), note: `${n}`, version: n, customer: id }),
          );
          const { tally } = await stage(ledger, run, records);
          read += records.length;
          counts += Object.values(tally).reduce((sum, count) => sum + count, 0);
          assert.deepEqual([tally.conflicts, tally.rejected], [0, 0]);
        }
        assert.equal(counts, read, 'every record is counted once');
        const all = readings.flatMap(({ deliveries }) => deliveries);
        for (const { customerUuid: id, messages } of await planned(ledger)) {
          const newest = Math.max(...all.filter((one) => one.id === id).map((one) => one.version));
          const expected = stagedMessage({ id, body: bodyOf(newest), customer: id });
          assert.deepEqual(
            messages.map(({ item }) => item.toString()),
            [expected.itemJson],
          );
        }
        assert.equal((await ledger.counts()).pending, new Set(all.map(({ id }) => id)).size);
      }),
      { numRuns: 60 },
    );
  });
}
