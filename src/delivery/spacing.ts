/**
 * The distance between requests. What starts together is answered together, and stands in line together: for the thread that
 * reads the answers, and for the ledger, which writes the next intents for all who wait at one time and lets them go together.
 * So a request keeps a distance from the one before it: a part of the time from answer to answer when all places are in use.
 * Over a round that holds nobody back; it only parts those who were in step (ADR 0023).
 */
import type { Send } from './attempt.ts';
import type { ConcurrencyLimit } from './concurrency.ts';

/** Of the mean time from answer to answer. From 1 on requests would wait for their distance alone. */
const SHARE = 0.8;

/** Parts two requests on our side. More would only make the second round of a slow API longer. */
const LONGEST_MS = 1;

/** Nobody waits for less: a timer takes longer. */
const SHORTEST_WAIT_MS = 0.3;

/** What a request is late by is made up for by those behind it, up to so much. */
const MAKE_UP_MS = 3;

export interface Spacing {
  /** When the next request may start; any time before now means at once. */
  readonly earliestMs: number;
  started(atMs: number): void;
  /** An answer took so long, with at most so many requests in flight. */
  answered(latencyMs: number, places: number): void;
}

export function createSpacing(): Spacing {
  let distanceMs = 0;
  let dueMs = Number.NEGATIVE_INFINITY;
  return {
    get earliestMs() {
      return dueMs - SHORTEST_WAIT_MS;
    },
    started(atMs) {
      dueMs = Math.max(dueMs, atMs - MAKE_UP_MS) + distanceMs;
    },
    answered(latencyMs, places) {
      distanceMs = Math.min(LONGEST_MS, (SHARE * latencyMs) / places);
    },
  };
}

/** Learns the distance from the answers. */
export function withSpacing(send: Send, spacing: Spacing, limit: Pick<ConcurrencyLimit, 'current'>): Send {
  return async (attempt) => {
    const sent = await send(attempt);
    if (sent.result?.kind === 'answered') spacing.answered(sent.latencyMs, limit.current);
    return sent;
  };
}
