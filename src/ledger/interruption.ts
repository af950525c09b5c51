/** What a process that ended between intent and outcome has left in flight. */
import { STATE, type StreamContext } from './context.ts';
import { createTally } from './tally.ts';

/** What the ledger says of such a message. */
const INTERRUPTED = {
  code: 'INTERRUPTED',
  error: 'The process ended before the outcome of the request was known.',
};

/**
 * Ends attempts of a stream that no process works on any more. Their messages are unknown from there on.
 * @param among which attempts, in SQL
 * @returns how many messages that are
 */
export function interruptAttempts({ db, stream }: StreamContext, endedAtMs: number, among = 'true'): number {
  const open = `
    SELECT id FROM attempt
    WHERE ended_at_ms IS NULL AND (SELECT stream FROM run WHERE run.id = attempt.run) = ${stream} AND ${among}`;
  const { changes: interrupted } = db
    .prepare(`
      UPDATE message SET state = ${STATE.unknown}, ambiguous = 1, queued_by = NULL, attempt = in_flight.attempt,
        code = @code, error = @error
      FROM in_flight
      WHERE message.id = in_flight.message AND in_flight.attempt IN (${open})
        AND +state IN (${STATE.pending}, ${STATE.unknown})`)
    .run(INTERRUPTED);
  const end = db.prepare(`
    UPDATE attempt SET message_ids = NULL, outcome = NULL, ended_at_ms = @endedAtMs, result = @code
    WHERE id IN (${open})`);
  end.run({ endedAtMs, code: INTERRUPTED.code });
  createTally({ db, stream }).move('sending', 'unknown', interrupted);
  return interrupted;
}
