/**
 * Rows that stand in for lost ones: what is left refers to them. They hold no more than that they are lost.
 *
 * Each stream also gets a run that stands for the rescue itself (`ledger recover`), and places for messages of which
 * nobody can say where they belong: a conversation, an input and an attempt (temporary table `lost_place`).
 */
import type Database from 'better-sqlite3';
import { RECOVER_COMMAND } from './rescue-run.ts';

const LOST = '(lost)';

/** @returns how many rows were added, the rescue's runs left out. */
export function addStandIns(db: Database.Database, nowMs: number): number {
  const add = (sql: string) => db.prepare(sql).run({ nowMs, lost: LOST }).changes;
  addLostPlaces(db, nowMs);
  const lostRun = '(SELECT run FROM lost_place WHERE lost_place.stream = found.stream)';
  return (
    add(`INSERT OR IGNORE INTO message_type (id, name) SELECT DISTINCT type, @lost || ' ' || type FROM message
      WHERE type IS NOT NULL AND type NOT IN (SELECT id FROM message_type)`) +
    add(`INSERT OR IGNORE INTO input (id, run, stream, name, status)
      SELECT id, ${lostRun}, stream, @lost, 'damaged' FROM (
        SELECT input AS id, stream FROM message UNION SELECT input, stream FROM reject UNION
        SELECT seen_input, stream FROM reject UNION SELECT input, stream FROM conflict) found
      WHERE id NOT IN (SELECT id FROM input)`) +
    add(`INSERT OR IGNORE INTO run (id, stream, command, status, started_at_ms)
      SELECT id, stream, @lost, 'crashed', 0 FROM (
        SELECT uncertain_run AS id, stream FROM message WHERE uncertain_run IS NOT NULL UNION
        SELECT run, stream FROM input UNION
        SELECT attempt.run, department.stream FROM attempt JOIN conversation ON conversation.id = attempt.conversation
          JOIN department ON department.id = conversation.department) found
      WHERE id NOT IN (SELECT id FROM run)`) +
    add(`INSERT OR IGNORE INTO attempt
        (id, run, conversation, number, messages, request_bytes, started_at_ms, ended_at_ms, result)
      SELECT message.attempt, lost_place.run, lost_place.conversation, 0, 0, 0, 0, 0, 'LOST'
      FROM message JOIN lost_place ON lost_place.stream = message.stream
      WHERE message.attempt IS NOT NULL AND message.attempt NOT IN (SELECT id FROM attempt)`) +
    3 * (db.prepare('SELECT count(*) FROM lost_place').pluck().get() as number)
  );
}

function addLostPlaces(db: Database.Database, nowMs: number): void {
  db.exec(`CREATE TEMP TABLE lost_place (
    stream INTEGER PRIMARY KEY, run INTEGER, department INTEGER, conversation INTEGER, input INTEGER, attempt INTEGER)`);
  const insert = (sql: string, ...values: readonly unknown[]) =>
    db.prepare(sql).run(...values).lastInsertRowid;
  for (const stream of db.prepare<[], number>('SELECT id FROM stream').pluck().all()) {
    const run = insert(
      `INSERT INTO run (stream, command, status, started_at_ms, ended_at_ms) VALUES (?, '${RECOVER_COMMAND}', 'complete', ?, ?)`,
      ...[stream, nowMs, nowMs],
    );
    db.prepare('INSERT OR IGNORE INTO department (stream, uuid) VALUES (?, ?)').run(stream, LOST);
    const department = db
      .prepare('SELECT id FROM department WHERE stream = ? AND uuid = ?')
      .pluck()
      .get(stream, LOST);
    db.prepare('INSERT OR IGNORE INTO conversation (department, customer_uuid) VALUES (?, ?)').run(
      ...[department, LOST],
    );
    const conversation = db
      .prepare('SELECT id FROM conversation WHERE department = ? AND customer_uuid = ?')
      .pluck()
      .get(department, LOST);
    const input = insert(
      "INSERT INTO input (run, stream, name, status) VALUES (?, ?, ?, 'damaged')",
      ...[run, stream, LOST],
    );
    const attempt = insert(
      `INSERT INTO attempt (run, conversation, number, messages, request_bytes, started_at_ms, ended_at_ms, result)
       VALUES (?, ?, 0, 0, 0, ?, ?, 'LOST')`,
      ...[run, conversation, nowMs, nowMs],
    );
    db.prepare('INSERT INTO lost_place VALUES (?, ?, ?, ?, ?, ?)').run(
      ...[stream, run, department, conversation, input, attempt],
    );
  }
}

/** @returns how many of the places were not needed, and went. */
export function removeUnusedStandIns(db: Database.Database): number {
  const remove = (table: string, place: string, users: readonly string[]) =>
    db
      .prepare(`DELETE FROM ${table} WHERE id IN (SELECT ${place} FROM lost_place)
        AND ${users.map((user) => `id NOT IN (SELECT ${place} FROM ${user} WHERE ${place} IS NOT NULL)`).join(' AND ')}`)
      .run().changes;
  const gone =
    remove('attempt', 'attempt', ['message']) +
    remove('conversation', 'conversation', ['message', 'attempt']) +
    remove('input', 'input', ['message', 'reject', 'conflict']);
  remove('department', 'department', ['conversation']);
  return gone;
}
