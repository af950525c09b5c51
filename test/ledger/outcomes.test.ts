import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import type { LedgerContext } from '../../src/ledger/context.ts';
import { openAnotherConnection } from '../../src/ledger/database-file.ts';
import type { Settlement } from '../../src/ledger/ledger.ts';
import { checkLedger } from '../../src/ledger/maintenance.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { createOutcomes } from '../../src/ledger/outcomes.ts';
import { packEnd } from '../../src/ledger/packed-settlements.ts';
import { begin, claimAll, deliverAll, planned, settlement, stage } from '../support/ledger-scenes.ts';
import { ledgerOptions } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const CUSTOMERS = 4;
const MESSAGES = 12;

/** Some messages are in flight a first time, some again; then the process dies. @returns what one attempt each holds. */
async function inFlight(path: string, wasUnknown: readonly boolean[]) {
  const ledger = await openLedger(ledgerOptions(path));
  const run = await begin(ledger);
  await stage(
    ledger,
    run,
    Array.from({ length: MESSAGES }, (_, index) =>
      stagedMessage({ id: `m${index}`, customer: `c${index % CUSTOMERS}` }),
    ),
  );
  await deliverAll(ledger, run, ({ id }) => settlement(id, wasUnknown[id - 1] ? 'unknown' : 'released'));
  const attempts = await claimAll(ledger, await begin(ledger));
  await ledger.close();
  return attempts.map(({ attempt, messages }) => ({ attempt, ids: messages.map(({ id }) => id) }));
}

function noteAll(path: string, ends: readonly { attempt: number; settlements: readonly Settlement[] }[]) {
  const db = openAnotherConnection(path);
  const context: LedgerContext = { db, path, stream: 1, keepPayloads: 'until-accepted' };
  const outcomes = createOutcomes(context);
  for (const end of ends)
    outcomes.note(packEnd({ ...end, status: 200, result: 'answered', endedAtMs: 5, requestUuid: 'r' }));
  return { outcomes, close: () => db.close() };
}

const FLAGS = fc.array(fc.boolean(), { minLength: MESSAGES, maxLength: MESSAGES });
const WORD = fc.option(fc.string({ maxLength: 5 }), { nil: null });
const SAID = fc.array(
  fc.record({
    outcome: fc.constantFrom<Settlement['outcome']>('accepted', 'accepted', 'failed', 'unknown', 'released'),
    said: fc.record({ code: WORD, error: WORD, messageUuid: WORD, warnings: WORD }),
  }),
  { minLength: MESSAGES, maxLength: MESSAGES },
);

test('property: what was noted is applied by the next run, as if nothing had happened in between', async (t) => {
  let ledgers = 0;
  await fc.assert(
    fc.asyncProperty(FLAGS, SAID, fc.subarray([0, 1, 2, 3]), async (wasUnknown, said, noted) => {
      ledgers += 1;
      const directory = temporaryDirectory(t);
      const [died, lived] = ['died', 'lived'].map((name) => join(directory, `${name}-${ledgers}.db`));
      const settlementsOf = (ids: readonly number[]) =>
        ids.map((id) => {
          const of = said[id - 1] as (typeof said)[number];
          return settlement(id, of.outcome, of.said);
        });
      for (const path of [died, lived] as [string, string]) {
        const attempts = await inFlight(path, wasUnknown);
        const ends = attempts
          .filter((_, index) => noted.includes(index))
          .map(({ attempt, ids }) => ({ attempt, settlements: settlementsOf(ids) }));
        const { outcomes, close } = noteAll(path, ends);
        if (path === lived) for (const { attempt } of ends) outcomes.apply(attempt);
        close();
        const ledger = await openLedger(ledgerOptions(path, { mode: 'existing' }));
        const { interrupted } = await ledger.beginRun({ command: 'run', startedAtMs: 9 });
        assert.equal(interrupted, (MESSAGES / CUSTOMERS) * (CUSTOMERS - noted.length));
        await ledger.close();
        assert.deepEqual(await checkLedger(path), []);
      }
      assert.deepEqual(contentsOf(died as string), contentsOf(lived as string));
    }),
    { numRuns: 25 },
  );
});

/** All that an outcome changes, but the free room. */
function contentsOf(path: string): unknown {
  const db = new Database(path, { readonly: true });
  try {
    return ['message', 'payload', 'attempt', 'message_tally'].map((table) =>
      db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).raw().all(),
    );
  } finally {
    db.close();
  }
}

async function oneAttempt(t: TestContext) {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const [first] = await inFlight(
    path,
    Array.from({ length: MESSAGES }, () => false),
  );
  assert.ok(first);
  const settlements = first.ids.map((id) => settlement(id, 'accepted'));
  return { path, attempt: first.attempt, settlements };
}

test('an attempt has one outcome, and all of its messages are in it', async (t) => {
  const { path, attempt, settlements } = await oneAttempt(t);
  const note = (said: readonly Settlement[]) => noteAll(path, [{ attempt, settlements: said }]).close();
  const [first] = settlements as [Settlement];
  assert.throws(() => note(settlements.slice(1)), /more messages/);
  assert.throws(() => note([...settlements, settlement(77, 'failed')]), /no part of/);
  assert.throws(() => note([...settlements, { ...first, outcome: 'failed' }]), /settled twice/);
  note(settlements);
  assert.throws(() => note(settlements), /not open/);
});

test('until it is applied, an outcome changes nothing that others see: its messages are in flight', async (t) => {
  const { path, attempt, settlements } = await oneAttempt(t);
  const { outcomes, close } = noteAll(path, [{ attempt, settlements }]);
  const ledger = await openLedger(ledgerOptions(path, { mode: 'existing' }));
  assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: MESSAGES, pending: 0 });
  assert.deepEqual(await planned(ledger), []);
  outcomes.apply(attempt);
  assert.equal((await ledger.counts()).accepted, settlements.length);
  await ledger.close();
  close();
});

test('a message that is settled already is told of by who settles it, and stands in no later run’s way', async (t) => {
  const { path, attempt, settlements } = await oneAttempt(t);
  const { outcomes, close } = noteAll(path, [{ attempt, settlements }]);
  const db = new Database(path);
  db.prepare('UPDATE message SET state = 2 WHERE id = ?').run(settlements[0]?.id);
  db.close();
  assert.throws(() => outcomes.apply(attempt), /settled already/);
  close();
  const ledger = await openLedger(ledgerOptions(path, { mode: 'existing' }));
  await begin(ledger);
  await ledger.close();
});
