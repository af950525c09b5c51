import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import Database from 'better-sqlite3';
import type { Summary } from '../../src/pipeline/summary.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { assertTold } from '../support/told.ts';
import { until } from '../support/until.ts';
import { noVolumes, volumeAt } from '../support/volume.ts';

const WRITERS = ['run', 'retry', 'resolve --as failed', 'ledger vacuum'] as const;
const READERS = ['status', 'check', 'export --state failed', 'ledger check'] as const;

/** Slow enough to be met in the middle; at most so many messages are on their way at once. */
const DELIVERY = { maxBatchMessages: 5, requestsPerSecond: 40, concurrency: 2 };
const IN_FLIGHT_MESSAGES = DELIVERY.maxBatchMessages * DELIVERY.concurrency;

suite('a ledger that cannot be used', () => {
  test('a directory in its place, or none around it, is exit 6 of every command that needs it', async (t) => {
    const { backhaul, write, directory, simulator } = await project(t);
    write('export.csv', csvOf(rows(1)));
    const inItsPlace = [...WRITERS, ...READERS].map((words, index) => {
      mkdirSync(join(directory, `${index}.db`));
      return [words, `${index}.db`, 'LEDGER_CANNOT_OPEN'] as const;
    });
    const noneAround = [
      ['run', 'nowhere/ledger.db', 'LEDGER_DIRECTORY_MISSING'],
      ['run', 'export.csv/ledger.db', 'LEDGER_DIRECTORY_MISSING'],
    ] as const;
    await Promise.all(
      [...inItsPlace, ...noneAround].map(async ([words, path, code]) => {
        assertTold(await backhaul(`${words} --ledger ${path}`), 6, code);
      }),
    );
    assert.equal(simulator.stats().requests, 0);
  });

  test('a newer one is exit 6 of every command that opens it, and stays as it is', async (t) => {
    const { backhaul, write, directory, simulator } = await project(t);
    write('export.csv', csvOf(rows(1)));
    await backhaul('run --quiet');
    mkdirSync(join(directory, 'deliveries'));
    const path = join(directory, 'backhaul.db');
    const db = new Database(path);
    db.prepare('INSERT INTO schema_version VALUES (999, ?, 1)').run('999-of-another-year.sql');
    db.close();
    write('export.csv', csvOf(rows(2)));
    const refused = async (words: string) => assertTold(await backhaul(words), 6, 'LEDGER_NEWER');
    await Promise.all(READERS.map(refused));
    for (const words of [...WRITERS, 'verify', 'ledger purge --customer cust-1 --yes']) await refused(words);
    assert.equal(simulator.stats().stored, 1);
    const after = new Database(path);
    assert.equal(after.prepare('SELECT max(version) FROM schema_version').pluck().get(), 999);
    after.close();
  });

  for (const [what, happen, undo] of [
    [
      'moved away',
      (at: string) => renameSync(at, `${at}-moved`),
      (at: string) => renameSync(`${at}-moved`, at),
    ],
    [
      'replaced by a copy',
      (at: string) => {
        cpSync(at, `${at}-copy`, { recursive: true });
        renameSync(at, `${at}-moved`);
        renameSync(`${at}-copy`, at);
      },
      (at: string) => {
        rmSync(at, { recursive: true });
        renameSync(`${at}-moved`, at);
      },
    ],
  ] as const) {
    test(`one that is ${what} during a run stops it: nothing more is sent that no ledger knows`, async (t) => {
      const { backhaul, start, write, directory, simulator } = await project(t, {
        config: { ledger: { path: 'books/ledger.db' } },
        delivery: DELIVERY,
      });
      write('export.csv', csvOf(rows(400)));
      const books = join(directory, 'books');
      mkdirSync(books);
      const run = start('run --json');
      await until(() => simulator.stats().requests >= 3);
      happen(books);
      const sent = simulator.stats().requests;
      assertTold(await run.result, 6, 'LEDGER_GONE');
      assert.ok(simulator.stats().requests <= sent + 2 * DELIVERY.concurrency, 'it stops at once');

      undo(books);
      const { exitCode, json } = await backhaul('run --json --set delivery.requestsPerSecond=1000');
      assert.equal(exitCode, 0);
      assert.deepEqual([json<Summary>().balanced, json<Summary>().messages.accepted], [true, 400]);
      assert.equal(simulator.stats().stored, 400);
      assert.ok(simulator.stats().resubmitted <= IN_FLIGHT_MESSAGES, `${simulator.stats().resubmitted}`);
    });
  }
});

suite('a volume', { skip: noVolumes }, () => {
  test('that is unmounted during a run stops it', async (t) => {
    const { start, write, directory, simulator } = await project(t, { delivery: DELIVERY });
    const { launcher, shell } = await volumeAt(t, join(directory, 'disk'));
    write('export.csv', csvOf(rows(400)));
    const run = start('run --json --ledger disk/ledger.db', { launcher });
    await until(() => simulator.stats().requests >= 3);
    shell('cd / && umount -l "$0"');
    assertTold(await run.result, 6, 'LEDGER_GONE');
    assert.ok(simulator.stats().stored < 400);
  });

  test('that is read-only is exit 6 of what writes; once it is writable again, the next run goes on', async (t) => {
    const { backhaul, write, directory, simulator } = await project(t, {
      config: { ledger: { path: 'disk/ledger.db' } },
    });
    const { launcher, remount, shell } = await volumeAt(t, join(directory, 'disk'));
    write('export.csv', csvOf(rows(10)));
    assert.equal((await backhaul('run --quiet --limit 1', { launcher })).exitCode, 0);

    remount('ro');
    for (const words of ['run', 'ledger vacuum']) {
      assertTold(await backhaul(words, { launcher }), 6, 'LEDGER_READ_ONLY');
    }
    // SQLite cannot read without making its files beside it.
    for (const words of ['status', 'export --state failed']) {
      assertTold(await backhaul(words, { launcher }), 6, 'LEDGER_CANNOT_OPEN');
    }
    assert.equal(simulator.stats().stored, 1);
    remount('rw');

    // The same for the file alone, where readers can read.
    shell('mount --bind ledger.db ledger.db && mount -o remount,ro,bind ledger.db');
    assertTold(await backhaul('run', { launcher }), 6, 'LEDGER_READ_ONLY');
    assert.equal((await backhaul('status', { launcher })).exitCode, 0);
    shell('umount ledger.db');

    const { exitCode, json } = await backhaul('run --json', { launcher });
    assert.equal(exitCode, 0);
    assert.deepEqual([json<Summary>().balanced, json<Summary>().messages.accepted], [true, 10]);
    assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [10, 0]);
  });
});
