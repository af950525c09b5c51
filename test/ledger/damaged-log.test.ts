import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { openDatabaseFile } from '../../src/ledger/database-file.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { examineLedger } from '../../src/ledger/rescue/examine.ts';
import { recoverLedger } from '../../src/ledger/rescue/recover.ts';
import { begin, deliverAll, NOW_MS, stage } from '../support/ledger-scenes.ts';
import { ledgerOptions } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MESSAGES = 40;
const FRAME_BYTES = 24 + 8_192;
const binding = ledgerOptions('');

/**
 * A ledger as a killed process leaves it: what it did last stands in the log alone.
 * @param checkpointed whether what was staged stands in the file
 */
async function killedLedger(
  t: TestContext,
  checkpointed = true,
): Promise<{ path: string; log: string; target: string }> {
  const directory = temporaryDirectory(t);
  const [alive, path] = [join(directory, 'alive.db'), join(directory, 'ledger.db')];
  const ledger = await openLedger(ledgerOptions(alive));
  t.after(() => ledger.close());
  const run = await begin(ledger);
  const messages = Array.from({ length: MESSAGES }, (_, index) =>
    stagedMessage({ id: `m${index}`, customer: `customer-${index}` }),
  );
  await stage(ledger, run, messages);
  const other = new Database(alive);
  if (checkpointed) other.pragma('wal_checkpoint(TRUNCATE)');
  other.close();
  for (let sent = 0; sent < MESSAGES / 2; sent += 4) {
    await deliverAll(ledger, run, 'accepted', { limit: 4 });
  }
  for (const suffix of ['', '-wal']) copyFileSync(alive + suffix, path + suffix);
  return { path, log: `${path}-wal`, target: join(directory, 'recovered.db') };
}

const rescue = (path: string, targetPath: string) =>
  recoverLedger({ path, targetPath, binding, nowMs: NOW_MS });

function states(path: string): Record<string, number> {
  const db = new Database(path, { readonly: true });
  const rows = db.prepare('SELECT state, count(*) FROM message GROUP BY state').raw().all();
  db.close();
  return Object.fromEntries(rows as [number, number][]);
}

function flipByte(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  writeFileSync(path, bytes);
}

test('what stands in the log alone is rescued, and the log stays as it is', async (t) => {
  const { path, log, target } = await killedLedger(t);
  const before = readFileSync(log);
  const { complete } = await rescue(path, target);
  assert.equal(complete, true);
  assert.deepEqual(states(target), { 0: MESSAGES / 2, 2: MESSAGES / 2 });
  assert.ok(readFileSync(log).equals(before));
});

test('the log of a file that was emptied is rescued, where SQLite would delete it', async (t) => {
  const { path, log, target } = await killedLedger(t, false);
  truncateSync(path, 0);
  assert.throws(() => openDatabaseFile(path, 'existing'), { code: 'LEDGER_CORRUPT' });
  assert.ok(statSync(log).size > 0, 'the log is still there');
  await rescue(path, target);
  assert.equal(states(target)[2], MESSAGES / 2);
});

test('a log that has lost transactions is found, nothing opens the ledger, and nothing counts as unsent', async (t) => {
  const { path, log, target } = await killedLedger(t);
  const frames = Math.floor((statSync(log).size - 32) / FRAME_BYTES);
  flipByte(log, 32 + Math.floor(frames / 2) * FRAME_BYTES + 5_000);
  const before = readFileSync(log);
  const directory = temporaryDirectory(t);
  const { findings } = await examineLedger({ path, binding, nowMs: NOW_MS }, (work) => work(directory));
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['LOG_DAMAGED'],
  );
  for (const mode of ['existing', 'read-only'] as const) {
    assert.throws(() => openDatabaseFile(path, mode), { code: 'LEDGER_CORRUPT' });
  }
  assert.ok(readFileSync(log).equals(before), 'the log is as it was');
  const { complete, logDamaged, messages } = await rescue(path, target);
  assert.deepEqual([complete, logDamaged, messages.lostAtMost], [false, true, null]);
  const { 2: accepted = 0, 4: unknown = 0, ...others } = states(target);
  assert.deepEqual(others, {});
  assert.ok(accepted < MESSAGES / 2 && accepted + unknown === MESSAGES);
});

test('a last transaction that a crash tore is no damage: it was never committed', async (t) => {
  const { path, log, target } = await killedLedger(t);
  truncateSync(log, statSync(log).size - 5_000);
  openDatabaseFile(path, 'read-only').close();
  const torn = await killedLedger(t);
  flipByte(torn.log, statSync(torn.log).size - 5_000);
  assert.equal((await rescue(torn.path, torn.target)).logDamaged, false);
  openDatabaseFile(torn.path, 'existing').close();
  assert.equal((await rescue(path, target)).logDamaged, false);
});
