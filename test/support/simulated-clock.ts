/** A clock whose time passes only when everybody waits: sleepers wake in order, at once and exactly on time. */
import { setImmediate as settled } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

export interface SimulatedClock extends Clock {
  /** Runs `work` to its end, moving time on whenever nothing else is left to do. Without real input and output only. */
  run<T>(work: Promise<T>): Promise<T>;
}

export function simulatedClock(startMs = 1_000_000): SimulatedClock {
  let timeMs = startMs;
  const sleepers = new Set<{ readonly wakeAtMs: number; readonly wake: () => void }>();
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
        const next = [...sleepers].sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
        if (next === undefined) throw new Error('Everybody waits for nothing.');
        timeMs = Math.max(timeMs, next.wakeAtMs);
        next.wake();
      }
    },
  };
}
