import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { createGroupCommit, type LaterWork } from '../../src/ledger/group-commit.ts';
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

const FEW = { rows: 1, isWaitedFor: false };

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

  test('what may come later comes after what others wait for, in a transaction of its own', async (t) => {
    const { commits, write, written } = scene(t);
    const order: string[] = [];
    const note = (what: string) => () => {
      order.push(`${what}, after ${written().length}`);
      return write(what);
    };
    const tell = (what: string) => () => order.push(`${what} told`);
    await Promise.all([
      commits.runInTwo(note('one'), { ...FEW, work: note('later') }).then(tell('later')),
      commits.run(note('two')).then(tell('two')),
    ]);
    assert.deepEqual(order, ['one, after 0', 'two, after 1', 'two told', 'later, after 2', 'later told']);
  });

  test('neither keeps the other waiting for ever, and a flush leaves none behind', async (t) => {
    const { commits, write, written } = scene(t);
    let isDone = false;
    const later = commits
      .runInTwo(() => write('first'), { ...FEW, work: () => write('later') })
      .then(() => {
        isDone = true;
      });
    for (let round = 0; !isDone; round++) {
      assert.ok(round < 10, 'it had its turn');
      await commits.run(() => write('urgent'));
      await setTimeout(2);
    }
    await later;
    const rows = written().length;
    const both = commits.runInTwo(() => write('a'), { ...FEW, work: () => write('b') });
    commits.flush();
    assert.deepEqual(written().slice(rows), ['a', 'b']);
    await both;
  });

  for (const [name, how] of [
    ['what somebody waits for', { rows: 1, isWaitedFor: true }],
    ['a lot', { rows: 1_000, isWaitedFor: false }],
  ] as const) {
    test(`${name} comes with the next turn, and all that has gathered with it`, async (t) => {
      const { commits, write, written } = scene(t);
      const begin = (name: string, how: Omit<LaterWork, 'work'>) =>
        commits.runInTwo(() => write(name), { ...how, work: () => write(`${name} later`) });
      const gathered = begin('few', FEW);
      await setImmediate();
      const due = begin('due', how);
      await commits.run(() => write('urgent'));
      await setImmediate();
      assert.deepEqual(written(), ['few', 'due', 'urgent', 'few later', 'due later']);
      await Promise.all([gathered, due]);
    });
  }

  test('nothing comes later of what could not be written first', async (t) => {
    const { commits, write, written } = scene(t);
    await assert.rejects(commits.runInTwo(fillDisk, { ...FEW, work: () => write('later') }), {
      code: 'LEDGER_FULL',
    });
    await commits.run(() => write('other'));
    commits.flush();
    assert.deepEqual(written(), ['other']);
  });

  test('a defect of the caller says nothing about the database', async (t) => {
    const { commits, write } = scene(t);
    const wrong = commits.run(() => assert.fail('wrong'));
    await Promise.all([assert.rejects(wrong, { message: 'wrong' }), commits.run(() => write('right'))]);
    commits.assertWorking();
  });
});
