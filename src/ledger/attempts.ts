/** Claim and settle: the intent before bytes leave, the outcome after they come back. */
import { keepsAccepted, type LedgerContext } from './context.ts';
import type { GroupCommit } from './group-commit.ts';
import type { AttemptEnd, AttemptId, AttemptStart, Ledger, Settlement } from './ledger.ts';

type Parameters = Record<string, string | number | null>;

export function createAttempts(
  context: LedgerContext,
  commits: GroupCommit,
): Pick<Ledger, 'claim' | 'settle'> {
  const { db, stream } = context;

  const conversationOf = db.prepare('SELECT conversation FROM message WHERE id = ?').pluck();
  const insertAttempt = db.prepare(`
    INSERT INTO attempt (run, conversation, number, messages, request_bytes, started_at_ms)
    VALUES (@run, @conversation, @number, @messages, @requestBytes, @startedAtMs)`);
  const send = db.prepare(`
    UPDATE message SET state = 1, attempt = @attempt
    WHERE id = @id AND stream = ${stream} AND conversation = @conversation AND state IN (0, 4) AND has_payload = 1`);

  const openAttempt = db.prepare<[AttemptId], { run: number; messages: number }>(
    'SELECT run, messages FROM attempt WHERE id = ? AND ended_at_ms IS NULL',
  );
  const endAttempt = db.prepare(`
    UPDATE attempt SET ended_at_ms = @endedAtMs, status = @status, result = @result, request_uuid = @requestUuid
    WHERE id = @attempt`);

  const OF_THE_ATTEMPT = 'WHERE id = @id AND attempt = @attempt AND state = 1';
  const outcomes: Record<Settlement['outcome'], (parameters: Parameters) => number> = {
    accepted: accept(),
    failed: statement(`
      UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 3 END, queued_by = NULL, ${countResend()},
        code = @code, error = @error, message_uuid = @messageUuid, warnings = @warnings ${OF_THE_ATTEMPT}`),
    unknown: statement(`
      UPDATE message SET state = 4, ambiguous = 1, queued_by = NULL, ${countResend()},
        code = @code, error = @error, message_uuid = @messageUuid, warnings = @warnings ${OF_THE_ATTEMPT}`),
    // A person's wish outlives an attempt that the API did not take.
    released: statement(`
      UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 0 END,
        code = coalesce(@code, code), error = coalesce(@error, error),
        message_uuid = coalesce(@messageUuid, message_uuid), warnings = coalesce(@warnings, warnings)
      ${OF_THE_ATTEMPT}`),
  };

  /**
   * One resend for each later run that sends an unknown message again by itself and does not settle it for good. What
   * a person asked for does not count, nor does a second attempt within a run, nor an interruption: it never settles.
   */
  function countResend(): string {
    return `resends = resends + (ambiguous = 1 AND queued_by IS NULL AND uncertain_run IS NOT @run),
      uncertain_run = @run`;
  }

  function accept(): (parameters: Parameters) => number {
    const keep = keepsAccepted(context);
    const update = statement(`
      UPDATE message SET state = 2, ambiguous = 0, queued_by = NULL, resends = 0, uncertain_run = NULL,
        has_payload = ${keep ? 'has_payload' : 0}, code = NULL, error = NULL,
        message_uuid = @messageUuid, warnings = @warnings ${OF_THE_ATTEMPT}`);
    if (keep) return update;
    const dropPayload = db.prepare('DELETE FROM payload WHERE message = ?');
    return (parameters) => {
      dropPayload.run(parameters.id);
      return update(parameters);
    };
  }

  function statement(sql: string): (parameters: Parameters) => number {
    const prepared = db.prepare(sql);
    return (parameters) => prepared.run(parameters).changes;
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
    for (const id of messageIds) {
      if (send.run({ id, attempt, conversation }).changes !== 1) {
        throw new Error(`Message ${id} is not there to be sent, or is another customer's.`);
      }
    }
    return attempt;
  }

  function settle({ attempt, settlements, requestUuid = null, ...answer }: AttemptEnd): void {
    const open = openAttempt.get(attempt);
    if (open === undefined) throw new Error(`Attempt ${attempt} is not open.`);
    if (settlements.length !== open.messages) {
      throw new Error(`Attempt ${attempt} has ${open.messages} messages; ${settlements.length} are settled.`);
    }
    for (const { outcome, ...said } of settlements) {
      if (outcomes[outcome]({ ...said, attempt, run: open.run }) !== 1) {
        throw new Error(`Message ${said.id} is no part of attempt ${attempt}, or is settled already.`);
      }
    }
    endAttempt.run({ attempt, requestUuid, ...answer });
  }

  return {
    claim: (start) => commits.run(() => claim(start)),
    settle: (end) => commits.run(() => settle(end)),
  };
}
