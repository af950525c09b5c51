/**
 * How many requests are in flight. Starts at the maximum, is cut by a third when the API throttles or does not answer
 * in time, and grows by one with every round of answers. The pace, not this, keeps to the rate: this keeps
 * a struggling API from having to hold more open requests than it can work on.
 */
import type { SendResult } from '../destinations/destination.ts';
import { isThrottling, type Send } from './attempt.ts';

const CUT = 2 / 3;

export interface ConcurrencyLimit {
  /** Waits for a place. Returns what {@link learn} wants back. */
  enter(): Promise<number>;
  /** What the request that entered with `entry` taught. */
  learn(entry: number, lesson: 'answered' | 'struggling'): void;
  leave(): void;
  readonly current: number;
}

export function createConcurrencyLimit(max: number): ConcurrencyLimit {
  let limit = max;
  let inFlight = 0;
  let cuts = 0;
  const waiting: (() => void)[] = [];

  const admit = () => {
    while (waiting.length > 0 && inFlight < Math.floor(limit)) {
      inFlight++;
      waiting.shift()?.();
    }
  };
  return {
    async enter() {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      });
      return cuts;
    },
    learn(entry, lesson) {
      if (lesson === 'answered') limit = Math.min(max, limit + 1 / limit);
      // Requests that were in flight together tell the same news: it counts once.
      else if (entry === cuts) {
        cuts++;
        limit = Math.max(1, limit * CUT);
      }
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
      const lesson = sent.result && lessonOf(sent.result);
      if (lesson !== null) limit.learn(entry, lesson);
      return sent;
    } finally {
      limit.leave();
    }
  };
}

/** Null: says nothing about how many requests the API can work on. */
function lessonOf(result: SendResult): 'answered' | 'struggling' | null {
  if (result.kind === 'answered') return 'answered';
  return isThrottling(result) || result.code === 'TIMEOUT' ? 'struggling' : null;
}
