/** Claim and settle: the intent before bytes leave, the outcome after they come back. */
import { keepsAccepted, type LedgerContext, STATE, stateOf } from './context.ts';
import type { GroupCommit } from './group-commit.ts';
import type { AttemptEnd, AttemptId, AttemptStart, Ledger, RunId, Settlement } from './ledger.ts';
import { createTally } from './tally.ts';

/**
 * For the two statements that every message goes through. Were a constraint broken, the whole transaction would be undone;
 * to undo the statement alone, SQLite first copies every page that it changes, which costs more than the change.
 */
const UPDATE = 'UPDATE OR ROLLBACK';

/** One statement takes all messages of a batch. Rows that are joined to JSON, rather than ids in a list, would be copied first. */
const AMONG_IDS = (column: string) => `${column} IN (SELECT value FROM json_each(@ids))`;

/** Settles messages of one outcome. @returns how many were found. */
type Settle = (
  attempt: { readonly attempt: AttemptId; readonly run: RunId },
  settlements: readonly Settlement[],
) => number;

export function createAttempts(
  context: LedgerContext,
  commits: GroupCommit,
): Pick<Ledger, 'claim' | 'settle'> {
  const { db, stream } = context;
  const tally = createTally(context);

  const conversationOf = db.prepare('SELECT conversation FROM message WHERE id = ?').pluck();
  const insertAttempt = db.prepare(`
    INSERT INTO attempt (run, conversation, number, messages, request_bytes, started_at_ms)
    VALUES (@run, @conversation, @number, @messages, @requestBytes, @startedAtMs)`);
  const send = (from: 0 | 4) =>
    db.prepare(`
      ${UPDATE} message SET state = 1, attempt = @attempt
      WHERE ${AMONG_IDS('id')} AND stream = ${stream} AND conversation = @conversation
        AND state = ${from} AND has_payload = 1`);
  const sendPending = send(STATE.pending);
  const sendUnknown = send(STATE.unknown);

  const openAttempt = db.prepare<[AttemptId], { run: number; messages: number }>(
    'SELECT run, messages FROM attempt WHERE id = ? AND ended_at_ms IS NULL',
  );
  const endAttempt = db.prepare(`
    UPDATE attempt SET ended_at_ms = @endedAtMs, status = @status, result = @result, request_uuid = @requestUuid
    WHERE id = @attempt`);

  /** Settlements of one outcome. */
  const SETTLED = `
    FROM (
      SELECT value ->> 0 AS settled, value ->> 1 AS said_code, value ->> 2 AS said_error,
        value ->> 3 AS said_uuid, value ->> 4 AS said_warnings
      FROM json_each(@settlements))
    WHERE message.id = settled AND attempt = @attempt AND state = 1`;
  const SAID = 'code = said_code, error = said_error, message_uuid = said_uuid, warnings = said_warnings';
  const outcomes: Record<Settlement['outcome'], Settle> = {
    accepted: accept(),
    failed: statement(`
      UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 3 END, queued_by = NULL, ${countResend()},
        ${SAID} ${SETTLED}`),
    unknown: statement(`
      UPDATE message SET state = 4, ambiguous = 1, queued_by = NULL, ${countResend()}, ${SAID} ${SETTLED}`),
    // A person's wish outlives an attempt that the API did not take.
    released: statement(`
      UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 0 END,
        code = coalesce(said_code, code), error = coalesce(said_error, error),
        message_uuid = coalesce(said_uuid, message_uuid), warnings = coalesce(said_warnings, warnings) ${SETTLED}`),
  };

  /**
   * One resend for each later run that sends an unknown message again by itself and does not settle it for good. What
   * a person asked for does not count, nor does a second attempt within a run, nor an interruption: it never settles.
   */
  function countResend(): string {
    return `resends = resends + (ambiguous = 1 AND queued_by IS NULL AND uncertain_run IS NOT @run),
      uncertain_run = @run`;
  }

  function accept(): Settle {
    const keep = keepsAccepted(context);
    const update = db.prepare(`
      ${UPDATE} message SET state = 2, ambiguous = 0, queued_by = NULL, resends = 0, uncertain_run = NULL,
        has_payload = ${keep ? 'has_payload' : 0}, code = NULL, error = NULL, message_uuid = NULL, warnings = NULL
      WHERE ${AMONG_IDS('id')} AND attempt = @attempt AND state = 1`);
    const dropPayloads = db.prepare(`DELETE FROM payload WHERE ${AMONG_IDS('message')}`);
    const note = db.prepare(
      'UPDATE message SET message_uuid = @messageUuid, warnings = @warnings WHERE id = @id',
    );
    return ({ attempt }, settlements) => {
      const ids = JSON.stringify(settlements.map(({ id }) => id));
      const { changes } = update.run({ attempt, ids });
      if (!keep) dropPayloads.run({ ids });
      for (const { id, messageUuid, warnings } of settlements) {
        if (messageUuid !== null || warnings !== null) note.run({ id, messageUuid, warnings });
      }
      tally.move('sending', 'accepted', changes);
      return changes;
    };
  }

  /** For outcomes whose state depends on the message. */
  function statement(sql: string): Settle {
    const update = db.prepare<[object], number>(`${sql} RETURNING state`).pluck();
    return (attempt, settlements) => {
      const rows = settlements.map((said) => [
        said.id,
        said.code,
        said.error,
        said.messageUuid,
        said.warnings,
      ]);
      const states = update.all({ ...attempt, settlements: JSON.stringify(rows) });
      for (const state of states) tally.move('sending', stateOf(state), 1);
      return states.length;
    };
  }

  function claim(start: AttemptStart): AttemptId {
    const { messageIds } = start;
    const conversation = conversationOf.get(messageIds[0]) as number | undefined;
    if (conversation === undefined) throw new Error('An attempt needs messages of this ledger.');
    const { run, number, requestBytes, startedAtMs } = start;
    const { lastInsertRowid } = insertAttempt.run({
      ...{ run, conversation, number, messages: messageIds.length, requestBytes, startedAtMs },
    });
    const attempt = Number(lastInsertRowid);
    const sent = { ids: JSON.stringify(messageIds), attempt, conversation };
    const { changes: pending } = sendPending.run(sent);
    const unknown = pending === messageIds.length ? 0 : sendUnknown.run(sent).changes;
    if (pending + unknown !== messageIds.length) {
      throw new Error(`A message of attempt ${attempt} is not there to be sent, or is another customer's.`);
    }
    tally.move('pending', 'sending', pending);
    tally.move('unknown', 'sending', unknown);
    return attempt;
  }

  function settle({ attempt, settlements, requestUuid = null, ...answer }: AttemptEnd): void {
    const open = openAttempt.get(attempt);
    if (open === undefined) throw new Error(`Attempt ${attempt} is not open.`);
    if (settlements.length !== open.messages) {
      throw new Error(`Attempt ${attempt} has ${open.messages} messages; ${settlements.length} are settled.`);
    }
    for (const [outcome, ofOutcome] of Map.groupBy(settlements, (settlement) => settlement.outcome)) {
      if (outcomes[outcome]({ attempt, run: open.run }, ofOutcome) !== ofOutcome.length) {
        throw new Error(`A message is no part of attempt ${attempt}, or is settled already.`);
      }
    }
    endAttempt.run({ attempt, requestUuid, ...answer });
  }

  return {
    claim: (start) =>
      commits.run(() => {
        // A settlement before it that was not written is not told yet: nothing may be sent in the meantime.
        commits.assertWorking();
        return claim(start);
      }),
    settle: (end) => commits.run(() => settle(end)),
  };
}
