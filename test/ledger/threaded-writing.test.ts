import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'better-sqlite3';
import type { InputId, Ledger, StageResult } from '../../src/ledger/ledger.ts';
import { createThreadedWriting, type Writing } from '../../src/ledger/threaded-writing.ts';
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

/** Writing on the spot, by a ledger that does nothing else, and how often it was asked. */
function counted(ledger: Ledger | null) {
  let calls = 0;
  const count = <Method extends keyof Writing>(method: Method) =>
    ((...args: never[]) => {
      calls += 1;
      return (ledger?.[method] as ((...args: never[]) => unknown) | undefined)?.(...args);
    }) as unknown as Writing[Method];
  const methods = { stage: count('stage'), claim: count('claim'), settle: count('settle') };
  return { ...methods, finish() {}, calls: () => calls };
}

const sourceOf = (name: string) => JSON.stringify(new URL(`../../src/ledger/${name}`, import.meta.url).href);

/** In a process of its own: here something else would keep it up. */
const STARTS_AND_RESTS = `
  import { createThreadedWriting } from ${sourceOf('threaded-writing.ts')};
  const nothing = async () => {};
  const onTheSpot = { stage: nothing, claim: nothing, settle: nothing, finish() {} };
  const load = { ms: 1, reset() {} };
  const place = { path: process.argv[1], stream: 1, keepPayloads: 'always' };
  const writing = createThreadedWriting(place, onTheSpot, load, { messages: 0, ms: 0 });
  await writing.stage(1, [{}], 'reject');
  await writing.rest();
  process.stdout.write('rested');
`;

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

suite('writing in a thread', () => {
  test('calls that overlap take effect in their order, before and after the thread starts', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const ledger = await ledgerPlace(t, path).open();
    const input = await beginInput(ledger);
    const context = { path, stream: 1, keepPayloads: 'always' } as const;
    const onTheSpot = counted(ledger);
    const writing = createThreadedWriting(context, onTheSpot, createWritingLoad(), { messages: 10, ms: 0 });
    const calls: Promise<StageResult>[] = [];
    const stageAFew = async () => {
      for (let count = 0; count < 10; count += 1) {
        const [id, body] = [`m-${calls.length >> 1}`, `${calls.length}`];
        calls.push(writing.stage(input, [stagedMessage({ id, body })], 'replace'));
      }
      await setTimeout(5);
    };
    const isAside = () => onTheSpot.calls() < calls.length;
    for (let rounds = 0; rounds < 1_000 && !isAside(); rounds += 1) await stageAFew();
    assert.ok(isAside(), 'the thread writes');
    await stageAFew();
    const tallies = (await Promise.all(calls)).map(({ tally }) => [tally.new, tally.conflicts]);
    assert.deepEqual(
      tallies,
      calls.map((_, at) => (at % 2 === 0 ? [1, 0] : [0, 1])),
    );
    await writing.rest();
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
    const onTheSpot = counted(null);
    const writing = createThreadedWriting(context, onTheSpot, createWritingLoad(), { messages: 0, ms: 0 });
    const stage = () => writing.stage(1, [stagedMessage({ id: 'a' })], 'reject');
    await stage(); // There is no such file: the thread ends without having been ready.
    await writing.rest();
    await (await ledgerPlace(t, path).open()).close();
    for (let calls = 2; calls < 20; calls += 1) {
      await stage();
      await setTimeout(20);
      assert.equal(onTheSpot.calls(), calls);
    }
    await writing.rest();
  });

  test('a rest that comes while it starts is over once it has ended, and keeps the process up until then', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    await (await ledgerPlace(t, path).open()).close();
    const words = ['--input-type=module', '--eval', STARTS_AND_RESTS, path];
    assert.equal(execFileSync(process.execPath, words, { encoding: 'utf8' }), 'rested');
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
