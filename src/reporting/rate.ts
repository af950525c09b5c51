/** How fast something goes, over the recent past: an outage an hour ago says nothing of the time that is left. */
import type { Clock } from '../clock.ts';

const WINDOW_MS = 30_000;
const SAMPLE_MS = 500;

export interface RateMeter {
  /** Tells how much is done by now, ever since the beginning. */
  update(done: number): void;
  perSecond(): number;
  /** Milliseconds until `total` is reached at this rate; null while nobody can say. */
  leftMs(total: number): number | null;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

export function createRateMeter(clock: Pick<Clock, 'monotonicMs'>): RateMeter {
  /** Oldest first; the oldest is just outside the window. What was done before the first counts for nothing. */
  const samples: Sample[] = [];
  let latest = 0;

  function perSecond(): number {
    const first = samples[0];
    if (first === undefined) return 0;
    const elapsedMs = clock.monotonicMs() - first.atMs;
    return elapsedMs <= 0 ? 0 : ((latest - first.done) * 1_000) / elapsedMs;
  }

  return {
    update(done) {
      latest = done;
      const nowMs = clock.monotonicMs();
      const last = samples.at(-1);
      if (last !== undefined && nowMs - last.atMs < SAMPLE_MS) return;
      samples.push({ atMs: nowMs, done });
      while (samples[1] !== undefined && samples[1].atMs <= nowMs - WINDOW_MS) samples.shift();
    },
    perSecond,
    leftMs(total) {
      const rate = perSecond();
      return rate <= 0 ? null : Math.max(0, ((total - latest) * 1_000) / rate);
    },
  };
}
