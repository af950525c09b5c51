import type Database from 'better-sqlite3';
import { contentHashOf } from '../../messages/content-hash.ts';
import { shortHash } from '../../short-hash.ts';

/** Rows held in memory at once: each may be large. */
const ROWS_AT_ONCE = 100;

interface PayloadRow {
  readonly message: number;
  readonly item: string;
  readonly record: string;
  readonly content_hash: Buffer;
  readonly record_hash: Buffer;
  readonly department_uuid: string;
  readonly customer_uuid: string;
}

/**
 * Drops payloads that are not what their messages' hashes say: words that nobody wrote, or to somebody else, are never
 * sent. @returns how many.
 */
export function dropWrongPayloads(db: Database.Database): number {
  const next = db.prepare<[number, number], PayloadRow>(`
    SELECT payload.message, item, record, content_hash, record_hash, department.uuid AS department_uuid, customer_uuid
    FROM payload JOIN message ON message.id = payload.message
    JOIN conversation ON conversation.id = message.conversation
    JOIN department ON department.id = conversation.department
    WHERE payload.message > ? ORDER BY payload.message LIMIT ?`);
  const drop = db.prepare('DELETE FROM payload WHERE message = ?');
  let dropped = 0;
  let last = -1;
  for (;;) {
    const rows = next.all(last, ROWS_AT_ONCE);
    if (rows.length === 0) return dropped;
    for (const row of rows) {
      last = row.message;
      if (isWhole(row)) continue;
      drop.run(row.message);
      dropped += 1;
    }
  }
}

function isWhole({ item, record, content_hash, record_hash, department_uuid, customer_uuid }: PayloadRow) {
  return (
    contentHashOf(department_uuid, customer_uuid, item).equals(content_hash) &&
    shortHash(record).equals(record_hash)
  );
}
