/**
 * Rejected records, each kept once however often it is read.
 *
 *             read again, rejected again: the same one
 *             ┌──┐
 *   (read) ─▶ open ──a later reading does not reject it──▶ closed ──it does again──▶ open
 *              ├────fed back from an export, and taken───▶ corrected
 *              └────a person's word─────────────────────▶ dismissed
 *
 * A reject of its own identity (see `StagedReject.own`) is matched by that identity only.
 *
 * `corrected` and `dismissed` are final: tonight's export still holds the bad record, and nobody is to hear of it again.
 */
import { keepsAccepted, type LedgerContext } from './context.ts';
import type { HashedRecord, HashedReject } from './hashed-record.ts';
import type { InputId, RunId } from './ledger.ts';

export const REJECT_STATUS = { open: 0, closed: 1, corrected: 2, dismissed: 3 } as const;
const { open, closed, corrected, dismissed } = REJECT_STATUS;

interface RejectRow {
  readonly id: number;
  readonly status: number;
  readonly unreadable: number;
  readonly same_record: number;
  readonly record: string | null;
}

export interface Rejects {
  /** Whether the stream holds open rejects: without any, records need not be looked up. */
  anyOpen(): boolean;
  /** A record was rejected: keeps it, unless it is known. */
  keep(record: HashedReject, input: InputId): void;
  /**
   * A record was not rejected: closes its reject.
   * @returns false when it must be rejected all the same: the reader could not read it where it first stood, and it has
   *   been fed back as it was.
   */
  release(record: HashedRecord, input: InputId): boolean;
  /** A record turned out to be of somebody who was erased: nothing is kept of its rejects. */
  erase(record: HashedRecord): void;
  dismiss(filter: { readonly ids?: readonly string[]; readonly run?: RunId }): number;
}

export function createRejects(context: LedgerContext): Rejects {
  const { db, stream } = context;
  /** A closed reject's words are somebody's too. */
  const droppedRecord = keepsAccepted(context) ? 'record' : 'NULL';

  const COLUMNS = 'r.id, r.status, r.unreadable, r.record_hash = @recordHash AS same_record, r.record';
  const statements = {
    anyOpen: db.prepare(`SELECT 1 FROM reject WHERE stream = ${stream} AND status = ${open} LIMIT 1`).pluck(),
    // Where lines mean nothing, a position does not name a record; hash or identity has to.
    byOrigin: db.prepare<[object], RejectRow>(`
      SELECT ${COLUMNS} FROM reject r JOIN input i ON i.id = r.input
      WHERE r.stream = ${stream} AND r.line IS @line AND i.name = @file
        AND (r.line IS NOT NULL OR r.record_hash = @recordHash OR r.source_uuid = @sourceUuid)
        AND (r.own = 0 OR r.source_uuid IS @sourceUuid)
      ORDER BY r.status = ${open} DESC, same_record DESC, r.source_uuid IS @sourceUuid DESC, r.seen_input DESC
      LIMIT 1`),
    // Equal records of one input are several rejects: each is matched once per reading.
    unseen: db.prepare<[object], RejectRow>(`
      SELECT ${COLUMNS} FROM reject r
      WHERE r.stream = ${stream} AND r.record_hash = @recordHash
        AND r.status IN (${open}, ${closed}, ${corrected}, ${dismissed}) AND r.seen_input < @input
        AND (r.own = 0 OR r.source_uuid IS @sourceUuid)
      ORDER BY r.status, r.seen_input, r.id LIMIT 1`),
    openByRecord: db.prepare<[object], { id: number }>(`
      SELECT id FROM reject
      WHERE stream = ${stream} AND record_hash = @recordHash AND status = ${open}
        AND (own = 0 OR source_uuid IS @sourceUuid)
      ORDER BY seen_input, id LIMIT 1`),
    insert: db.prepare(`
      INSERT INTO reject (stream, status, record_hash, input, line, byte, place, seen_input, unreadable,
        source_uuid, customer_uuid, own, errors, record)
      VALUES (${stream}, ${open}, @recordHash, @input, @line, @byte, @place, @input, @unreadable,
        @sourceUuid, @customerUuid, @own, @errors, CAST(@record AS TEXT))`),
    update: db.prepare(`
      UPDATE reject SET status = ${open}, seen_input = @input, unreadable = @unreadable, source_uuid = @sourceUuid,
        customer_uuid = coalesce(@customerUuid, customer_uuid), own = @own, errors = @errors,
        record = CAST(@record AS TEXT)
      WHERE id = @id`),
    seen: db.prepare('UPDATE reject SET seen_input = @input WHERE id = @id'),
    eraseById: db.prepare('DELETE FROM reject WHERE id = @id'),
    eraseByRecord: db.prepare(`
      DELETE FROM reject
      WHERE stream = ${stream} AND record_hash = @recordHash AND (own = 0 OR source_uuid IS @sourceUuid)`),
    close: db.prepare(`UPDATE reject SET status = @status, record = ${droppedRecord} WHERE id = @id`),
  };

  function findByOrigin(record: HashedRecord): RejectRow | undefined {
    const { origin, recordHash } = record;
    if (origin === undefined || origin.file === null) return undefined;
    return statements.byOrigin.get({ ...origin, recordHash, sourceUuid: identityOf(record) });
  }

  function keep(record: HashedReject, input: InputId): void {
    const { recordHash, recordJson, sourceUuid, position } = record;
    const known = findByOrigin(record) ?? statements.unseen.get({ recordHash, input, sourceUuid });
    const isFinal = known?.status === corrected || known?.status === dismissed;
    if (known !== undefined && isFinal) {
      statements.seen.run({ id: known.id, input });
      return;
    }
    const fields = {
      unreadable: record.unreadable || (known?.unreadable === 1 && isUnchanged(known, record)) ? 1 : 0,
      own: record.own === true ? 1 : 0,
      ...{ input, sourceUuid, customerUuid: record.customerUuid ?? null },
      ...{ errors: JSON.stringify(record.errors), record: recordJson },
    };
    if (known !== undefined) statements.update.run({ id: known.id, ...fields });
    else {
      const { line, byte, index: place } = position;
      statements.insert.run({ ...fields, recordHash, line, byte, place });
    }
  }

  function release(record: HashedRecord, input: InputId): boolean {
    const origin = findByOrigin(record);
    if (origin?.unreadable === 1 && isUnchanged(origin, record)) {
      statements.seen.run({ id: origin.id, input });
      return false;
    }
    if (origin?.status === open) {
      statements.close.run({ id: origin.id, status: corrected });
    } else {
      const { recordHash } = record;
      const known = statements.openByRecord.get({ recordHash, sourceUuid: identityOf(record) });
      if (known !== undefined) statements.close.run({ id: known.id, status: closed });
    }
    return true;
  }

  function erase(record: HashedRecord): void {
    const origin = findByOrigin(record);
    if (origin !== undefined) statements.eraseById.run({ id: origin.id });
    statements.eraseByRecord.run({ recordHash: record.recordHash, sourceUuid: identityOf(record) });
  }

  const dismiss = db.transaction((filter: { readonly ids?: readonly string[]; readonly run?: RunId }) => {
    const { changes } = db
      .prepare(`
        UPDATE reject SET status = ${dismissed}, record = ${droppedRecord}
        WHERE stream = ${stream} AND status = ${open}
          AND (@ids IS NULL OR source_uuid IN (SELECT value FROM json_each(@ids)) OR
            (SELECT name FROM input WHERE id = reject.input) || ':' || coalesce(line, '')
              IN (SELECT value FROM json_each(@ids)))
          AND (@run IS NULL OR (SELECT run FROM input WHERE id = reject.seen_input) = @run)`)
      .run({ ids: filter.ids === undefined ? null : JSON.stringify(filter.ids), run: filter.run ?? null });
    return changes;
  });

  return {
    anyOpen: () => statements.anyOpen.get() !== undefined,
    keep,
    release,
    erase,
    dismiss: (filter) => dismiss.immediate(filter),
  };
}

function identityOf(record: HashedRecord): string | null {
  return record.kind === 'skipped' ? null : record.sourceUuid;
}

/** Compared cell by cell: an export pads short rows with empty cells and writes every value as text. */
function isUnchanged(reject: RejectRow, { recordJson }: HashedRecord): boolean {
  if (reject.same_record === 1) return true;
  return reject.record !== null && filledCells(reject.record) === filledCells(String(recordJson));
}

function filledCells(recordJson: string): string {
  const cells = Object.entries(JSON.parse(recordJson) as Record<string, unknown>)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
    .filter(([, value]) => value !== '' && value !== 'null')
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify(cells);
}
