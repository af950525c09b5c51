import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'better-sqlite3';
import type { InputId, Ledger, StageResult } from '../../src/ledger/ledger.ts';
import { createThreadedWriting } from '../../src/ledger/threaded-writing.ts';
import { createWritingLoad } from '../../src/ledger/writing-load.ts';
import { begin } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function beginInput(ledger: Ledger): Promise<InputId> {
  return ledger.beginInput({ run: await begin(ledger), name: 'export.csv', sizeBytes: null });
}

function stageAndWatch(ledger: Ledger, input: InputId): [WeakRef<object>, Promise<StageResult>] {
  const records = [stagedMessage({ id: 'a' })];
  return [new WeakRef(records), ledger.stage(input, records, 'reject')];
}

function countingCalls() {
  let calls = 0;
  const count = () => {
    calls += 1;
    return Promise.resolve(null as never);
  };
  return { stage: count, claim: count, settle: count, finish() {}, calls: () => calls };
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
    const ledger = await place.open({ threadAfter: 'at once' });
    const input = await beginInput(ledger);
    const [wrong, right] = await Promise.allSettled([
      ledger.stage(input + 1_000, [stagedMessage({ id: 'a' })], 'reject'),
      ledger.stage(input, [stagedMessage({ id: 'b' })], 'reject'),
    ]);
    assert.equal(wrong.status, 'rejected');
    assert.equal(right.status, 'fulfilled');
    assert.equal((await ledger.counts()).pending, 1);
  });

  test('where it cannot start, all is written on the spot, and it is not started again', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const context = { path, stream: 1, keepPayloads: 'always' } as const;
    const onTheSpot = countingCalls();
    const writing = createThreadedWriting(context, onTheSpot, createWritingLoad(), { messages: 1, ms: 0 });
    const stage = () => writing.stage(1, [stagedMessage({ id: 'a' })], 'reject');
    await stage();
    await stage(); // There is no such file: the thread ends without having been ready.
    await setTimeout(500);
    await stage();
    await (await ledgerPlace(t, path).open()).close();
    await writing.rest();
    await stage();
    await stage();
    await setTimeout(500);
    await stage();
    assert.equal(onTheSpot.calls(), 6);
    await writing.rest();
  });

  test('a rest that comes while it starts is over once it has ended', async (t) => {
    const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
    const ledger = await place.open({ threadAfter: { messages: 0, ms: 0 } });
    const input = await beginInput(ledger);
    await ledger.stage(input, [stagedMessage({ id: 'a' })], 'reject');
    await ledger.close();
  });

  test('records that wait to be written are held by nobody', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const ledger = await ledgerPlace(t, path).open({ threadAfter: 'at once' });
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
    const ledger = await place.open({ threadAfter: 'at once' });
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
