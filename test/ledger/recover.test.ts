/**
 * A ledger with messages in every state is damaged in every way that disks and people know, and rescued. More seeds:
 * `RECOVER_SEEDS=100 node --test test/ledger/recover.test.ts`.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Database from 'better-sqlite3';
import { BackhaulError } from '../../src/errors.ts';
import { STATE } from '../../src/ledger/context.ts';
import type { Settlement } from '../../src/ledger/ledger.ts';
import { checkLedger } from '../../src/ledger/maintenance.ts';
import { migrate, readMigrations } from '../../src/ledger/migrate.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { type Examination, examineLedger } from '../../src/ledger/rescue/examine.ts';
import { recoverLedger } from '../../src/ledger/rescue/recover.ts';
import type { Rescue } from '../../src/ledger/rescue/rescue-run.ts';
import { DAMAGES, type Damage, writeDamaged } from '../support/damaged-files.ts';
import { evidence } from '../support/evidence-pieces.ts';
import {
  begin,
  claimAll,
  deliverAll,
  NOW_MS,
  plannedIds,
  settlement,
  stage,
} from '../support/ledger-scenes.ts';
import { stateSql } from '../support/ledger-state.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { ledgerOptions } from '../support/sqlite-ledgers.ts';
import { stagedMessage, stagedReject } from '../support/staged-records.ts';

const SEEDS = Number(process.env.RECOVER_SEEDS ?? 2);
const MESSAGES = 1_200;
/** Sent by an earlier delivery, then waiting: every state is there. */
const LATE_MESSAGES = 300;

const place = mkdtempSync(join(tmpdir(), 'backhaul-test-'));
const original = join(place, 'original.db');
after(() => rmSync(place, { recursive: true, force: true }));

before(async () => {
  const ledger = await openLedger(ledgerOptions(original, { keepPayloads: 'until-stored' }));
  const run = await begin(ledger);
  const bodies = ['short', 'x'.repeat(700), 'ü'.repeat(9_000)];
  await stage(ledger, run, [
    ...Array.from({ length: MESSAGES }, (_, index) =>
      stagedMessage({
        id: `m${index}`,
        body: bodies[index % 29 === 0 ? 2 : index % 2] as string,
        customer: `customer-${index % 70}`,
        sentAtUtcMs: NOW_MS + index * 1_000,
      }),
    ),
    ...Array.from({ length: 40 }, (_, index) => stagedReject({ record: { n: index }, line: index + 2 })),
  ]);
  const outcomes = ['accepted', 'failed', 'unknown', 'accepted', 'released'] as const;
  await deliverAll(
    ledger,
    run,
    ({ id }): Settlement => settlement(id, outcomes[id % outcomes.length] ?? 'accepted'),
  );
  await ledger.recordEvidence(
    Array.from({ length: 60 }, (_, index) => evidence('stored', { id: `m${5 * index + 2}` })),
  );
  await stage(
    ledger,
    run,
    Array.from({ length: LATE_MESSAGES }, (_, index) =>
      stagedMessage({ id: `late${index}`, file: 'late.csv', customer: `late-${index % 9}` }),
    ),
  );
  await claimAll(ledger, run, { limit: 50 }); // the process dies here
  const input = await ledger.beginInput({ run, name: 'whole.csv', sizeBytes: 1 });
  await ledger.endInput(input, { status: 'complete', fingerprint: 'fingerprint', records: 0 });
  await ledger.close();
  const db = new Database(original);
  db.exec('UPDATE message SET state = 6 WHERE state = 2 AND id > 1000'); // no evidence says `missing` yet
  db.close();
});

interface Message {
  readonly id: number;
  readonly source_uuid: string;
  readonly state: number;
  readonly has_payload: number;
  readonly resends: number;
  readonly item: string | null;
  readonly record: string | null;
}

function messagesOf(path: string): Map<string, Message> {
  const db = new Database(path, { readonly: true });
  const rows = db
    .prepare<[], Message>(`
      SELECT *, ${stateSql(db)} AS state FROM message LEFT JOIN payload ON payload.message = message.id`)
    .all();
  db.close();
  return new Map(rows.map((row) => [row.source_uuid, row]));
}

const binding = ledgerOptions('');
const rescueOptions = (path: string, targetPath: string) => ({ path, targetPath, binding, nowMs: NOW_MS });

/** Null when nothing could be saved. */
async function rescued(path: string, targetPath: string): Promise<Rescue | null> {
  return recoverLedger(rescueOptions(path, targetPath)).catch((error: unknown) => {
    if (error instanceof BackhaulError && error.code === 'LEDGER_UNRECOVERABLE') return null;
    throw error;
  });
}

test('a sound ledger is rescued whole: every row, every payload', async () => {
  const target = join(place, 'whole.db');
  const rescue = await recoverLedger(rescueOptions(original, target));
  assert.equal(rescue.complete, true);
  assert.deepEqual(messagesOf(target), messagesOf(original));
  const states = new Set([...messagesOf(original).values()].map(({ state }) => state));
  assert.deepEqual([...states].sort(), Object.values(STATE));
  assert.deepEqual(await checkLedger(target), []);
  assert.equal(statSync(target).mode & 0o777, 0o600);
  for (const table of [
    'reject',
    'attempt',
    'conversation',
    'input',
    'evidence',
    'message_tally',
    'identity',
  ]) {
    const all = (path: string) => {
      const db = new Database(path, { readonly: true });
      const rows = db.prepare(`SELECT * FROM ${table}`).all();
      db.close();
      return rows;
    };
    assert.deepEqual(all(target), all(original), table);
  }
});

test('a sound ledger is rescued whole, wherever its trees begin', async () => {
  const [vacuumed, target] = [join(place, 'vacuumed.db'), join(place, 'of-vacuumed.db')];
  const db = new Database(original, { readonly: true });
  db.prepare('VACUUM INTO ?').run(vacuumed);
  db.close();
  assert.equal((await recoverLedger(rescueOptions(vacuumed, target))).complete, true);
  assert.deepEqual(messagesOf(target), messagesOf(original));
});

test('a ledger of before migration 009 is rescued whole: what was in flight is', async () => {
  const [earlier, target] = [join(place, 'earlier.db'), join(place, 'of-earlier.db')];
  const db = new Database(earlier);
  migrate(db, earlier, NOW_MS, readMigrations().slice(0, 8));
  const { stream, destinationType, baseUrl } = binding;
  db.prepare('INSERT INTO stream VALUES (1, ?, ?, ?, 0, 0)').run(stream, destinationType, baseUrl);
  const message = (id: number, state: number, ambiguous: number, attempt: number | null) =>
    `(${id}, 1, 'm${id}', 1, 0, ${state}, 0, ${ambiguous}, zeroblob(16), zeroblob(16), 1, ${attempt})`;
  db.exec(`
    INSERT INTO run (stream, command, status, started_at_ms) VALUES (1, 'run', 'running', 0);
    INSERT INTO input (run, stream, name, status) VALUES (1, 1, 'x.csv', 'complete');
    INSERT INTO department VALUES (1, 1, 'd');
    INSERT INTO conversation VALUES (1, 1, 'c');
    INSERT INTO attempt (id, run, conversation, number, messages, request_bytes, started_at_ms) VALUES (7, 1, 1, 1, 2, 1, 0);
    INSERT INTO message (id, stream, source_uuid, conversation, sent_at_ms, state, has_payload, ambiguous, content_hash,
      record_hash, input, attempt)
      VALUES ${[message(1, 0, 0, null), message(2, 1, 0, 7), message(3, 1, 1, 7)]};
    INSERT INTO message_tally SELECT 1, value, (SELECT count(*) FROM message WHERE state = value)
      FROM json_each('[0,1,2,3,4,5,6]')`);
  db.close();
  const { complete } = await recoverLedger(rescueOptions(earlier, target));
  assert.equal(complete, true);
  assert.deepEqual(
    [...messagesOf(target).values()].map(({ state }) => state),
    [STATE.pending, STATE.sending, STATE.sending],
  );
  const ledger = await openLedger(ledgerOptions(target, { mode: 'existing' }));
  const { interrupted } = await ledger.beginRun({ command: 'run', startedAtMs: NOW_MS });
  assert.equal(interrupted, 2);
  assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: 2, pending: 1 });
  await ledger.close();
  assert.deepEqual(await checkLedger(target), []);
});

for (const damage of Object.keys(DAMAGES) as Damage[]) {
  test(`property: what is rescued is right or unknown, and nothing is sent twice by it: ${damage}`, async () => {
    const before = messagesOf(original);
    for (let seed = 1; seed <= SEEDS; seed++) {
      const directory = join(place, `${damage}-${seed}`);
      mkdirSync(directory);
      const damaged = join(directory, 'damaged.db');
      const target = join(directory, 'recovered.db');
      writeDamaged(original, damaged, damage, seededRandom(seed));
      const bytes = readFileSync(damaged);
      const rescue = await rescued(damaged, target);
      assert.ok(readFileSync(damaged).equals(bytes), 'the damaged file is as it was');
      if (rescue === null) assert.deepEqual(readdirSync(directory), ['damaged.db']);
      else await assertRight(before, target, rescue, `${damage}, seed ${seed}`);
      assertFound(before, damaged, await examine(damaged, directory), `${damage}, seed ${seed}`);
      rmSync(directory, { recursive: true });
    }
  });
}

async function assertRight(before: Map<string, Message>, path: string, rescue: Rescue, which: string) {
  assert.deepEqual(await checkLedger(path), [], which);
  const now = messagesOf(path);
  for (const [id, message] of now) {
    const was = before.get(id);
    if (message.state === STATE.unknown && was?.state !== STATE.unknown) {
      assert.ok(message.resends > 1_000, `${which}: ${id} would be sent again by itself`);
    } else {
      assert.equal(message.state, was?.state, `${which}: state of ${id}`);
    }
    // Nobody's words but those that were staged.
    if (message.item !== null) assert.equal(message.item, was?.item, `${which}: ${id}`);
    if (message.record !== null) assert.equal(message.record, was?.record, `${which}: ${id}`);
  }
  const lost = [...before.keys()].filter((id) => !now.has(id));
  const { lostAtMost } = rescue.messages;
  assert.ok(lost.length <= (lostAtMost ?? before.size), `${which}: ${lost.length} lost, told ${lostAtMost}`);
  if (rescue.complete) assert.deepEqual(now, before, which);
  await assertUsable(path, before, rescue, which);
}

/** The next run sends what was pending, failed or left in the dark before, and nothing else. */
async function assertUsable(path: string, before: Map<string, Message>, rescue: Rescue, which: string) {
  const ledger = await openLedger(ledgerOptions(path, { mode: 'existing' }));
  const run = await begin(ledger);
  const mayBeSent: readonly number[] = [STATE.pending, STATE.sending, STATE.unknown];
  for (const id of await plannedIds(ledger)) {
    assert.ok(mayBeSent.includes(before.get(id)?.state ?? -1), `${which}: ${id} would be sent`);
  }
  assert.equal(await ledger.hasCompleteInput('fingerprint'), rescue.complete, which);
  await stage(ledger, run, [stagedMessage({ id: 'after the rescue' })]);
  await deliverAll(ledger, run, 'accepted');
  await ledger.close();
  assert.deepEqual(await checkLedger(path), [], which);
}

function examine(path: string, directory: string): Promise<Examination> {
  return examineLedger({ path, binding, nowMs: NOW_MS }, (work) => work(directory));
}

/** Damage that is not found has done no harm to what messages are and where they stand. */
function assertFound(before: Map<string, Message>, damaged: string, examination: Examination, which: string) {
  if (examination.findings.length > 0) return;
  const words = (messages: Map<string, Message>) =>
    [...messages.values()].map(({ id, source_uuid, state }) => [id, source_uuid, state]);
  assert.deepEqual(words(messagesOf(damaged)), words(before), `${which}: damage was not found`);
}
