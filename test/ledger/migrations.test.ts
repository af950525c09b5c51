import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { interruptAttempts } from '../../src/ledger/interruption.ts';
import { type Migration, migrate, readMigrations, schemaVersion } from '../../src/ledger/migrate.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { ledgerOptions } from '../support/sqlite-ledgers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NOW_MS = 1_750_000_000_000;

function withLater(...sql: string[]): readonly Migration[] {
  const shipped = readMigrations();
  const later = sql.map((text, index) => {
    const version = shipped.length + index + 1;
    return { version, name: `${version}-later.sql`, sql: text };
  });
  return [...shipped, ...later];
}

function tables(db: Database.Database): string[] {
  return db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
}

test('a new ledger gets every migration, each with a version row of its own', () => {
  const db = new Database(':memory:');
  migrate(db, 'x.db', NOW_MS, withLater('CREATE TABLE later (x)'));
  const versions = db.prepare('SELECT version, name, applied_at_ms FROM schema_version').raw().all();
  assert.deepEqual(
    versions,
    withLater('').map(({ version, name }) => [version, name, NOW_MS]),
  );
  assert.ok(tables(db).includes('later'));
});

test('migrating again changes nothing', () => {
  const db = new Database(':memory:');
  migrate(db, 'x.db', NOW_MS);
  const before = db.serialize();
  migrate(db, 'x.db', NOW_MS + 1);
  assert.deepEqual(db.serialize(), before);
});

test('a migration that fails is undone whole; those before it stand, those after it wait', () => {
  const db = new Database(':memory:');
  const broken = withLater(
    'CREATE TABLE good (x)',
    'CREATE TABLE half (x); SELECT nonsense;',
    'CREATE TABLE never (x)',
  );
  assert.throws(() => migrate(db, 'x.db', NOW_MS, broken), /nonsense/);
  assert.equal(schemaVersion(db), readMigrations().length + 1);
  assert.deepEqual(
    ['good', 'half', 'never'].map((name) => tables(db).includes(name)),
    [true, false, false],
  );
  migrate(
    db,
    'x.db',
    NOW_MS,
    withLater('CREATE TABLE good (x)', 'CREATE TABLE half (x)', 'CREATE TABLE never (x)'),
  );
  assert.equal(schemaVersion(db), readMigrations().length + 3);
});

for (const mode of ['create', 'existing', 'read-only'] as const) {
  test(`a newer schema than the program's is refused and left alone (${mode})`, async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const db = new Database(path);
    migrate(db, path, NOW_MS, withLater('CREATE TABLE later (x)'));
    db.close();
    await assert.rejects(openLedger(ledgerOptions(path, { mode })), { code: 'LEDGER_NEWER', kind: 'ledger' });
    const after = new Database(path);
    t.after(() => after.close());
    assert.equal(after.prepare('SELECT count(*) FROM stream').pluck().get(), 0);
  });
}

test("another program's database is refused and left alone", async (t) => {
  const path = join(temporaryDirectory(t), 'theirs.db');
  const db = new Database(path);
  db.exec('CREATE TABLE schema_version (theirs TEXT)');
  db.close();
  await assert.rejects(openLedger(ledgerOptions(path)), { code: 'LEDGER_FOREIGN', kind: 'ledger' });
  const after = new Database(path);
  t.after(() => after.close());
  assert.deepEqual(tables(after), ['schema_version']);
});

test('processes that open a new ledger at once all find it complete', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const opener = `
    const { openLedger } = await import(${JSON.stringify(import.meta.resolve('../../src/ledger/open-ledger.ts'))});
    const ledger = await openLedger({ ...${JSON.stringify(ledgerOptions(path))}, stream: process.argv[1] });
    await ledger.beginRun({ command: 'run', startedAtMs: 1 });
    await ledger.close();`;
  const open = (stream: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', opener, stream]);
  await Promise.all(['a', 'b', 'c', 'd'].map(open));
  const db = new Database(path);
  t.after(() => db.close());
  assert.equal(db.prepare('SELECT count(*) FROM schema_version').pluck().get(), readMigrations().length);
  assert.equal(db.prepare('SELECT count(*) FROM run').pluck().get(), 4);
});

test('what a crash has left in flight is in flight after the upgrade, whether it was pending or unknown before', (t) => {
  const db = new Database(join(temporaryDirectory(t), 'ledger.db'));
  t.after(() => db.close());
  migrate(db, 'x.db', NOW_MS, readMigrations().slice(0, 8));
  const message = (id: number, state: number, ambiguous: number, attempt: number) =>
    `(${id}, 1, 'm${id}', 1, 0, ${state}, ${ambiguous}, x'01', x'02', 1, ${attempt})`;
  db.exec(`
    INSERT INTO stream VALUES (1, 's', 'historical', 'http://localhost', 0, 0);
    INSERT INTO run (stream, command, status, started_at_ms) VALUES (1, 'run', 'running', 0);
    INSERT INTO input (run, stream, name, status) VALUES (1, 1, 'x.csv', 'complete');
    INSERT INTO department VALUES (1, 1, 'd');
    INSERT INTO conversation VALUES (1, 1, 'c');
    INSERT INTO attempt (id, run, conversation, number, messages, request_bytes, started_at_ms, ended_at_ms)
      VALUES (1, 1, 1, 1, 2, 1, 0, 1), (2, 1, 1, 1, 2, 1, 0, NULL), (3, 1, 1, 1, 1, 1, 0, NULL);
    INSERT INTO message (id, stream, source_uuid, conversation, sent_at_ms, state, ambiguous, content_hash, record_hash, input,
      attempt)
      VALUES ${[message(1, 2, 0, 1), message(2, 4, 1, 1), message(3, 1, 0, 2), message(4, 1, 1, 2), message(5, 1, 0, 3)]};
    INSERT INTO message_tally VALUES (1, 0, 0), (1, 1, 3), (1, 2, 1), (1, 3, 0), (1, 4, 1)`);
  const rows = (sql: string) => db.prepare(sql).raw().all();
  const tally = rows('SELECT * FROM message_tally');
  migrate(db, 'x.db', NOW_MS);
  assert.deepEqual(rows('SELECT attempt, message FROM in_flight ORDER BY message'), [
    [2, 3],
    [2, 4],
    [3, 5],
  ]);
  assert.deepEqual(db.prepare('SELECT state FROM message ORDER BY id').pluck().all(), [2, 4, 0, 4, 0]);
  assert.deepEqual(rows('SELECT * FROM message_tally'), tally);
  assert.equal(interruptAttempts({ db, stream: 1 }, NOW_MS), 3);
  assert.deepEqual(rows('SELECT state, messages FROM message_tally WHERE messages > 0'), [
    [2, 1],
    [4, 4],
  ]);
});

test('messages, what refers to them, and their identities outlive a table that is made anew', (t) => {
  const db = new Database(join(temporaryDirectory(t), 'ledger.db'));
  t.after(() => db.close());
  db.pragma('foreign_keys = ON');
  migrate(db, 'x.db', NOW_MS, readMigrations().slice(0, 7));
  db.exec(`
    INSERT INTO stream VALUES (1, 's', 'historical', 'http://localhost', 0), (2, 't', 'historical', 'http://localhost', 0);
    INSERT INTO run (stream, command, status, started_at_ms) VALUES (1, 'run', 'complete', 0);
    INSERT INTO input (run, stream, name, status) VALUES (1, 1, 'x.csv', 'complete');
    INSERT INTO department VALUES (1, 1, 'd');
    INSERT INTO conversation VALUES (1, 1, 'c');
    INSERT INTO archive VALUES (1, 1, 'a');
    INSERT INTO message (id, stream, source_uuid, conversation, sent_at_ms, content_hash, record_hash, input, version)
      VALUES (3, 1, 'b', 1, 7, x'01', x'02', 1, 5), (8, 2, 'b', 1, 8, x'03', x'04', 1, NULL),
        (9, 1, 'a', 1, 9, x'05', x'06', 1, NULL);
    INSERT INTO payload VALUES (3, '{}', '{}');
    INSERT INTO evidence VALUES (3, 1, 1, 1, 1, 1, NULL, NULL)`);
  const rows = (sql: string) => db.prepare(sql).raw().all();
  const before = rows('SELECT * FROM message');
  migrate(db, 'x.db', NOW_MS);
  assert.deepEqual(rows('SELECT * FROM message'), before);
  assert.deepEqual(rows('SELECT message FROM payload UNION ALL SELECT message FROM evidence'), [[3], [3]]);
  assert.deepEqual(rows('SELECT * FROM identity'), [
    [1, 'a', 9],
    [1, 'b', 3],
    [2, 'b', 8],
  ]);
  assert.deepEqual(rows('SELECT id, identified_up_to FROM stream'), [
    [1, 9],
    [2, 9],
  ]);
  assert.deepEqual(db.pragma('foreign_key_check'), []);
  assert.equal(db.pragma('foreign_keys', { simple: true }), 1);
  assert.throws(() => db.exec("INSERT INTO payload VALUES (77, '{}', '{}')"), /FOREIGN KEY/);
});
