/** Time as a dependency, so that tests can own it. All values are milliseconds. */
export interface Clock {
  /** Wall-clock time, Unix epoch. May jump; use it for records, never for waiting. */
  nowMs(): number;
  /** Monotonic time from an arbitrary origin. Use it for intervals and deadlines. */
  monotonicMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts: never rejects. Callers look at the signal. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** setTimeout fires at once beyond this many milliseconds (2^31 - 1), so longer sleeps are taken in pieces. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    const endMs = performance.now() + delayMs;
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || signal?.aborted) return;
      await sleepOnce(Math.min(Math.ceil(leftMs), LONGEST_TIMEOUT_MS), signal);
    }
  },
};

function sleepOnce(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
