/**
 * What became of attempts. An outcome is noted in the row of its attempt, which is little to write, and then applied to the messages
 * and their payloads, which is much, and lies anywhere in the file. Once it is noted nothing is left in the dark: what a crash
 * keeps from being applied is applied by the next run.
 */
import { keepsAccepted, type LedgerContext, STATE, stateOf } from './context.ts';
import type { AttemptEnd, AttemptId, MessageId, RunId, Settlement } from './ledger.ts';
import type { PackedEnd } from './packed-settlements.ts';
import { createTally } from './tally.ts';

export interface Outcomes {
  /** @throws when the attempt is not open, or its messages are not those that are settled. */
  note(end: PackedEnd): void;
  /** @throws when a message of it is settled already. */
  apply(attempt: AttemptId): void;
  /** All that was noted. Messages that are settled already stay as they are. */
  applyAll(): void;
}

/** As `attempt.outcome` holds it: of the messages that it does not mention there was nothing to say, they were accepted. */
type NotedOutcome = Required<Omit<AttemptEnd, 'attempt' | 'settlements'>> & Pick<PackedEnd, 'others'>;

/**
 * For the statement that every message goes through. Were a constraint broken, the whole transaction would be undone;
 * to undo the statement alone, SQLite first copies every page that it changes, which costs more than the change.
 */
const UPDATE = 'UPDATE OR ROLLBACK';

/** One statement takes all messages of a batch. Rows that are joined to JSON, rather than ids in a list, would be copied first. */
const AMONG_IDS = (column: string) => `${column} IN (SELECT value FROM json_each(@ids))`;

/** What a message is while it is in flight. `+`: it is found by its id. */
const UNSETTLED = `+state IN (${STATE.pending}, ${STATE.unknown})`;

interface AttemptOfRun {
  readonly attempt: AttemptId;
  readonly run: RunId;
}

/** Settles messages of one outcome. @returns how many were found. */
type Settle = (attempt: AttemptOfRun, settlements: readonly Settlement[]) => number;

export function createOutcomes(context: LedgerContext): Outcomes {
  const { db, stream } = context;
  const tally = createTally(context);

  const unansweredIds = db
    .prepare<[AttemptId], string>(
      'SELECT message_ids FROM attempt WHERE id = ? AND ended_at_ms IS NULL AND outcome IS NULL',
    )
    .pluck();
  const noteOutcome = db.prepare('UPDATE attempt SET outcome = ? WHERE id = ?');
  const NOTED = 'ended_at_ms IS NULL AND outcome IS NOT NULL';
  const notedAttempt = db.prepare<[AttemptId], { run: RunId; message_ids: string; outcome: string }>(
    `SELECT run, message_ids, outcome FROM attempt WHERE id = ? AND ${NOTED}`,
  );
  const notedAttempts = db
    .prepare<[], AttemptId>(`
      SELECT id FROM attempt WHERE ${NOTED} AND (SELECT stream FROM run WHERE run.id = attempt.run) = ${stream}`)
    .pluck();
  const endAttempt = db.prepare(`
    UPDATE attempt SET message_ids = NULL, outcome = NULL, ended_at_ms = @endedAtMs, status = @status,
      result = @result, request_uuid = @requestUuid
    WHERE id = @attempt`);

  const acceptMessages = createAccept(context);
  const noteWords = db.prepare(
    'UPDATE message SET message_uuid = @messageUuid, warnings = @warnings WHERE id = @id',
  );
  const accept = (attempt: AttemptId, idsJson: string): number => {
    const accepted = acceptMessages(attempt, idsJson);
    tally.move('sending', 'accepted', accepted);
    return accepted;
  };

  /** Settlements of one outcome. */
  const SETTLED = `
    FROM (
      SELECT value ->> 0 AS settled, value ->> 1 AS said_code, value ->> 2 AS said_error,
        value ->> 3 AS said_uuid, value ->> 4 AS said_warnings
      FROM json_each(@settlements))
    WHERE message.id = settled AND ${UNSETTLED}`;
  const SAID = 'code = said_code, error = said_error, message_uuid = said_uuid, warnings = said_warnings';
  const settle: Record<Settlement['outcome'], Settle> = {
    accepted({ attempt }, settlements) {
      const accepted = accept(attempt, JSON.stringify(settlements.map(({ id }) => id)));
      for (const { id, messageUuid, warnings } of settlements) noteWords.run({ id, messageUuid, warnings });
      return accepted;
    },
    failed: statement(`
      UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 3 END, attempt = @attempt, queued_by = NULL,
        ${countResend()}, ${SAID} ${SETTLED}`),
    unknown: statement(`
      UPDATE message SET state = 4, ambiguous = 1, attempt = @attempt, queued_by = NULL,
        ${countResend()}, ${SAID} ${SETTLED}`),
    // A person's wish outlives an attempt that the API did not take.
    released: statement(`
      UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 0 END, attempt = @attempt,
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

  function note({ attempt, accepted, requestUuid = null, ...outcome }: PackedEnd): void {
    const idsJson = unansweredIds.get(attempt);
    if (idsJson === undefined) throw new Error(`Attempt ${attempt} is not open.`);
    assertSettled(attempt, JSON.parse(idsJson), [...accepted, ...outcome.others.map(({ id }) => id)]);
    noteOutcome.run(JSON.stringify({ requestUuid, ...outcome } satisfies NotedOutcome), attempt);
  }

  /** @returns whether all of its messages were there to be settled. */
  function applyNoted(attempt: AttemptId): boolean {
    const noted = notedAttempt.get(attempt);
    if (noted === undefined) throw new Error(`Attempt ${attempt} has no outcome.`);
    const { others, ...answer } = JSON.parse(noted.outcome) as NotedOutcome;
    const claimed = JSON.parse(noted.message_ids) as MessageId[];
    const spokenOf = new Set(others.map(({ id }) => id));
    const wordless = spokenOf.size === 0 ? claimed : claimed.filter((id) => !spokenOf.has(id));
    let settled = accept(attempt, JSON.stringify(wordless));
    for (const [outcome, settlements] of Map.groupBy(others, ({ outcome }) => outcome)) {
      settled += settle[outcome]({ attempt, run: noted.run }, settlements);
    }
    endAttempt.run({ attempt, ...answer });
    return settled === claimed.length;
  }

  return {
    note,
    apply(attempt) {
      if (!applyNoted(attempt)) throw new Error(`A message of attempt ${attempt} is settled already.`);
    },
    applyAll() {
      for (const attempt of notedAttempts.all()) applyNoted(attempt);
    },
  };
}

/** @returns a function that takes ids as a JSON array, and gives how many messages were found. */
function createAccept(context: LedgerContext): (attempt: AttemptId, idsJson: string) => number {
  const { db } = context;
  const keep = keepsAccepted(context);
  const update = db.prepare(`
    ${UPDATE} message SET state = 2, attempt = @attempt, ambiguous = 0, queued_by = NULL, resends = 0,
      uncertain_run = NULL, has_payload = ${keep ? 'has_payload' : 0}, code = NULL, error = NULL, message_uuid = NULL,
      warnings = NULL
    WHERE ${AMONG_IDS('id')} AND ${UNSETTLED}`);
  const dropPayloads = db.prepare(`DELETE FROM payload WHERE ${AMONG_IDS('message')}`);
  return (attempt, ids) => {
    const { changes } = update.run({ attempt, ids });
    if (!keep) dropPayloads.run({ ids });
    return changes;
  };
}

function assertSettled(
  attempt: AttemptId,
  claimed: readonly MessageId[],
  settled: readonly MessageId[],
): void {
  const unsettled = new Set(claimed);
  if (!settled.every((id) => unsettled.delete(id))) {
    throw new Error(`A message is no part of attempt ${attempt}, or is settled twice.`);
  }
  if (unsettled.size > 0) throw new Error(`Attempt ${attempt} has more messages than are settled.`);
}
