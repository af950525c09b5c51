import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'better-sqlite3';
import type { InputId, Ledger, StageResult } from '../../src/ledger/ledger.ts';
import { createThreadedWriting } from '../../src/ledger/threaded-writing.ts';
import { createWritingLoad } from '../../src/ledger/writing-load.ts';
import { begin } from '../support/ledger-scenes.ts';
import { AT_ONCE, ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function beginInput(ledger: Ledger): Promise<InputId> {
  return ledger.beginInput({ run: await begin(ledger), name: 'export.csv', sizeBytes: null });
}

function stageAndWatch(ledger: Ledger, input: InputId): [WeakRef<object>, Promise<StageResult>] {
  const records = [stagedMessage({ id: 'a' })];
  return [new WeakRef(records), ledger.stage(input, records, 'reject')];
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

suite('writing in a thread', () => {
  test('calls that overlap take effect in their order, before and after the thread starts', async (t) => {
    const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
    const ledger = await place.open({ threadAfter: { messages: 10, ms: 0 } });
    const input = await beginInput(ledger);
    const calls = Array.from({ length: 30 }, (_, at) =>
      ledger.stage(input, [stagedMessage({ id: `m-${at >> 1}`, body: `${at}` })], 'replace'),
    );
    const tallies = (await Promise.all(calls)).map(({ tally }) => [tally.new, tally.conflicts]);
    assert.deepEqual(
      tallies,
      calls.map((_, at) => (at % 2 === 0 ? [1, 0] : [0, 1])),
    );
  });

  test('what a call does wrong is told to that call alone', async (t) => {
    const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
    const ledger = await place.open({ threadAfter: AT_ONCE });
    const input = await beginInput(ledger);
    const [wrong, right] = await Promise.allSettled([
      ledger.stage(input + 1_000, [stagedMessage({ id: 'a' })], 'reject'),
      ledger.stage(input, [stagedMessage({ id: 'b' })], 'reject'),
    ]);
    assert.equal(wrong.status, 'rejected');
    assert.equal(right.status, 'fulfilled');
    assert.equal((await ledger.counts()).pending, 1);
  });

  test('a ledger that the thread cannot open is told in the words for people', async (t) => {
    const path = join(temporaryDirectory(t), 'none.db');
    const context = { path, stream: 1, keepPayloads: 'always' } as const;
    const notHere = () => assert.fail('not on the spot');
    const onTheSpot = { stage: notHere, claim: notHere, settle: notHere, finish() {} };
    const writing = createThreadedWriting(context, onTheSpot, createWritingLoad(), AT_ONCE);
    for (const id of ['a', 'b']) {
      await assert.rejects(writing.stage(1, [stagedMessage({ id })], 'reject'), {
        kind: 'usage',
        code: 'LEDGER_MISSING',
      });
    }
    await writing.rest();
  });

  test('records that wait to be written are held by nobody', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const ledger = await ledgerPlace(t, path).open({ threadAfter: AT_ONCE });
    const input = await beginInput(ledger);
    const other = new Database(path);
    t.after(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const [records, written] = stageAndWatch(ledger, input);
    await setImmediate();
    collectGarbage();
    assert.equal(records.deref(), undefined);
    other.exec('COMMIT');
    assert.equal((await written).tally.new, 1);
  });

  test('a rest waits for what is being staged, and staging goes on after it', async (t) => {
    const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
    const ledger = await place.open({ threadAfter: AT_ONCE });
    const input = await beginInput(ledger);
    const unfinished = ledger.stage(input, [stagedMessage({ id: 'a' })], 'reject');
    const everything = { limit: null, queuedBy: null, resendUnknown: true, maxAutomaticResends: 5 };
    const plan = await ledger.planDelivery(everything);
    assert.equal(plan.messageCount, 1);
    plan.close();
    await unfinished;
    await ledger.stage(input, [stagedMessage({ id: 'b' })], 'reject');
    assert.equal((await ledger.counts()).pending, 2);
  });
});
