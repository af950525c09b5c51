/**
 * Claim and settle: the intent before bytes leave, the outcome after they come back. An intent is a row of `attempt` that holds the
 * ids of its messages; their own rows, which lie anywhere in the file, change with the outcome only. The outcome, too, is first
 * noted in that row, together with the intents that follow it, and then applied to the messages (`outcomes.ts`).
 */
import { type LedgerContext, STATE } from './context.ts';
import type { GroupCommit } from './group-commit.ts';
import type { AttemptId, AttemptStart, Ledger, MessageId } from './ledger.ts';
import { createOutcomes } from './outcomes.ts';
import type { PackedEnd } from './packed-settlements.ts';
import { createTally } from './tally.ts';

interface Claimable {
  readonly claimable: number;
  /** Of them. */
  readonly unknown: number;
}

export interface Attempts extends Pick<Ledger, 'claim'> {
  settle(end: PackedEnd): Promise<void>;
}

export function createAttempts(context: LedgerContext, commits: GroupCommit): Attempts {
  const { db, stream } = context;
  const tally = createTally(context);
  const outcomes = createOutcomes(context);

  const conversationOf = db.prepare('SELECT conversation FROM message WHERE id = ?').pluck();
  const openAttempts = db
    .prepare<[number], string>(
      'SELECT message_ids FROM attempt WHERE conversation = ? AND ended_at_ms IS NULL',
    )
    .pluck();
  // `+`: they are found by their ids, one after the other.
  const findClaimable = db.prepare<[object], Claimable>(`
    SELECT count(*) AS claimable, total(state = ${STATE.unknown}) AS unknown
    FROM json_each(@ids) CROSS JOIN message ON message.id = value
    WHERE +stream = ${stream} AND +conversation = @conversation
      AND +state IN (${STATE.pending}, ${STATE.unknown}) AND has_payload = 1`);
  const insertAttempt = db.prepare(`
    INSERT INTO attempt (run, conversation, number, messages, request_bytes, started_at_ms, message_ids)
    VALUES (@run, @conversation, @number, @messages, @requestBytes, @startedAtMs, @ids)`);

  function claim(start: AttemptStart): AttemptId {
    const { messageIds } = start;
    const conversation = conversationOf.get(messageIds[0]) as number | undefined;
    if (conversation === undefined) throw new Error('An attempt needs messages of this ledger.');
    const ids = JSON.stringify(messageIds);
    const { claimable, unknown } = findClaimable.get({ ids, conversation }) as Claimable;
    const each = new Set(messageIds);
    if (claimable !== messageIds.length || each.size !== claimable || isAnyInFlight(each, conversation)) {
      throw new Error("A message of an attempt is not there to be sent, or is another customer's.");
    }
    const { run, number, requestBytes, startedAtMs } = start;
    const { lastInsertRowid } = insertAttempt.run({
      ...{ run, conversation, number, messages: messageIds.length, requestBytes, startedAtMs, ids },
    });
    tally.move('pending', 'sending', claimable - unknown);
    tally.move('unknown', 'sending', unknown);
    return Number(lastInsertRowid);
  }

  /** The view `in_flight` would tell, too, at the price of all the rest: mostly no attempt at the conversation is open. */
  function isAnyInFlight(messages: ReadonlySet<MessageId>, conversation: number): boolean {
    return openAttempts
      .all(conversation)
      .some((ids) => (JSON.parse(ids) as MessageId[]).some((id) => messages.has(id)));
  }

  return {
    claim: (start) =>
      commits.run(() => {
        // A settlement before it that was not written is not told yet: nothing may be sent in the meantime.
        commits.assertWorking();
        return claim(start);
      }),
    settle: (end) =>
      commits.runInTwo(() => outcomes.note(end), {
        work: () => outcomes.apply(end.attempt),
        rows: end.accepted.length + end.others.length,
        isWaitedFor: end.others.some(({ outcome }) => outcome !== 'accepted'),
      }),
  };
}
