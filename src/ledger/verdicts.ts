/** A person's word on messages: queue them again, or say what became of them. */
import { keepsAccepted, type LedgerContext, STATE } from './context.ts';
import type { Ledger, MessageFilter, MessageState, RequeueResult, RunId, Verdict } from './ledger.ts';
import type { Rejects } from './rejects.ts';

/** From these a message can be sent again. What the API may have, it is not sent a second time by a mere retry. */
const REQUEUEABLE: readonly MessageState[] = ['failed', 'unknown', 'missing'];
/** On these a person's word counts; what the API or evidence has settled is not up for decision. */
const RESOLVABLE: readonly MessageState[] = ['failed', 'unknown'];

/** `queued_by` of messages that were queued outside a run. */
const OUTSIDE_A_RUN = 0;

export function createVerdicts(
  context: LedgerContext,
  rejects: Rejects,
): Pick<Ledger, 'requeue' | 'resolve' | 'dismissRejects'> {
  const { db } = context;

  const SELECTED = 'id IN (SELECT id FROM temp.selected)';

  /**
   * An ambiguous message stays unknown, but queued; the others are pending again.
   * @param queuedBy the run that is to deliver them, or {@link OUTSIDE_A_RUN}.
   */
  function queue(filter: MessageFilter, states: readonly MessageState[], queuedBy: RunId): RequeueResult {
    const { limit, ...unlimited } = filter;
    const payloadDropped = select(context, unlimited, states, 'has_payload = 0');
    select(context, filter, states, 'has_payload = 1');
    const { changes: requeued } = db
      .prepare(`
        UPDATE message SET queued_by = ?, state = CASE ambiguous WHEN 1 THEN state ELSE ${STATE.pending} END,
          code = CASE ambiguous WHEN 1 THEN code END, error = CASE ambiguous WHEN 1 THEN error END
        WHERE ${SELECTED}`)
      .run(queuedBy);
    return { requeued, payloadDropped };
  }

  function settle(filter: MessageFilter, verdict: 'accepted' | 'failed'): RequeueResult {
    const requeued = select(context, filter, statesOf(filter, RESOLVABLE), 'true');
    const settled = 'ambiguous = 0, queued_by = NULL, resends = 0, uncertain_run = NULL';
    if (verdict === 'failed') {
      db.exec(`
        UPDATE message SET state = ${STATE.failed}, ${settled}, code = coalesce(code, 'RESOLVED') WHERE ${SELECTED}`);
    } else {
      db.exec(
        `UPDATE message SET state = ${STATE.accepted}, ${settled}, code = NULL, error = NULL WHERE ${SELECTED}`,
      );
      if (!keepsAccepted(context)) {
        db.exec(`
          UPDATE message SET has_payload = 0 WHERE ${SELECTED};
          DELETE FROM payload WHERE message IN (SELECT id FROM temp.selected)`);
      }
    }
    return { requeued, payloadDropped: 0 };
  }

  const requeue = db.transaction((filter: MessageFilter, run: RunId) =>
    queue(filter, statesOf(filter, REQUEUEABLE), run),
  );
  const resolve = db.transaction((filter: MessageFilter, verdict: Verdict) =>
    verdict === 'resend'
      ? queue(filter, statesOf(filter, RESOLVABLE), OUTSIDE_A_RUN)
      : settle(filter, verdict),
  );

  return {
    requeue: async (filter, run) => requeue.immediate(filter, run),
    resolve: async (filter, verdict) => resolve.immediate(filter, verdict),
    dismissRejects: async (filter) => rejects.dismiss(filter),
  };
}

function statesOf({ states }: MessageFilter, allowed: readonly MessageState[]): readonly MessageState[] {
  return states === undefined ? allowed : allowed.filter((state) => states.includes(state));
}

/** Puts the ids of matching messages, oldest first, into the table `temp.selected`. @returns how many there are. */
function select(
  { db, stream }: LedgerContext,
  { codes, customerUuids, sourceUuids, run, limit }: Omit<MessageFilter, 'states'>,
  states: readonly MessageState[],
  condition: string,
): number {
  db.exec('CREATE TABLE IF NOT EXISTS temp.selected (id INTEGER PRIMARY KEY); DELETE FROM temp.selected');
  const list = (values: readonly string[] | undefined) =>
    values === undefined ? null : JSON.stringify(values);
  const parameters = {
    codes: list(codes),
    sourceUuids: list(sourceUuids),
    customerUuids: list(customerUuids),
    run: run ?? null,
  };
  // One statement for each state: only so can SQLite go by the index on open messages.
  for (const state of states) {
    db.prepare(`
      INSERT INTO temp.selected (id)
      SELECT id FROM message
      WHERE stream = ${stream} AND state = ${STATE[state]} AND ${condition} AND id NOT IN (SELECT message FROM in_flight)
        AND (@codes IS NULL OR code IN (SELECT value FROM json_each(@codes)))
        AND (@sourceUuids IS NULL OR source_uuid IN (SELECT value FROM json_each(@sourceUuids)))
        AND (@customerUuids IS NULL OR (SELECT customer_uuid FROM conversation c WHERE c.id = conversation)
          IN (SELECT value FROM json_each(@customerUuids)))
        AND (@run IS NULL OR (SELECT run FROM attempt WHERE attempt.id = attempt) = @run)`).run(parameters);
  }
  if (limit !== undefined) {
    db.prepare(
      'DELETE FROM temp.selected WHERE id IN (SELECT id FROM temp.selected ORDER BY id LIMIT -1 OFFSET ?)',
    ).run(limit);
  }
  return db.prepare('SELECT count(*) FROM temp.selected').pluck().get() as number;
}
