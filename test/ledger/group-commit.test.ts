import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { createGroupCommit } from '../../src/ledger/group-commit.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function scene(t: TestContext) {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const db = new Database(path);
  t.after(() => db.close());
  db.exec('CREATE TABLE written (what TEXT) STRICT');
  const insert = db.prepare('INSERT INTO written VALUES (?)');
  return {
    commits: createGroupCommit(db, path),
    write: (what: string) => insert.run(what).changes,
    written: () => db.prepare('SELECT what FROM written').pluck().all(),
  };
}

const fillDisk = () => {
  throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
};

suite('group commit', () => {
  test('a write that the database refuses is told at once to those behind it that ask, in its own group too', async (t) => {
    const { commits, write, written } = scene(t);
    const group = await Promise.allSettled([
      commits.run(() => write('before')),
      commits.run(fillDisk),
      commits.run(() => {
        commits.assertWorking();
        return write('an intent');
      }),
      commits.run(() => write('another outcome')),
    ]);
    assert.deepEqual(
      group.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(written(), ['before', 'another outcome']);
    assert.throws(() => commits.assertWorking(), { code: 'LEDGER_FULL' });
  });

  test('a defect of the caller says nothing about the database', async (t) => {
    const { commits, write } = scene(t);
    const wrong = commits.run(() => assert.fail('wrong'));
    await Promise.all([assert.rejects(wrong, { message: 'wrong' }), commits.run(() => write('right'))]);
    commits.assertWorking();
  });
});
