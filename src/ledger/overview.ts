/** What the ledger holds, in numbers. `status` shows it: nothing here but `breakdown` walks over what is done. */
import { countCodes } from './code-counts.ts';
import { type LedgerContext, stateOf } from './context.ts';
import { takeLittleCache } from './database-file.ts';
import type { Breakdown, Ledger, MessageState } from './ledger.ts';
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
    async breakdown() {
      // Sorting takes as much memory again as the cache may have.
      const giveCacheBack = takeLittleCache(context.db);
      try {
        return breakDown(context);
      } finally {
        giveCacheBack();
      }
    },
  };
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
