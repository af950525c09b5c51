/**
 * Repeats what is worth repeating: exponential back-off with full jitter, at most `maxAttempts` attempts at one
 * batch. Refusals that say nothing about the request (429, Retry-After, refused connections) are no attempts; they
 * are bounded by `maxOutageMs`. Returns the last refusal when it gives up.
 */
import type { Clock } from '../clock.ts';
import { formatDurationMs } from '../durations.ts';
import type { Send } from './attempt.ts';
import { backoffMs } from './backoff.ts';
import type { Halt } from './halt.ts';

export interface RetryOptions {
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly maxOutageMs: number;
  /** Whether a batch that the API may have taken may be sent again. */
  readonly resendAmbiguous: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly halt: Halt;
}

export function withRetry(send: Send, options: RetryOptions): Send {
  const { maxAttempts, retryBaseMs, retryMaxMs, maxOutageMs, resendAmbiguous, clock, random, halt } = options;
  return async (attempt) => {
    let batch = attempt.batch;
    let attemptsUsed = 0;
    let firstRefusedAtMs: number | null = null;
    for (let number = attempt.number; ; number++) {
      const sent = await send({ ...attempt, batch, number });
      batch = sent.batch;
      const { result } = sent;
      if (result === null || result.kind === 'answered' || result.recovery !== 'retry') return sent;

      const nowMs = clock.monotonicMs();
      firstRefusedAtMs ??= nowMs;
      if (result.consumesAttempt) attemptsUsed++;
      if (halt.stopped || attemptsUsed >= maxAttempts || (result.ambiguous && !resendAmbiguous)) return sent;
      if (nowMs - firstRefusedAtMs >= maxOutageMs) {
        halt.stop('outage', `A batch was turned away for ${formatDurationMs(maxOutageMs)}.`);
        return sent;
      }
      // Retry-After has moved the pace already: waiting longer than asked would be a guess.
      if (result.retryAfterMs === null) {
        const doublings = number - attempt.number;
        const delayMs = backoffMs(doublings, { baseMs: retryBaseMs, maxMs: retryMaxMs, random });
        await clock.sleep(delayMs, halt.signal);
      }
      if (halt.stopped) return sent;
    }
  };
}
