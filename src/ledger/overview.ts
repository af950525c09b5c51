/** What the ledger holds, in numbers. `status` shows it: nothing here but `breakdown` walks over what is done. */
import type { FieldError } from '../errors.ts';
import { type LedgerContext, STATE, stateOf } from './context.ts';
import type { Breakdown, CodeCount, Ledger, MessageState } from './ledger.ts';
import { REJECT_STATUS } from './rejects.ts';

const DAY_MS = 86_400_000;

export function createOverview(
  context: LedgerContext,
): Pick<Ledger, 'counts' | 'stateCounts' | 'openRejects' | 'codes' | 'breakdown'> {
  const { db, stream } = context;
  const tally = db.prepare<[], { state: number; messages: number }>(
    `SELECT state, messages FROM message_tally WHERE stream = ${stream}`,
  );
  const openRejects = db
    .prepare(`SELECT count(*) FROM reject WHERE stream = ${stream} AND status = ${REJECT_STATUS.open}`)
    .pluck();
  const openConflicts = db
    .prepare(`SELECT count(*) FROM conflict WHERE stream = ${stream} AND superseded = 0`)
    .pluck();

  function messagesByState(): Record<MessageState, number> {
    const counts = { pending: 0, sending: 0, accepted: 0, failed: 0, unknown: 0, stored: 0, missing: 0 };
    for (const { state, messages } of tally.all()) counts[stateOf(state)] = messages;
    return counts;
  }

  return {
    async counts() {
      const { pending, sending, accepted, failed, unknown, stored, missing } = messagesByState();
      return { accepted: accepted + stored + missing, failed, unknown: unknown + sending, pending };
    },
    async stateCounts() {
      const { sending, ...states } = messagesByState();
      return {
        ...states,
        unknown: states.unknown + sending,
        rejected: openRejects.get() as number,
        conflict: openConflicts.get() as number,
      };
    },
    openRejects: async () => openRejects.get() as number,
    codes: async (exampleCount) => countCodes(context, exampleCount),
    breakdown: async () => breakDown(context),
  };
}

interface Problem {
  readonly state: CodeCount['state'];
  readonly code: string;
  readonly field: string | null;
  readonly file: string;
  readonly line: number | null;
}

function countCodes(context: LedgerContext, exampleCount: number): readonly CodeCount[] {
  const counts = new Map<string, CodeCount & { count: number; examples: string[] }>();
  for (const { state, code, field, file, line } of problems(context)) {
    const key = JSON.stringify([state, code, field]);
    let entry = counts.get(key);
    if (entry === undefined) {
      entry = { state, code, field, count: 0, examples: [] };
      counts.set(key, entry);
    }
    entry.count += 1;
    if (entry.examples.length < exampleCount) entry.examples.push(line === null ? file : `${file}:${line}`);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

function* problems({ db, stream }: LedgerContext): Generator<Problem> {
  for (const state of ['failed', 'unknown'] as const) {
    yield* db
      .prepare<[], Problem>(`
        SELECT '${state}' AS state, coalesce(code, 'UNKNOWN') AS code, NULL AS field, input.name AS file, line
        FROM message JOIN input ON input.id = message.input
        WHERE message.stream = ${stream} AND state = ${STATE[state]}`)
      .iterate();
  }
  const rejects = db.prepare<[], { errors: string; file: string; line: number | null }>(`
    SELECT errors, input.name AS file, line FROM reject JOIN input ON input.id = reject.input
    WHERE reject.stream = ${stream} AND reject.status = ${REJECT_STATUS.open}`);
  for (const { errors, ...position } of rejects.iterate()) {
    for (const { code, field } of JSON.parse(errors) as FieldError[]) {
      yield { state: 'rejected', code, field, ...position };
    }
  }
  yield* db
    .prepare<[], Problem>(`
      SELECT 'conflict' AS state, 'CONFLICT' AS code, NULL AS field, input.name AS file, line
      FROM conflict JOIN input ON input.id = conflict.input
      WHERE conflict.stream = ${stream} AND superseded = 0`)
    .iterate();
}

/** Walks over every message, in the order of the file (`+` keeps SQLite from going by index): a second for a million. */
function breakDown({ db, stream }: LedgerContext): Breakdown {
  return {
    departments: db
      .prepare<[], Breakdown['departments'][number]>(`
        SELECT department.uuid AS departmentUuid, sum(messages) AS messages
        FROM (SELECT conversation, count(*) AS messages FROM message WHERE +stream = ${stream} GROUP BY conversation) m
        JOIN conversation ON conversation.id = m.conversation JOIN department ON department.id = department
        GROUP BY department.id ORDER BY messages DESC, departmentUuid`)
      .all(),
    types: db
      .prepare<[], Breakdown['types'][number]>(`
        SELECT message_type.name AS type, messages
        FROM (SELECT type, count(*) AS messages FROM message WHERE +stream = ${stream} GROUP BY type) m
        JOIN message_type ON message_type.id = m.type
        ORDER BY messages DESC, message_type.name`)
      .all(),
    days: db
      .prepare<[], { day: number; messages: number }>(`
        SELECT (sent_at_ms - (sent_at_ms % ${DAY_MS} + ${DAY_MS}) % ${DAY_MS}) / ${DAY_MS} AS day, count(*) AS messages
        FROM message WHERE +stream = ${stream} GROUP BY 1 ORDER BY 1`)
      .all()
      .map(({ day, messages }) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), messages })),
  };
}
