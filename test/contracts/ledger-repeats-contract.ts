import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import type { StagedMessage } from '../../src/ledger/ledger.ts';
import { begin, deliverAll, plannedIds, rows, stage } from '../support/ledger-scenes.ts';
import { type MessageWords, stagedMessage } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

const ERROR = { field: 'body', code: 'DUPLICATE_TEXT', message: 'is sent already', fix: 'Dismiss it.' };

/** A message whose text must not repeat. */
function once(words: MessageWords): StagedMessage {
  const message = stagedMessage(words);
  const text = JSON.stringify([message.customerUuid, words.body ?? 'Hello']);
  return { ...message, once: { textHash: hash('sha256', text, 'buffer').subarray(0, 16), error: ERROR } };
}

export function repeatsContract(openFresh: OpenFresh): void {
  test('the same text to the same customer is refused while the other one waits, under its own identity', async (t) => {
    const ledger = await openFresh(t).open();
    const { tally } = await stage(ledger, await begin(ledger), [
      once({ id: 'a' }),
      once({ id: 'b', line: 3 }),
      once({ id: 'c', line: 4, body: 'Other words' }),
      once({ id: 'd', line: 5, customer: 'customer-2' }),
    ]);
    assert.deepEqual([tally.new, tally.rejected], [3, 1]);
    assert.deepEqual((await plannedIds(ledger)).sort(), ['a', 'c', 'd']);
    const [reject] = await rows(ledger.export('rejected'));
    assert.deepEqual([reject?.sourceUuid, reject?.code, reject?.line], ['b', 'DUPLICATE_TEXT', 3]);
  });

  test('where texts may repeat, they do', async (t) => {
    const ledger = await openFresh(t).open();
    const { tally } = await stage(ledger, await begin(ledger), [
      stagedMessage({ id: 'a' }),
      stagedMessage({ id: 'b' }),
    ]);
    assert.equal(tally.new, 2);
  });

  test('read again before or after the first was sent, a refused repeat stays refused, and the first what it is', async (t) => {
    const ledger = await openFresh(t).open();
    const records = [once({ id: 'a' }), once({ id: 'b', line: 3 })];
    await stage(ledger, await begin(ledger), records);
    for (const _ of ['before', 'after', 'later']) {
      const run = await begin(ledger);
      const { tally } = await stage(ledger, run, records);
      assert.deepEqual([tally.unchanged, tally.rejected], [1, 1]);
      assert.equal(await ledger.openRejects(), 1);
      await deliverAll(ledger, run, 'accepted');
    }
    assert.equal((await ledger.counts()).accepted, 1);
  });

  test('equal records, one of which is refused, keep their own fates', async (t) => {
    const ledger = await openFresh(t).open();
    // As with hashed identities: the records are the same to the byte.
    const equal = (id: string, line: number) => ({ ...once({ id: 'x', line }), sourceUuid: id });
    const records = [equal('x-0', 2), equal('x-1', 3)];
    for (const _ of [1, 2]) {
      const run = await begin(ledger);
      await stage(ledger, run, records);
      await deliverAll(ledger, run, 'accepted');
    }
    assert.equal((await ledger.counts()).accepted, 1);
    assert.equal(await ledger.openRejects(), 1);
  });

  test('the same text goes again by a later run, under another identity', async (t) => {
    const ledger = await openFresh(t).open();
    for (const id of ['monday', 'tuesday']) {
      const run = await begin(ledger);
      await stage(ledger, run, [once({ id })]);
      assert.deepEqual(await deliverAll(ledger, run, 'accepted'), [id]);
    }
  });

  test('a text that waits because somebody asked for it counts; a failed or unknown one does not', async (t) => {
    const ledger = await openFresh(t).open();
    const first = await begin(ledger);
    await stage(ledger, first, [once({ id: 'a' })]);
    await deliverAll(ledger, first, 'unknown');
    const { tally } = await stage(ledger, await begin(ledger), [once({ id: 'b', line: 3 })]);
    assert.equal(tally.new, 1);
    const second = await begin(ledger);
    await deliverAll(ledger, second, 'failed', { resendUnknown: false });
    await ledger.resolve({ sourceUuids: ['a'] }, 'resend');
    const later = await stage(ledger, await begin(ledger), [once({ id: 'c', line: 4 })]);
    assert.equal(later.tally.rejected, 1);
  });

  test('a refused repeat that is fed back is sent once nothing else is in its way, and closed', async (t) => {
    const ledger = await openFresh(t).open();
    const origin = { file: 'export.csv', line: 3 };
    const first = await begin(ledger);
    await stage(ledger, first, [once({ id: 'a' }), once({ id: 'b', line: 3 })]);
    const fedBack = { ...once({ id: 'b', line: 2 }), origin };
    const tooEarly = await stage(ledger, await begin(ledger), [fedBack]);
    assert.deepEqual([tooEarly.tally.rejected, await ledger.openRejects()], [1, 1]);
    await deliverAll(ledger, await begin(ledger), 'accepted');
    const run = await begin(ledger);
    const { tally } = await stage(ledger, run, [fedBack]);
    assert.deepEqual([tally.new, await ledger.openRejects()], [1, 0]);
    assert.deepEqual(await deliverAll(ledger, run, 'accepted'), ['b']);
  });

  test('a dismissed repeat stays dismissed, and unsent', async (t) => {
    const ledger = await openFresh(t).open();
    const records = [once({ id: 'a' }), once({ id: 'b', line: 3 })];
    const run = await begin(ledger);
    await stage(ledger, run, records);
    await deliverAll(ledger, run, 'accepted');
    assert.equal(await ledger.dismissRejects({ ids: ['b'] }), 1);
    await stage(ledger, await begin(ledger), records);
    assert.deepEqual([await plannedIds(ledger), await ledger.openRejects()], [[], 0]);
  });

  test('once texts may repeat, what was refused is sent and its reject closed', async (t) => {
    const ledger = await openFresh(t).open();
    const records = [once({ id: 'a' }), once({ id: 'b', line: 3 })];
    await stage(ledger, await begin(ledger), records);
    const allowed = records.map(({ once: _, ...message }) => message);
    const { tally } = await stage(ledger, await begin(ledger), allowed);
    assert.deepEqual([tally.new, tally.unchanged, await ledger.openRejects()], [1, 1, 0]);
  });
}
