import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { eraseFromLedger, findTraces, streamsOf } from '../../src/ledger/erasure.ts';
import { checkLedger } from '../../src/ledger/maintenance.ts';
import type { OpenLedgerOptions } from '../../src/ledger/open-ledger.ts';
import { erasureContract } from '../contracts/ledger-erasure-contract.ts';
import { evidence } from '../support/evidence-pieces.ts';
import { begin, claimAll, deliverAll, settlement, stage } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage, stagedReject } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function place(t: TestContext, options: Partial<OpenLedgerOptions> = {}) {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const ledgers = ledgerPlace(t, path);
  return {
    path,
    open: (given: Partial<OpenLedgerOptions> = {}) => ledgers.open({ ...options, ...given }),
    async erase(customerUuids: readonly string[]) {
      await eraseFromLedger(path, customerUuids);
    },
  };
}

describe('the SQLite ledger: erasure', () => erasureContract(place));
const THEM = 'customer-to-forget';

/** Every byte of the ledger and the files beside it. */
function bytesOf(path: string): string {
  const directory = join(path, '..');
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name)).toString('latin1'))
    .join();
}

test('a thread of its own that was staging before they were erased skips them, too', async (t) => {
  const { open, erase } = place(t, { threadAfter: 'at once' });
  const ledger = await open();
  const theirs = stagedMessage({ id: 'a', customer: THEM });
  for (const expected of [0, 1]) {
    assert.equal((await stage(ledger, await begin(ledger), [theirs])).erased, expected);
    await erase([THEM]);
  }
});

test('all that the ledger knew them by is told before, and in no byte of it afterwards; what remains is sound', async (t) => {
  const { path, open } = place(t);
  const ledger = await open({ keepPayloads: 'always' });
  const message = stagedMessage({ id: 'theirs-0001', customer: THEM, body: 'the lilac coupe' });
  await stage(ledger, await begin(ledger), [message, stagedMessage({ id: 'others-1', customer: 'other' })]);
  await stage(ledger, await begin(ledger), [
    { ...stagedReject({ record: { a: 1 }, sourceUuid: 'theirs-0002' }), customerUuid: THEM },
  ]);
  await deliverAll(ledger, await begin(ledger), ({ id }) =>
    settlement(id, 'accepted', {
      messageUuid: `uuid-of-${id}`,
      warnings: id === 1 ? 'the lilac warning' : null,
    }),
  );
  await ledger.recordEvidence([evidence('failed', { sourceUuid: 'theirs-0001', error: 'lilac error' })]);
  await ledger.close();

  const { sourceUuids, messageUuids, counts } = await findTraces(path, [THEM]);
  assert.deepEqual([sourceUuids, messageUuids], [['theirs-0001', 'theirs-0002'], ['uuid-of-1']]);
  assert.deepEqual(counts, { messages: 1, rejects: 1, conflicts: 0, evidence: 1, attempts: 1 });
  assert.ok(bytesOf(path).includes('lilac'), 'the test looks where something is');
  assert.deepEqual(await eraseFromLedger(path, [THEM]), counts);

  for (const value of [THEM, 'theirs-000', 'uuid-of-1', 'lilac'])
    assert.ok(!bytesOf(path).includes(value), value);
  assert.deepEqual(await checkLedger(path), []);
  const nothing = { messages: 0, rejects: 0, conflicts: 0, evidence: 0, attempts: 0 };
  assert.deepEqual(await eraseFromLedger(path, [THEM]), nothing);
});

test('who was erased cannot be told from another ledger: each has a key of its own', async (t) => {
  const hashes = await Promise.all(
    [1, 2].map(async () => {
      const { path, open } = place(t);
      await (await open()).close();
      await eraseFromLedger(path, [THEM]);
      await eraseFromLedger(path, [THEM, 'another']);
      const db = new Database(path);
      t.after(() => db.close());
      return db.prepare('SELECT hex(hash) FROM erased_customer').pluck().all() as string[];
    }),
  );
  assert.deepEqual(
    hashes.map(({ length }) => length),
    [2, 2],
  );
  assert.equal(new Set(hashes.flat()).size, 4);
});

test('a message that is another customer’s by a corrected mapping stays, with its attempt', async (t) => {
  const { path, open } = place(t);
  const ledger = await open();
  await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a', customer: THEM })]);
  await deliverAll(ledger, await begin(ledger), 'unknown');
  const corrected = stagedMessage({ id: 'a', customer: 'other', note: 'another record' });
  await stage(ledger, await begin(ledger), [corrected], 'replace');
  const { messages, attempts } = await eraseFromLedger(path, [THEM]);
  assert.deepEqual([messages, attempts], [0, 1]);
  assert.ok(!bytesOf(path).includes(THEM));
  assert.deepEqual(await checkLedger(path), []);
  assert.equal((await ledger.counts()).unknown, 1);
});

test('what an interrupted run was sending is erased like the rest', async (t) => {
  const { path, open } = place(t);
  const ledger = await open();
  await stage(ledger, await begin(ledger), [
    stagedMessage({ id: 'a', customer: THEM }),
    stagedMessage({ id: 'b' }),
  ]);
  await claimAll(ledger, await begin(ledger));
  await ledger.close();
  await eraseFromLedger(path, [THEM]);
  assert.deepEqual(await checkLedger(path), []);
  const again = await open();
  assert.equal((await again.beginRun({ command: 'run', startedAtMs: 1 })).interrupted, 1);
});

test('names of files that hold their identifier lose it, and stay different', async (t) => {
  const { path, open } = place(t);
  const ledger = await open();
  for (const folder of ['a', 'b']) {
    const file = `${folder}/${THEM}.csv`;
    await stage(ledger, await begin(ledger), [stagedMessage({ id: folder, customer: 'other', file })]);
  }
  await eraseFromLedger(path, [THEM]);
  assert.ok(!bytesOf(path).includes(THEM));
  const db = new Database(path);
  t.after(() => db.close());
  const names = db.prepare('SELECT name FROM input').pluck().all() as string[];
  assert.deepEqual(names, ['a/erased-1.csv', 'b/erased-2.csv']);
});

test('an identity that is somebody else’s in another stream does not name them', async (t) => {
  const { path, open } = place(t);
  for (const [stream, customer] of [
    ['one', THEM],
    ['two', 'other'],
  ] as const) {
    const ledger = await open({ stream });
    const ids = ['shared-identity', `own-of-${stream}`];
    await stage(
      ledger,
      await begin(ledger),
      ids.map((id) => stagedMessage({ id, customer })),
    );
  }
  assert.deepEqual(await streamsOf(path), ['one', 'two']);
  assert.deepEqual((await findTraces(path, [THEM])).sourceUuids, ['own-of-one']);
});
