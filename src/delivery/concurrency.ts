/**
 * How many requests are in flight. The pace, not this, keeps to the rate: this keeps a struggling API from having to hold
 * more open requests than it can work on. It starts at the maximum, and is cut
 *
 * - by a fifth when the API throttles: it says so at once, and works on what it took, so little by little finds its limit;
 * - by a third when it does not answer in time: that is learnt late, and what it still works on is in vain;
 * - by a third, on trial, when answers take unusually long, and back unless that was for the better (`latency-rule.ts`).
 *
 * With every round of answers it grows by one. Everything is learnt from requests that entered after the latest change;
 * those from before tell of what has been changed already.
 */
import { isThrottling, type Send, type Sent } from './attempt.ts';
import { createLatencyRule } from './latency-rule.ts';

/** What is left of the limit. */
const CUTS = { throttled: 4 / 5, 'timed-out': 2 / 3 } as const;

export type Struggle = keyof typeof CUTS;

export interface ConcurrencyLimit {
  /** Waits for a place. Returns what the lessons want back. */
  enter(): Promise<number>;
  /** The request that entered with `entry` was answered. */
  answered(entry: number, latencyMs: number): void;
  /** The request that entered with `entry` was not. */
  struggled(entry: number, how: Struggle): void;
  leave(): void;
  readonly current: number;
}

export function createConcurrencyLimit(max: number): ConcurrencyLimit {
  const latencyRule = createLatencyRule();
  let limit = max;
  let inFlight = 0;
  let changes = 0;
  const waiting: (() => void)[] = [];

  const admit = () => {
    while (waiting.length > 0 && inFlight < Math.floor(limit)) {
      inFlight++;
      waiting.shift()?.();
    }
  };
  const change = (places: number) => {
    limit = places;
    changes++;
  };
  return {
    async enter() {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      });
      return changes;
    },
    answered(entry, latencyMs) {
      if (entry !== changes) return;
      const places = latencyRule.heed(latencyMs, Math.floor(limit));
      if (places !== null) change(places);
      else if (!latencyRule.isWatching) limit = Math.min(max, limit + 1 / limit);
    },
    struggled(entry, how) {
      if (entry !== changes) return;
      latencyRule.restart();
      change(Math.max(1, limit * CUTS[how]));
    },
    leave() {
      inFlight--;
      admit();
    },
    get current() {
      return Math.floor(limit);
    },
  };
}

export function withConcurrencyLimit(send: Send, limit: ConcurrencyLimit): Send {
  return async (attempt) => {
    const entry = await limit.enter();
    try {
      const sent = await send(attempt);
      learn(limit, entry, sent);
      return sent;
    } finally {
      limit.leave();
    }
  };
}

/** Other refusals say nothing about how many requests the API can work on. */
function learn(limit: ConcurrencyLimit, entry: number, { result, latencyMs }: Sent): void {
  if (result === null) return;
  if (result.kind === 'answered') limit.answered(entry, latencyMs);
  else if (isThrottling(result)) limit.struggled(entry, 'throttled');
  else if (result.code === 'TIMEOUT') limit.struggled(entry, 'timed-out');
}
