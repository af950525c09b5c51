import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import type { Rescue } from '../../src/ledger/rescue/rescue-run.ts';
import type { Summary } from '../../src/pipeline/summary.ts';
import { textProject } from '../support/live-project.ts';
import { csvOf, type Project, project, rows } from '../support/project.ts';

const PAGE_BYTES = 8_192;

/** Zeroes a few leaves of each table or index. */
function zeroLeaves(path: string, ...trees: readonly string[]): void {
  const db = new Database(path, { readonly: true });
  const rootOf = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck();
  const roots = trees.map((tree) => rootOf.get(tree) as number);
  db.close();
  const bytes = readFileSync(path);
  for (const page of roots.flatMap((root) => someLeaves(bytes, root))) {
    bytes.fill(0, (page - 1) * PAGE_BYTES, page * PAGE_BYTES);
  }
  writeFileSync(path, bytes);
}

const LEAVES = [10, 13];

/** Of a tree of two levels at most. */
function someLeaves(bytes: Buffer, root: number): readonly number[] {
  const page = bytes.subarray((root - 1) * PAGE_BYTES, root * PAGE_BYTES);
  if (LEAVES.includes(page.readUInt8(0))) return [root];
  const cells = Array.from({ length: page.readUInt16BE(3) }, (_, index) => page.readUInt16BE(12 + 2 * index));
  return cells.map((cell) => page.readUInt32BE(cell)).slice(1, 3);
}

interface Recovered extends Rescue {
  readonly ledger: string;
  readonly recovered: string;
}

const ROWS = 600;

async function runOnce({ backhaul, write }: Project, words: string, count = ROWS): Promise<void> {
  write('export.csv', csvOf(rows(count)));
  const { exitCode, stderr } = await backhaul(words);
  assert.equal(exitCode, 0, stderr);
}

test('a damaged ledger is rescued beside it, and the next run goes on without sending anything again', async (t) => {
  const created = await project(t);
  const { backhaul, directory, simulator, write } = created;
  await runOnce(created, 'run --quiet --limit 400');
  const path = join(directory, 'backhaul.db');
  zeroLeaves(path, 'message');
  const damaged = readFileSync(path);

  const checked = await backhaul('ledger check');
  assert.equal(checked.exitCode, 6);
  assert.match(checked.stdout, /FILE_DAMAGED|LEDGER_CORRUPT/);
  assert.match(checked.stdout, /What can still be trusted:\n +table +rows whole +rows lost +pages lost\n/);
  assert.match(checked.stdout, /None is sent again before a person decides/);
  assert.match(checked.stdout, /Next: `backhaul ledger recover`/);

  const { exitCode, json } = await backhaul('ledger recover --json');
  assert.equal(exitCode, 3);
  const { recovered, messages, tables } = json<Recovered>();
  assert.equal(recovered, join(directory, 'backhaul.recovered.db'));
  assert.equal(statSync(recovered).mode & 0o777, 0o600);
  assert.ok(readFileSync(path).equals(damaged), 'the damaged file is as it was');
  assert.deepEqual([messages.rescued, messages.lostAtMost], [ROWS, 0]);
  assert.ok(messages.identityOnly > 0);
  assert.ok((tables.find(({ table }) => table === 'message')?.lostPages ?? 0) > 0);

  assert.equal((await backhaul(`ledger check --ledger ${recovered}`)).exitCode, 0);
  write('export-more.csv', csvOf(rows(10, { first: 5_000 })));
  const again = await backhaul(`run --json --ledger ${recovered}`);
  assert.equal(again.exitCode, 3, again.stderr);
  const summary = again.json<Summary>();
  assert.equal(summary.balanced, true);
  assert.equal(summary.messages.pending, 0);
  assert.equal(summary.messages.accepted + summary.messages.unknown, ROWS + 10);
  const { accepted, stored } = simulator.stats();
  assert.equal(accepted, stored, 'nothing came twice');
});

test('what is sound is rescued whole, exit 0; a file that exists is not overwritten, exit 2', async (t) => {
  const created = await project(t);
  const { backhaul, directory } = created;
  await runOnce(created, 'run --quiet');
  const first = await backhaul('ledger recover -o saved.db');
  assert.equal(first.exitCode, 0, first.stderr);
  assert.match(first.stdout, /^Everything was rescued into /);
  const saved = readFileSync(join(directory, 'saved.db'));
  const second = await backhaul('ledger recover -o saved.db --json');
  assert.equal(second.exitCode, 2);
  assert.equal(second.json<{ error: { code: string } }>().error.code, 'LEDGER_EXISTS');
  assert.ok(readFileSync(join(directory, 'saved.db')).equals(saved));

  const db = new Database(join(directory, 'backhaul.db'));
  db.pragma('application_id = 1');
  db.close();
  const checked = await backhaul('ledger check');
  assert.equal(checked.exitCode, 6);
  assert.match(
    checked.stdout,
    /LEDGER_FOREIGN[\s\S]*Every message, reject and run is whole[\s\S]*ledger recover/,
  );
  assert.equal((await backhaul('ledger recover')).exitCode, 0);
});

test('of what holds nothing of a ledger nothing is rescued: exit 6, and no file is left', async (t) => {
  const { backhaul, directory, write } = await project(t);
  write('empty.db', '');
  write('random.db', randomBytes(100_000));
  const foreign = new Database(join(directory, 'foreign.db'));
  foreign.exec('CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO stream VALUES (1, 2)');
  foreign.close();
  const before = readdirSync(directory).length;
  const files = { 'empty.db': 'FILE_EMPTY', 'random.db': 'LEDGER_CORRUPT', 'foreign.db': 'LEDGER_FOREIGN' };
  const refused = Object.entries(files).map(async ([file, code]) => {
    const checked = await backhaul(`ledger check --ledger ${file}`);
    assert.equal(checked.exitCode, 6, file);
    assert.match(checked.stdout + checked.stderr, new RegExp(code));
    const { exitCode, stderr } = await backhaul(`ledger recover --ledger ${file}`);
    assert.equal(exitCode, 6, stderr);
    assert.match(stderr, /LEDGER_UNRECOVERABLE[\s\S]*backup/);
  });
  await Promise.all(refused);
  const locks = readdirSync(directory).filter((name) => name.includes('-lock-')).length;
  assert.equal(readdirSync(directory).length - locks, before);
});

test('a live stream that may have lost messages does not run before a person says so, once', async (t) => {
  const created = await textProject(t);
  const { backhaul, directory, simulator } = created;
  await runOnce(created, 'run --live --yes --new-ledger --quiet', 300);
  const path = join(directory, 'backhaul.db');
  zeroLeaves(path, 'message', 'identity');
  const recovered = await backhaul('ledger recover --json');
  assert.equal(recovered.exitCode, 3, recovered.stderr);
  const { lostAtMost } = recovered.json<Recovered>().messages;
  assert.ok(lostAtMost !== null && lostAtMost > 0);
  copyFileSync(join(directory, 'backhaul.recovered.db'), path);
  const delivered = simulator.stats().delivered;
  const refused = await backhaul('run --live --yes --json');
  assert.equal(refused.exitCode, 2);
  assert.equal(refused.json<{ error: { code: string } }>().error.code, 'LEDGER_RESCUED');
  assert.equal(simulator.stats().delivered, delivered);
  const allowed = await backhaul('run --live --yes --new-ledger --json');
  assert.equal(allowed.exitCode, 0, allowed.stderr);
  assert.ok(simulator.stats().delivered - delivered <= lostAtMost);
  assert.equal((await backhaul('run --live --yes --json')).exitCode, 0, 'decided once and for all');
});

test('killed at any moment, a rescue leaves no new ledger and the damaged one as it was', async (t) => {
  const created = await project(t);
  const { backhaul, start, directory } = created;
  await runOnce(created, 'run --quiet --limit 1');
  const path = join(directory, 'backhaul.db');
  const before = readFileSync(path);
  for (const waitMs of [0, 30]) {
    const running = start('ledger recover --quiet');
    while (!readdirSync(directory).some((name) => name.endsWith('.tmp'))) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    running.child.kill('SIGKILL');
    await running.result;
    if (readdirSync(directory).includes('backhaul.recovered.db')) break; // it was faster
    assert.ok(readFileSync(path).equals(before));
  }
  rmSync(join(directory, 'backhaul.recovered.db'), { force: true });
  const { exitCode, stderr } = await backhaul('ledger recover');
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.endsWith('.tmp')),
    [],
    'nothing is left of the killed ones',
  );
});
