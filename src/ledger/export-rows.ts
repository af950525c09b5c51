import type { FieldError } from '../errors.ts';
import { type LedgerContext, STATE } from './context.ts';
import type { ExportRow, ExportState, Ledger, MessageState } from './ledger.ts';
import { REJECT_STATUS } from './rejects.ts';
import { withLedgerErrors } from './sqlite-errors.ts';

/** Rows read at a time: an open cursor would keep the connection from being written meanwhile. */
const PAGE_ROWS = 100;

type Row = { readonly id: number } & Omit<ExportRow, 'state'>;

/** `export()`: rows of one state in the order in which they were first read. */
export function createExport(context: LedgerContext): Pick<Ledger, 'export'> {
  return {
    async *export(state) {
      for (const sql of selectsFor(state, context)) {
        for (const row of pages(context, sql)) {
          yield state === 'rejected' ? { ...row, ...describeErrors(row.error), state } : { ...row, state };
        }
      }
    },
  };
}

/** `sql` names its table `t` and takes rows after an id. */
function* pages({ db, path }: LedgerContext, sql: string): Generator<Omit<Row, 'id'>> {
  const page = db.prepare<[number, number], Row>(`${sql} AND t.id > ? ORDER BY t.id LIMIT ?`);
  let lastId = 0;
  for (;;) {
    const rows = withLedgerErrors(path, () => page.all(lastId, PAGE_ROWS));
    for (const { id, ...row } of rows) {
      lastId = id;
      yield row;
    }
    if (rows.length < PAGE_ROWS) return;
  }
}

function selectsFor(state: ExportState, context: LedgerContext): readonly string[] {
  switch (state) {
    case 'rejected':
      return [selectRejects(context)];
    case 'conflict':
      return [selectConflicts(context)];
    case 'unknown':
      // What a crashed process left `sending` is as good as unknown, and the next run calls it so.
      return [selectMessages(context, 'unknown'), `${selectMessages(context, 'pending')} AND ${IS_SENDING}`];
    case 'pending':
      return [`${selectMessages(context, 'pending')} AND NOT ${IS_SENDING}`];
    default:
      return [selectMessages(context, state)];
  }
}

function selectRejects({ stream }: LedgerContext): string {
  return `
    SELECT t.id, t.record AS recordJson, t.source_uuid AS sourceUuid, NULL AS departmentUuid, t.customer_uuid AS customerUuid,
      NULL AS messageUuid, NULL AS code, t.errors AS error, input.name AS file, t.line
    FROM reject t JOIN input ON input.id = t.input
    WHERE t.stream = ${stream} AND t.status = ${REJECT_STATUS.open}`;
}

function selectConflicts({ stream }: LedgerContext): string {
  return `
    SELECT t.id, t.record AS recordJson, m.source_uuid AS sourceUuid, department.uuid AS departmentUuid,
      conversation.customer_uuid AS customerUuid, m.message_uuid AS messageUuid, 'CONFLICT' AS code,
      'kept: ' || kept.name || coalesce(':' || m.line, '') AS error, input.name AS file, t.line
    FROM conflict t JOIN input ON input.id = t.input
    JOIN message m ON m.id = t.message JOIN input kept ON kept.id = m.input
    JOIN conversation ON conversation.id = m.conversation JOIN department ON department.id = conversation.department
    WHERE t.stream = ${stream} AND t.superseded = 0`;
}

/** The states that the index on open messages covers. */
const OPEN: readonly MessageState[] = ['pending', 'failed', 'unknown'];

const IS_SENDING = 't.id IN (SELECT in_flight.message FROM in_flight)';

function selectMessages({ stream }: LedgerContext, state: MessageState): string {
  // The others are found by walking the table in its order: `+` keeps SQLite from going by identity, and sorting.
  const ofStream = `${OPEN.includes(state) ? '' : '+'}t.stream = ${stream}`;
  return `
    SELECT t.id, payload.record AS recordJson, t.source_uuid AS sourceUuid, department.uuid AS departmentUuid,
      conversation.customer_uuid AS customerUuid, t.message_uuid AS messageUuid, t.code, t.error,
      input.name AS file, t.line
    FROM message t JOIN input ON input.id = t.input LEFT JOIN payload ON payload.message = t.id
    JOIN conversation ON conversation.id = t.conversation JOIN department ON department.id = conversation.department
    WHERE ${ofStream} AND t.state = ${STATE[state]}`;
}

function describeErrors(errorsJson: string | null): Pick<ExportRow, 'code' | 'error'> {
  const errors = JSON.parse(errorsJson ?? '[]') as FieldError[];
  const error = errors.map(({ field, message, fix }) => `${field}: ${message} (${fix})`).join('; ');
  return { code: errors[0]?.code ?? null, error };
}
