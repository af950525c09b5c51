/** What staging owes people who were erased, whatever the ledger is made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERASED, type Ledger, type StagedRecord, type StageResult } from '../../src/ledger/ledger.ts';
import { begin, deliverAll, plannedIds, rows, stage } from '../support/ledger-scenes.ts';
import { stagedMessage, stagedReject } from '../support/staged-records.ts';
import type { LedgerPlace, OpenFresh } from './ledger-contract.ts';

export interface ErasablePlace extends LedgerPlace {
  /** Erases people from every stream. No ledger that is open meanwhile is being written. */
  erase(customerUuids: readonly string[]): Promise<void>;
}

const THEM = 'them';
const theirs = (id: string) => stagedMessage({ id, customer: THEM });
const others = (id: string) => stagedMessage({ id, customer: 'other' });

async function staged(ledger: Ledger, records: readonly StagedRecord[]): Promise<StageResult> {
  return stage(ledger, await begin(ledger), records);
}

export function erasureContract(openFresh: (...test: Parameters<OpenFresh>) => ErasablePlace): void {
  test('records of an erased customer are skipped as erased, in every stream and department; all others are not', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open();
    await staged(ledger, [theirs('a'), others('b')]);
    await ledger.close();
    await place.erase([THEM]);
    for (const stream of ['test-stream', 'another']) {
      const again = await place.open({ stream });
      const records = [
        theirs('a'),
        theirs('new'),
        stagedMessage({ id: 'c', customer: THEM, department: 'd' }),
      ];
      const { tally, erased, skips } = await staged(again, [...records, others('b'), others('d')]);
      assert.deepEqual([erased, tally.skipped, skips.get(ERASED)], [3, 3, 3]);
      assert.equal(tally.new + tally.unchanged, 2);
      assert.deepEqual(await plannedIds(again), ['b', 'd']);
    }
  });

  test('a ledger that was open while they were erased skips them, too', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open();
    await staged(ledger, [theirs('a'), others('b')]);
    await place.erase([THEM]);
    assert.equal((await staged(ledger, [theirs('c'), others('d')])).erased, 1);
    await place.erase(['other']);
    assert.equal((await staged(ledger, [theirs('c'), others('d'), stagedMessage({ id: 'e' })])).erased, 2);
    assert.deepEqual(await plannedIds(ledger), ['e']);
  });

  for (const state of ['pending', 'accepted', 'failed', 'unknown'] as const) {
    test(`what of theirs was ${state} is in no count, no export and no delivery any more`, async (t) => {
      const place = openFresh(t);
      const ledger = await place.open({ keepPayloads: 'always' });
      await staged(ledger, [theirs('a'), others('b')]);
      if (state !== 'pending') await deliverAll(ledger, await begin(ledger), state);
      await place.erase([THEM]);
      const counts = await ledger.counts();
      assert.deepEqual(counts, { accepted: 0, failed: 0, unknown: 0, pending: 0, [state]: 1 });
      assert.deepEqual(
        (await rows(ledger.export(state))).map(({ sourceUuid }) => sourceUuid),
        ['b'],
      );
      assert.deepEqual(await plannedIds(ledger), state === 'pending' || state === 'unknown' ? ['b'] : []);
    });
  }

  test('rejects of theirs are erased and skipped when they come again; where nobody could tell, they are rejects as any', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open();
    const told = { ...stagedReject({ record: { phone: '1' } }), customerUuid: THEM };
    const naming = stagedReject({ record: { who: `customer-of-${'0'.repeat(9)}` } });
    const unknown = stagedReject({ record: { phone: '2' } });
    await staged(ledger, [told, unknown, naming]);
    assert.equal((await rows(ledger.export('rejected')))[0]?.customerUuid, THEM);
    await place.erase([THEM, naming.recordJson.slice(8, -2)]);
    assert.equal(await ledger.openRejects(), 1);
    const { tally, erased } = await staged(ledger, [told, unknown]);
    assert.deepEqual([erased, tally.rejected], [1, 1]);
    assert.equal(await ledger.openRejects(), 1);
  });

  test('a reject that turns out to be theirs later is erased', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open({ keepPayloads: 'always' });
    const message = theirs('a');
    const reject = stagedReject({ record: JSON.parse(message.recordJson) });
    await place.erase([THEM]);
    await staged(ledger, [reject]);
    assert.equal(await ledger.openRejects(), 1);
    assert.equal((await staged(ledger, [message])).erased, 1);
    assert.equal(await ledger.openRejects(), 0);
    assert.equal((await staged(ledger, [reject])).tally.rejected, 1, 'nothing remembers it');
  });

  test('a conflict that is theirs goes with them; the message of somebody else that it met stays', async (t) => {
    const place = openFresh(t);
    const ledger = await place.open();
    await staged(ledger, [others('a')]);
    const came = stagedMessage({ id: 'a', customer: THEM, note: 'another record' });
    await staged(ledger, [came]);
    assert.equal((await ledger.stateCounts()).conflict, 1);
    await place.erase([THEM]);
    assert.deepEqual(await ledger.stateCounts().then(({ conflict, pending }) => [conflict, pending]), [0, 1]);
    const { tally, erased } = await staged(ledger, [came]);
    assert.deepEqual([erased, tally.conflicts], [1, 0]);
  });
}
