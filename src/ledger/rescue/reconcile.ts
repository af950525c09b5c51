/**
 * Makes a sound ledger of the rows that were rescued. Nothing is invented, and nothing may be sent twice by it: a message
 * of which anything speaks against its state, or nothing for it where something should, is `unknown` and not sent again
 * by itself; one of which only the identity is left keeps that, so that it is not taken for a new one.
 */
import type Database from 'better-sqlite3';
import { STATE, STATE_NOW } from '../context.ts';
import { MESSAGE_STATES } from '../ledger.ts';
import { dropWrongPayloads } from './payloads.ts';
import { addStandIns, removeUnusedStandIns } from './stand-ins.ts';
import { tableShapes } from './tables.ts';

/** The stream whose own row is lost, as the configuration knows it. */
export interface StreamBinding {
  readonly stream: string;
  readonly destinationType: string;
  readonly baseUrl: string;
}

export interface Reconciliation {
  /** Messages that are unknown now because their state could not be trusted; those without a row included. */
  readonly unknown: number;
  /** Messages of which only the identity was found, in the index. */
  readonly identityOnly: number;
  /** Of them: known to the table under another identity. Two messages stand for one, and nobody knows which is right. */
  readonly disputed: number;
  /** Payloads that were dropped because they are not those of their message. */
  readonly payloadsDropped: number;
  /** Messages that had a payload, and have it no more. */
  readonly payloadsLost: number;
  /** Rows that were dropped because what they refer to is gone, by table. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Names of streams that the configuration had to tell. */
  readonly assumedStreams: readonly string[];
  /** Rows that stand in for lost ones, to which others refer. */
  readonly standIns: number;
}

/** Deletes rows, and counts them as lost. */
type Drop = (table: string, condition: string) => void;

/** `code` of messages that are unknown because of the damage. */
const DAMAGED_CODE = 'LEDGER_DAMAGED';
const DAMAGED_ERROR = 'The ledger was damaged: what became of this message is not certain.';
/** More than any run sends by itself. */
const NO_MORE_RESENDS = 1_000_000;

/**
 * @param isStale whether later states may have been lost: then no message can be said to be unsent
 * @param sendingCounts how many messages each stream was sending, by the ledger's own count; by stream
 */
export function reconcile(
  db: Database.Database,
  {
    isStale,
    sendingCounts,
    binding,
    nowMs,
  }: {
    isStale: boolean;
    sendingCounts: ReadonlyMap<number, number>;
    binding: StreamBinding;
    nowMs: number;
  },
): Reconciliation {
  const dropped = new Map<string, number>();
  const drop: Drop = (table, condition) => {
    const { changes } = db.prepare(`DELETE FROM ${table} WHERE ${condition}`).run();
    if (changes > 0) dropped.set(table, (dropped.get(table) ?? 0) + changes);
  };
  const triggers = takeTriggers(db);

  const assumedStreams = restoreStream(db, binding, nowMs);
  for (const table of ['run', 'input', 'department', 'message', 'reject', 'conflict', 'archive']) {
    drop(table, 'stream NOT IN (SELECT id FROM stream)');
  }
  drop('conversation', 'department NOT IN (SELECT id FROM department)');
  drop('attempt', 'conversation NOT IN (SELECT id FROM conversation)');

  readEarlierIntents(db);
  doubt(db, isStale);
  doubtUnlessAllIntentsAreFound(db, sendingCounts);
  const standIns = addStandIns(db, nowMs);
  const { added: identityOnly, disputed } = addIdentities(db);
  settleDoubts(db);
  drop('payload', 'message NOT IN (SELECT id FROM message)');
  const payloadsDropped = dropWrongPayloads(db);
  const { changes: payloadsLost } = db
    .prepare(
      'UPDATE message SET has_payload = 0 WHERE has_payload <> 0 AND id NOT IN (SELECT message FROM payload)',
    )
    .run();
  db.exec(
    'UPDATE message SET has_payload = 1 WHERE has_payload <> 1 AND id IN (SELECT message FROM payload)',
  );
  drop('evidence', 'message NOT IN (SELECT id FROM message) OR archive NOT IN (SELECT id FROM archive)');
  dropBrokenReferences(db, drop);
  forgetDoubtfulIntents(db);
  const unused = removeUnusedStandIns(db);
  countAgain(db);
  for (const sql of triggers) db.exec(sql);
  const unknown = (db.prepare('SELECT count(*) FROM doubtful').pluck().get() as number) + identityOnly;
  return {
    ...{ unknown, identityOnly, disputed, payloadsDropped, payloadsLost, dropped, assumedStreams },
    standIns: standIns - unused,
  };
}

/** They count message by message what is counted once at the end. @returns their SQL. */
function takeTriggers(db: Database.Database): readonly string[] {
  const triggers = db
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  return triggers.map(({ sql }) => sql);
}

/** The one stream that everything speaks of, but whose own row is lost, can only be the configured one. */
function restoreStream(
  db: Database.Database,
  { stream, destinationType, baseUrl }: StreamBinding,
  nowMs: number,
): readonly string[] {
  const lost = db
    .prepare<[], number>('SELECT DISTINCT stream FROM message WHERE stream NOT IN (SELECT id FROM stream)')
    .pluck()
    .all();
  if (lost.length !== 1) return [];
  const { changes } = db
    .prepare(
      `INSERT OR IGNORE INTO stream (id, name, destination_type, base_url, created_at_ms) VALUES (?, ?, ?, ?, ?)`,
    )
    .run(lost[0], stream, destinationType, baseUrl, nowMs);
  return changes === 1 ? [stream] : [];
}

const STATES = Object.values(STATE).join();
/** The index on open messages says the same of them. */
const OPEN = `${STATE.pending}, ${STATE.failed}, ${STATE.unknown}`;

/** True of a message of which nobody can say to whom it goes. */
const NOBODYS = `NOT EXISTS (
  SELECT 1 FROM conversation JOIN department ON department.id = conversation.department
  WHERE conversation.id = message.conversation AND department.stream = message.stream)`;

/** The index on identities says otherwise than a message's row. Each query gives ids. */
const DISPUTES: readonly string[] = [
  `SELECT message.id FROM found_identity found JOIN message ON message.id = found.id
   WHERE message.stream <> found.stream OR message.source_uuid <> found.source_uuid`,
  `SELECT message.id FROM found_identity found
   JOIN message ON message.stream = found.stream AND message.source_uuid = found.source_uuid
   WHERE message.id <> found.id`,
];

/** Reasons to doubt what a message's row says of its state. */
const DOUBTS: readonly string[] = [
  ...DISPUTES,
  // The index on open messages says otherwise, or does not confirm it.
  `SELECT id FROM message WHERE state IN (${OPEN})
   AND NOT EXISTS (SELECT 1 FROM found_open f WHERE f.id = message.id AND f.stream = message.stream AND f.state = message.state)`,
  `SELECT message.id FROM found_open f JOIN message ON message.id = f.id
   WHERE f.state <> message.state OR f.stream <> message.stream`,
  // No message is ever like this.
  `SELECT id FROM message WHERE state NOT IN (${STATES}) OR ambiguous NOT IN (0, 1) OR has_payload NOT IN (0, 1)
   OR (ambiguous = 1) <> (state = ${STATE.unknown})
   OR (attempt IS NULL AND state <> ${STATE.pending})`,
  `SELECT id FROM message WHERE ${NOBODYS}`,
  `SELECT message.id FROM in_flight JOIN message ON message.id = in_flight.message
   WHERE message.state NOT IN (${STATE.pending}, ${STATE.unknown}) OR message.conversation <> in_flight.conversation`,
];

/** Until migration 009, what was being sent stood in the messages' own rows: as that migration, reads it from there. */
function readEarlierIntents(db: Database.Database): void {
  const before = `CASE ambiguous WHEN 1 THEN ${STATE.unknown} ELSE ${STATE.pending} END`;
  db.exec(`
    UPDATE attempt SET message_ids = sending.ids
    FROM (
      SELECT attempt AS id, json_group_array(id) AS ids FROM message WHERE state = ${STATE.sending} GROUP BY attempt) sending
    WHERE attempt.id = sending.id AND ended_at_ms IS NULL;
    UPDATE OR IGNORE found_open SET state = (SELECT ${before} FROM message WHERE message.id = found_open.id)
    WHERE state = ${STATE.sending} AND id IN (SELECT id FROM message WHERE state = ${STATE.sending});
    UPDATE message SET state = ${before}, attempt = CASE ambiguous WHEN 1 THEN attempt END WHERE state = ${STATE.sending}`);
}

function doubt(db: Database.Database, isStale: boolean): void {
  const all = isStale ? [...DOUBTS, `SELECT id FROM message WHERE state IN (${OPEN})`] : DOUBTS;
  for (const sql of all) db.exec(`INSERT OR IGNORE INTO doubtful ${sql}`);
  // Words go out under the identity that they were written for, or not at all.
  for (const sql of DISPUTES) db.exec(`DELETE FROM payload WHERE message IN (${sql})`);
}

/**
 * That a message is being sent stands in one row, that of the attempt. Where the ledger counted other messages in flight than
 * those rows tell of, any that is pending or unknown may be one of them.
 */
function doubtUnlessAllIntentsAreFound(
  db: Database.Database,
  sendingCounts: ReadonlyMap<number, number>,
): void {
  const foundCounts = db.prepare<[], { stream: number; found: number }>(`
    SELECT stream.id AS stream, (
      SELECT count(*) FROM in_flight JOIN conversation ON conversation.id = in_flight.conversation
      JOIN department ON department.id = conversation.department WHERE department.stream = stream.id) AS found
    FROM stream`);
  for (const { stream, found } of foundCounts.all()) {
    if (sendingCounts.get(stream) === found) continue;
    db.prepare(`
      INSERT OR IGNORE INTO doubtful
      SELECT id FROM message WHERE stream = ? AND state IN (${STATE.pending}, ${STATE.unknown})`).run(stream);
  }
}

/**
 * Messages that the index on identities knows, and no row.
 * @returns how many; `disputed` of them have their row under another identity, so that one of both never was.
 */
function addIdentities(db: Database.Database): { added: number; disputed: number } {
  const add = (id: string, condition: string) =>
    db
      .prepare(`
        INSERT OR IGNORE INTO message (id, stream, source_uuid, conversation, sent_at_ms, state, has_payload, ambiguous,
          resends, content_hash, record_hash, input, attempt, code, error)
        SELECT ${id}, found.stream, found.source_uuid, lost.conversation, 0, ${STATE.unknown}, 0, 1, ${NO_MORE_RESENDS},
          zeroblob(16), zeroblob(16), lost.input, lost.attempt, ?, ?
        FROM found_identity found JOIN lost_place lost ON lost.stream = found.stream
        WHERE ${condition} AND NOT EXISTS (
          SELECT 1 FROM message WHERE message.stream = found.stream AND message.source_uuid = found.source_uuid)`)
      .run(DAMAGED_CODE, DAMAGED_ERROR).changes;
  const added = add('found.id', 'found.id NOT IN (SELECT id FROM message)');
  const disputed = add('NULL', 'true');
  return { added: added + disputed, disputed };
}

function settleDoubts(db: Database.Database): void {
  const nobodys = `id IN (SELECT id FROM doubtful) AND ${NOBODYS}`;
  const lost = (column: string) =>
    `(SELECT ${column} FROM lost_place WHERE lost_place.stream = message.stream)`;
  db.exec(`
    DELETE FROM payload WHERE message IN (SELECT id FROM message WHERE ${nobodys});
    UPDATE message SET conversation = ${lost('conversation')} WHERE ${nobodys}`);
  db.prepare(`
    UPDATE message SET state = ${STATE.unknown}, ambiguous = 1, queued_by = NULL, resends = ${NO_MORE_RESENDS},
      code = ?, error = ?, attempt = coalesce(attempt, ${lost('attempt')})
    WHERE id IN (SELECT id FROM doubtful)`).run(DAMAGED_CODE, DAMAGED_ERROR);
}

/** What is doubtful is unknown; what is gone, nobody is sending. And nothing confirms an outcome that was not applied. */
function forgetDoubtfulIntents(db: Database.Database): void {
  db.exec(`
    UPDATE attempt SET outcome = NULL, message_ids = (
      SELECT json_group_array(message.id) FROM in_flight
      JOIN message ON message.id = in_flight.message AND message.conversation = in_flight.conversation
      WHERE in_flight.attempt = attempt.id AND message.id NOT IN (SELECT id FROM doubtful))
    WHERE ended_at_ms IS NULL`);
}

/** Of whatever table: those that others refer to have stand-ins by now. What goes may leave others alone. */
function dropBrokenReferences(db: Database.Database, drop: Drop): void {
  const tables = tableShapes(db).filter(({ hasRowid }) => hasRowid);
  while (db.prepare('SELECT 1 FROM pragma_foreign_key_check WHERE rowid IS NOT NULL').get() !== undefined) {
    for (const { name } of tables) {
      drop(name, `rowid IN (SELECT rowid FROM pragma_foreign_key_check('${name}'))`);
    }
  }
}

function countAgain(db: Database.Database): void {
  db.exec(`
    DELETE FROM message_tally;
    INSERT INTO message_tally (stream, state, messages)
    SELECT stream.id, states.value, coalesce(counted.messages, 0)
    FROM stream CROSS JOIN json_each('[${[...MESSAGE_STATES.keys()].join()}]') states
    LEFT JOIN (SELECT stream, ${STATE_NOW} AS state, count(*) AS messages FROM message GROUP BY 1, 2) counted
      ON counted.stream = stream.id AND counted.state = states.value`);
}
