import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { checkLedger, vacuumLedger } from '../../src/ledger/maintenance.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { begin, deliverAll, settlement, stage } from '../support/ledger-scenes.ts';
import { ledgerOptions } from '../support/sqlite-ledgers.ts';
import { stagedMessage, stagedReject } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A ledger with messages in several states. */
async function ledgerFile(t: TestContext): Promise<string> {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const ledger = await openLedger(ledgerOptions(path));
  const run = await begin(ledger);
  const body = 'x'.repeat(2_000);
  await stage(ledger, run, [
    ...Array.from({ length: 200 }, (_, index) => stagedMessage({ id: `m${index}`, body })),
    stagedReject({ record: { n: 1 } }),
  ]);
  const outcomes = ['failed', 'unknown', 'accepted'] as const;
  await deliverAll(ledger, run, ({ id }) => settlement(id, outcomes[Math.min(id - 1, 2)] ?? 'accepted'));
  await stage(ledger, run, [stagedMessage({ id: 'late' })]);
  await ledger.close();
  return path;
}

test('a sound ledger has no findings', async (t) => {
  assert.deepEqual(await checkLedger(await ledgerFile(t)), []);
});

const DAMAGES: [string, string][] = [
  ['TALLY_WRONG', 'UPDATE message_tally SET messages = messages + 1 WHERE state = 2'],
  ['TALLY_WRONG', 'DELETE FROM message_tally WHERE state = 3'],
  ['PAYLOAD_MISMATCH', 'DELETE FROM payload WHERE message = 1'],
  ['PAYLOAD_MISMATCH', "INSERT INTO payload VALUES (5, '{}', '{}')"],
  ['AMBIGUITY_LOST', 'UPDATE message SET ambiguous = 1 WHERE id = 1'],
  ['AMBIGUITY_LOST', 'UPDATE message SET ambiguous = 0 WHERE id = 2'],
  ['ATTEMPT_MISSING', 'UPDATE message SET attempt = NULL WHERE id = 3'],
  ['STATE_UNKNOWN', 'DROP TRIGGER message_changes_state; UPDATE message SET state = 9 WHERE id = 3'],
  ['ORPHANED_ROWS', 'PRAGMA foreign_keys = OFF; DELETE FROM conversation'],
  ['IDENTITY_MISMATCH', 'DELETE FROM identity WHERE message = 3'],
  ['IDENTITY_MISMATCH', 'UPDATE identity SET message = 4 WHERE message = 3'],
  ['IDENTITY_MISMATCH', "INSERT INTO identity VALUES (1, 'nobody', 999)"],
  ['INTENT_MISMATCH', "UPDATE attempt SET ended_at_ms = NULL, message_ids = '[3]'"],
  ['TALLY_WRONG', "UPDATE attempt SET ended_at_ms = NULL, message_ids = '[2]'"],
  ['RUN_UNBALANCED', `UPDATE run SET summary = '{"balanced":false}'`],
];
for (const [code, sql] of DAMAGES) {
  test(`${code} is found after: ${sql}`, async (t) => {
    const path = await ledgerFile(t);
    const db = new Database(path);
    db.exec(sql);
    db.close();
    const codes = (await checkLedger(path)).map((finding) => finding.code);
    assert.ok(codes.includes(code), codes.join());
  });
}

test('looking for damage in a ledger that is not there is a usage error', async (t) => {
  await assert.rejects(checkLedger(join(temporaryDirectory(t), 'none.db')), { code: 'LEDGER_MISSING' });
  await assert.rejects(vacuumLedger(join(temporaryDirectory(t), 'none.db')), { code: 'LEDGER_MISSING' });
});

test('vacuum gives the room of dropped payloads back and leaves a sound ledger', async (t) => {
  const path = await ledgerFile(t);
  const { bytesBefore, bytesAfter } = await vacuumLedger(path);
  assert.ok(bytesAfter < bytesBefore / 2, `${bytesBefore} → ${bytesAfter}`);
  assert.equal(statSync(path).size, bytesAfter);
  assert.deepEqual(await checkLedger(path), []);
});

test('vacuum waits for nobody: a ledger in use is told as busy', async (t) => {
  const path = await ledgerFile(t);
  const other = new Database(path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(vacuumLedger(path), { code: 'LEDGER_BUSY', kind: 'locked' });
});
