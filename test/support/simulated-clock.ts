/** A clock whose time passes only when everybody waits: sleepers wake in order, at once and exactly on time. */
import { setImmediate as settled } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

export interface SimulatedClock extends Clock {
  /** Runs `work` to its end, moving time on whenever nothing else is left to do. Without real input and output only. */
  run<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

export function simulatedClock(startMs = 1_000_000): SimulatedClock {
  let timeMs = startMs;
  const sleepers = new Set<Sleeper>();
  return {
    nowMs: () => timeMs,
    monotonicMs: () => timeMs,
    sleep(delayMs, signal) {
      if (delayMs <= 0 || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { wakeAtMs: timeMs + delayMs, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      });
    },
    async run(work) {
      let done = false;
      const end = () => {
        done = true;
      };
      work.then(end, end);
      for (;;) {
        await settled();
        if (done) return work;
        let next: Sleeper | null = null;
        for (const sleeper of sleepers) if (next === null || sleeper.wakeAtMs < next.wakeAtMs) next = sleeper;
        if (next === null) throw new Error('Everybody waits for nothing.');
        timeMs = Math.max(timeMs, next.wakeAtMs);
        next.wake();
      }
    },
  };
}
