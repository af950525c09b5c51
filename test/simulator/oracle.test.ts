import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { assertGoodManners, assertImportIsTrue, type ExpectedMessage } from '../support/oracle.ts';
import { send, simulatorFor, textItem } from '../support/simulator-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
const SENT_AT_MS = Date.UTC(2024, 2, 1, 10);

interface Row {
  readonly uuid: string;
  readonly state: number;
  readonly customer?: string;
  readonly sentAtMs?: number;
  readonly messageUuid?: string;
  readonly item?: string;
}

/** A ledger with just these messages, made by the migrations and plain SQL. */
function ledgerWith(t: TestContext, rows: readonly Row[]): string {
  const file = join(temporaryDirectory(t), 'ledger.db');
  const database = new Database(file);
  for (const name of readdirSync(MIGRATIONS).sort()) {
    if (name.endsWith('.sql')) database.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
  }
  database.exec(`
    INSERT INTO stream (id, name, destination_type, base_url, created_at_ms) VALUES (1, 's', 't', 'u', 0);
    INSERT INTO run (id, stream, command, status, started_at_ms) VALUES (1, 1, 'run', 'complete', 0);
    INSERT INTO input (id, run, stream, name, status) VALUES (1, 1, 1, 'f', 'complete');
    INSERT INTO department (id, stream, uuid) VALUES (1, 1, 'dept');
    INSERT INTO conversation (id, department, customer_uuid) VALUES (1, 1, 'cust'), (2, 1, 'other')`);
  const insert = database.prepare(`
    INSERT INTO message (id, stream, source_uuid, conversation, sent_at_ms, state, content_hash, record_hash, input, message_uuid)
    VALUES (?, 1, ?, ?, ?, ?, x'00', x'00', 1, ?)`);
  const keep = database.prepare(`INSERT INTO payload (message, item, record) VALUES (?, ?, '{}')`);
  rows.forEach(({ uuid, state, customer, sentAtMs, messageUuid, item }, index) => {
    const conversation = customer === 'other' ? 2 : 1;
    insert.run(index + 1, uuid, conversation, sentAtMs ?? SENT_AT_MS, state, messageUuid ?? null);
    if (item !== undefined) keep.run(index + 1, item);
  });
  database.close();
  return file;
}

const EXPECTED: ExpectedMessage = {
  departmentUuid: 'dept',
  customerUuid: 'cust',
  body: 'Your car is ready.',
  sentOnMs: SENT_AT_MS,
};

suite('the oracle', () => {
  test('believes a ledger that agrees with the API and the export', async (t) => {
    const { baseUrl, ...simulator } = await simulatorFor(t, { keepBodies: true });
    await send({ baseUrl, ...simulator }, [textItem('a'), textItem('b'), textItem('c')]);
    const ledger = ledgerWith(t, [
      { uuid: 'a', state: 2, messageUuid: [...simulator.stored()][0]?.messageUuid ?? '' },
      { uuid: 'b', state: 5, item: JSON.stringify(textItem('b')) },
      { uuid: 'c', state: 4 },
      { uuid: 'd', state: 4 },
      { uuid: 'e', state: 3 },
      { uuid: 'f', state: 0 },
    ]);
    const expected = new Map(['a', 'b', 'c'].map((uuid) => [uuid, EXPECTED]));
    assert.deepEqual(await assertImportIsTrue({ ledger, baseUrl, expected, stream: 's' }), {
      accepted: 2,
      failed: 1,
      unknown: 2,
      pending: 1,
      stored: 3,
    });
    await assertGoodManners(baseUrl);
  });

  const lies: Record<string, { rows: Row[]; says: RegExp; expected?: Partial<ExpectedMessage> | null }> = {
    'accepts what is not stored': {
      rows: [
        { uuid: 'a', state: 2 },
        { uuid: 'b', state: 2 },
      ],
      says: /accepted but not stored: 1 \(b\)/,
    },
    'does not know what is stored': { rows: [], says: /stored but not in the ledger: 1 \(a\)/ },
    'calls pending what is stored': { rows: [{ uuid: 'a', state: 0 }], says: /stored but pending/ },
    'calls failed what is stored': { rows: [{ uuid: 'a', state: 3 }], says: /stored but failed/ },
    'has it for another customer': {
      rows: [{ uuid: 'a', state: 2, customer: 'other' }],
      says: /stored for somebody else/,
    },
    'is off by a millisecond': {
      rows: [{ uuid: 'a', state: 2, sentAtMs: SENT_AT_MS + 1 }],
      says: /another time than in the ledger/,
    },
    'has another messageUuid': {
      rows: [{ uuid: 'a', state: 2, messageUuid: 'x' }],
      says: /another messageUuid/,
    },
    'keeps other bytes': { rows: [{ uuid: 'a', state: 2, item: '{}' }], says: /other bytes/ },
    'stores what the export does not hold': {
      rows: [{ uuid: 'a', state: 2 }],
      expected: null,
      says: /not in the export/,
    },
    'stores another body': {
      rows: [{ uuid: 'a', state: 2 }],
      expected: { body: 'Your car is ready. ' },
      says: /another body/,
    },
    'stores another instant': {
      rows: [{ uuid: 'a', state: 2 }],
      expected: { sentOnMs: SENT_AT_MS - 1 },
      says: /another time than in the export/,
    },
    'stores it for somebody else': {
      rows: [{ uuid: 'a', state: 2 }],
      expected: { customerUuid: 'other' },
      says: /somebody else than in the export/,
    },
  };
  for (const [name, { rows, says, expected }] of Object.entries(lies)) {
    test(`catches an import that ${name}`, async (t) => {
      const simulator = await simulatorFor(t, { keepBodies: true });
      await send(simulator, [textItem('a')]);
      const messages = new Map<string, ExpectedMessage>();
      if (expected !== null) messages.set('a', { ...EXPECTED, ...expected });
      const given = { ledger: ledgerWith(t, rows), baseUrl: simulator.baseUrl, expected: messages };
      await assert.rejects(assertImportIsTrue(given), says);
    });
  }

  test('catches bad manners', async (t) => {
    const simulator = await simulatorFor(t, { latencyMs: 20 });
    await Promise.all([send(simulator, [textItem('a')]), send(simulator, [textItem('b')])]);
    await assert.rejects(assertGoodManners(simulator.baseUrl), /one request in flight/);
    const other = await simulatorFor(t);
    await send(other, [textItem('a', 2), textItem('b', 1)]);
    await assert.rejects(assertGoodManners(other.baseUrl), /conversation order/);
    const third = await simulatorFor(t);
    await send(third, [textItem('a')]);
    await send(third, [textItem('b')]);
    await assertGoodManners(third.baseUrl, 2);
    await assert.rejects(assertGoodManners(third.baseUrl, 1), /2 requests arrived/);
  });
});
