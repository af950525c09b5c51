import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { STATE } from '../../src/ledger/context.ts';
import { checkLedger } from '../../src/ledger/maintenance.ts';
import { begin, deliverAll, plannedIds, stage } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const STATES = ['failed', 'missing'] as const;

/** A message that was accepted, lost its payload, and turned out otherwise: what evidence will do. */
async function turnedOut(t: TestContext, state: (typeof STATES)[number]) {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const ledger = await ledgerPlace(t, path).open();
  const run = await begin(ledger);
  await stage(ledger, run, [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b' })]);
  await deliverAll(ledger, run, 'accepted');
  const db = new Database(path);
  db.prepare('UPDATE message SET state = ?').run(STATE[state]);
  db.close();
  return { ledger, path };
}

for (const state of STATES) {
  test(`what is ${state} and has no payload cannot be queued until it is read again`, async (t) => {
    const { ledger, path } = await turnedOut(t, state);
    const dropped = await ledger.requeue({ states: [state] }, await begin(ledger));
    assert.deepEqual(dropped, { requeued: 0, payloadDropped: 2 });
    const run = await begin(ledger);
    const { tally } = await stage(ledger, run, [stagedMessage({ id: 'a' })]);
    assert.equal(tally.unchanged, 1);
    assert.deepEqual(await ledger.requeue({ states: [state] }, run), { requeued: 1, payloadDropped: 1 });
    assert.deepEqual(await plannedIds(ledger), ['a']);
    assert.deepEqual(await checkLedger(path), []);
  });
}

test('a missing message counts as accepted until it is queued again', async (t) => {
  const { ledger } = await turnedOut(t, 'missing');
  assert.deepEqual(await ledger.counts(), { accepted: 2, failed: 0, unknown: 0, pending: 0 });
  assert.equal((await ledger.stateCounts()).missing, 2);
});
