/** A ledger as an earlier version of the program would have left it when it was killed, made with plain SQL. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Place } from './place.ts';
import type { Planted } from './planted-export.ts';
import { sendDirectly } from './send-directly.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
const MESSAGES = 60;
const MESSAGES_A_REQUEST = 5;
const DEPARTMENT = 'dept-0';

interface MigrationFile {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export function migrationFiles(): readonly MigrationFile[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name, index) => ({
      ...{ version: index + 1, name },
      sql: readFileSync(new URL(name, MIGRATIONS), 'utf8'),
    }));
}

/** Tables, indexes and triggers as the first `version` migrations make them. */
export function schemaAfter(version: number): unknown[] {
  const db = new Database(':memory:');
  try {
    applyMigrations(db, version);
    return schemaOf(db);
  } finally {
    db.close();
  }
}

export function schemaOf(db: Database.Database): unknown[] {
  return db.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all();
}

function applyMigrations(db: Database.Database, version: number): void {
  db.exec(
    'CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL) STRICT',
  );
  for (const { version: number, name, sql } of migrationFiles().slice(0, version)) {
    db.exec(sql);
    db.prepare('INSERT INTO schema_version VALUES (?, ?, 0)').run(number, name);
  }
}

/** How messages stand in it, by the ledger's codes: pending, sending, accepted, failed, unknown. */
const STANDINGS = [
  { state: 0, ambiguous: 0, stored: false },
  { state: 1, ambiguous: 0, stored: false },
  { state: 1, ambiguous: 0, stored: true },
  { state: 2, ambiguous: 0, stored: true },
  { state: 3, ambiguous: 0, stored: false },
  { state: 4, ambiguous: 1, stored: true },
] as const;

/**
 * What the API has of its messages is sent there first.
 *
 * @param version how many migrations it has had
 * @param planted gets its messages
 */
export async function writeOlderLedger(
  { ledger, api, random, interrupted }: Place,
  version: number,
  planted: Planted,
): Promise<void> {
  const { baseUrl } = api;
  const db = new Database(ledger);
  chmodSync(ledger, 0o600);
  db.pragma('journal_mode = WAL');
  applyMigrations(db, version);
  db.prepare(
    `INSERT INTO stream (id, name, destination_type, base_url, created_at_ms)
     VALUES (1, 'project', 'mykaarma-historical', ?, 0)`,
  ).run(baseUrl);
  db.exec(`
    INSERT INTO run (stream, command, status, started_at_ms) VALUES (1, 'run', 'running', 0);
    INSERT INTO input (run, stream, name, status) VALUES (1, 1, 'older.csv', 'reading');
    INSERT INTO department (id, stream, uuid) VALUES (1, 1, '${DEPARTMENT}')`);
  for (let request = 1; request <= MESSAGES / MESSAGES_A_REQUEST; request += 1) {
    const customerUuid = `older-${request}`;
    const standing = random.pick(STANDINGS);
    db.prepare('INSERT INTO conversation (id, department, customer_uuid) VALUES (?, 1, ?)').run(
      request,
      customerUuid,
    );
    db.prepare(`
      INSERT INTO attempt (id, run, conversation, number, messages, request_bytes, started_at_ms)
      VALUES (?, 1, ?, 1, ?, 0, 0)`).run(request, request, MESSAGES_A_REQUEST);
    const items: string[] = [];
    for (let at = 0; at < MESSAGES_A_REQUEST; at += 1) {
      const id = (request - 1) * MESSAGES_A_REQUEST + at + 1;
      const sourceUuid = `older-m-${id}`;
      const sentOnMs = Date.UTC(2022, 0, 1, 0, id);
      const body = `Older message ${id}`;
      const item = JSON.stringify({
        ...{ sourceUuid, sentOn: new Date(sentOnMs).toISOString() },
        messageAttributes: { body, type: 'OUTGOING', protocol: 'TEXT', isManual: true },
      });
      items.push(item);
      planted.messages.set(sourceUuid, { departmentUuid: DEPARTMENT, customerUuid, body, sentOnMs });
      const { state, ambiguous } = standing;
      if (state === 1 || state === 4) interrupted(sourceUuid, request);
      db.prepare(`
        INSERT INTO message (stream, source_uuid, conversation, sent_at_ms, state, has_payload, ambiguous,
          content_hash, record_hash, input, attempt)
        VALUES (1, @sourceUuid, @request, @sentOnMs, @state, @hasPayload, @ambiguous, @hash, @hash, 1, @attempt)`).run(
        {
          ...{ sourceUuid, request, sentOnMs, state, ambiguous, hash: randomBytes(16) },
          ...{ hasPayload: state === 2 ? 0 : 1, attempt: state === 0 ? null : request },
        },
      );
      if (state !== 2)
        db.prepare('INSERT INTO payload (message, item, record) VALUES (?, ?, ?)').run(id, item, '{}');
    }
    if (standing.stored) await sendDirectly(baseUrl, { departmentUuid: DEPARTMENT, customerUuid }, items);
  }
  db.exec(`
    INSERT INTO message_tally (stream, state) SELECT 1, value FROM json_each('[0,1,2,3,4,5,6]');
    UPDATE message_tally SET messages = (SELECT count(*) FROM message WHERE message.state = message_tally.state)`);
  db.close();
}
