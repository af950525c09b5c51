import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { eraseFromLedger } from '../../src/ledger/erasure.ts';
import { createIdentities, enterAllIdentities, type Identities } from '../../src/ledger/identities.ts';
import { checkLedger } from '../../src/ledger/maintenance.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { begin, stage } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const STREAMS = [1, 2];

/** Messages of two streams, with nothing but their identities. */
function openMessages(t: TestContext) {
  const db = new Database(join(temporaryDirectory(t), 'ledger.db'));
  t.after(() => db.close());
  migrate(db, 'ledger.db', 0);
  db.pragma('foreign_keys = OFF');
  const addStream = db.prepare("INSERT INTO stream VALUES (?, ?, 'historical', 'http://localhost', 0, 0)");
  for (const stream of STREAMS) addStream.run(stream, `stream-${stream}`);
  const insert = db.prepare(`
    INSERT INTO message (stream, source_uuid, conversation, sent_at_ms, content_hash, record_hash, input)
    VALUES (?, ?, 1, 0, x'', x'', 1)`);
  return {
    db,
    identities: (stream: number, gathered: number) =>
      createIdentities({ db, path: 'ledger.db', stream, keepPayloads: 'until-accepted' }, gathered),
    insert: (stream: number, sourceUuid: string) => Number(insert.run(stream, sourceUuid).lastInsertRowid),
    empty: () => db.exec('DELETE FROM message; DELETE FROM identity; UPDATE stream SET identified_up_to = 0'),
    entered: () =>
      db.prepare('SELECT stream, source_uuid, message FROM identity ORDER BY message').raw().all(),
    messages: () => db.prepare('SELECT stream, source_uuid, id FROM message ORDER BY id').raw().all(),
  };
}

/** Pieces of work: identities that come, for a stream each, and whether they stay. */
const work = fc.record({
  comes: fc.array(fc.tuple(fc.constantFrom(...STREAMS), fc.integer({ min: 0, max: 30 })), { maxLength: 12 }),
  ends: fc.constantFrom('commit', 'commit', 'commit', 'rollback', 'crash', 'finish'),
});

describe('identities', () => {
  for (const gathered of [0, 1, 5, 1_000]) {
    test(`property: each is one message's, whatever is undone or cut off in between, ${gathered} gathered`, (t) => {
      const { db, identities, insert, empty, entered, messages } = openMessages(t);
      fc.assert(
        fc.property(fc.array(work, { maxLength: 12 }), (pieces) => {
          empty();
          let known = new Map<string, number>();
          const open = () => new Map(STREAMS.map((stream) => [stream, identities(stream, gathered)]));
          let current = open();
          for (const { comes, ends } of pieces) {
            const before = new Map(known);
            db.exec('BEGIN IMMEDIATE');
            for (const [stream, number] of comes) {
              const sourceUuid = `message-${number}`;
              const one = current.get(stream) as Identities;
              const expected = known.get(`${stream} ${sourceUuid}`) ?? null;
              assert.equal(one.find(sourceUuid), expected);
              if (expected !== null) continue;
              const id = insert(stream, sourceUuid);
              one.add(sourceUuid, id);
              known.set(`${stream} ${sourceUuid}`, id);
            }
            for (const one of current.values()) one.enterIfMany();
            if (ends === 'rollback') {
              db.exec('ROLLBACK');
              for (const one of current.values()) one.forget();
              known = before;
            } else if (ends === 'finish') {
              for (const one of current.values()) one.enter();
              db.exec('COMMIT');
              assert.deepEqual(entered(), messages());
            } else {
              db.exec('COMMIT');
              if (ends === 'crash') current = open();
            }
          }
          enterAllIdentities(db);
          assert.deepEqual(entered(), messages());
        }),
        { numRuns: 60 },
      );
    });
  }

  test('those of a crashed import are entered before anybody asks', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const { open } = ledgerPlace(t, path);
    const first = await open();
    await stage(first, await begin(first), [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b' })]);
    await first.close();
    const db = new Database(path);
    db.exec("DELETE FROM identity WHERE source_uuid = 'b'; UPDATE stream SET identified_up_to = 1");
    db.close();
    assert.deepEqual(await checkLedger(path), []);
    const later = await open();
    const { tally } = await stage(later, await begin(later), [stagedMessage({ id: 'b' })]);
    assert.deepEqual([tally.new, tally.unchanged], [0, 1]);
    await later.close();
    assert.deepEqual(await checkLedger(path), []);
  });

  test('a message that takes the id of an erased one is found by its identity', async (t) => {
    const path = join(temporaryDirectory(t), 'ledger.db');
    const { open } = ledgerPlace(t, path);
    const first = await open();
    const messages = [stagedMessage({ id: 'a' }), stagedMessage({ id: 'b', customer: 'c-erased' })];
    await stage(first, await begin(first), messages);
    await first.close();
    await eraseFromLedger(path, ['c-erased']);
    for (const expected of ['new', 'unchanged'] as const) {
      const later = await open();
      const { tally } = await stage(later, await begin(later), [stagedMessage({ id: 'c' })]);
      assert.equal(tally[expected], 1);
      await later.close();
    }
    assert.deepEqual(await checkLedger(path), []);
  });
});
