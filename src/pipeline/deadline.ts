import type { Clock } from '../clock.ts';

export interface Deadline {
  /** Aborted by whichever comes first: the outer signal, or the time being over (reason: `max-duration`). */
  readonly signal: AbortSignal;
  /** Ends the waiting. Must be called. */
  readonly release: () => void;
}

/** Adds a time limit to a signal; none when `durationMs` is null. */
export function deadline(outer: AbortSignal, durationMs: number | null, clock: Clock): Deadline {
  if (durationMs === null) return { signal: outer, release: () => {} };
  const over = new AbortController();
  const released = new AbortController();
  clock.sleep(durationMs, AbortSignal.any([outer, released.signal])).then(() => {
    if (outer.aborted || released.signal.aborted) return;
    over.abort('max-duration');
  });
  return {
    signal: AbortSignal.any([outer, over.signal]),
    release: () => released.abort(),
  };
}
