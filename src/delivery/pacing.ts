/**
 * The pace of requests: slots of 1/rate, shared by all workers, taken before every attempt.
 *
 * Slots stand on an absolute schedule, so that what is late delays one request and not all that follow. They are one percent
 * wider than the rate asks for: what leaves at even intervals arrives at slightly uneven ones, and a limiter at the other
 * end that counts strictly must not see one request too many.
 *
 * Between its slot and its start a request's intent is written, which takes as long as the disk takes. So the promise
 * that no one-second window starts more than the cap is kept where requests start: `depart` starts them one after the
 * other, remembers when the latest had started, and holds a request back, for milliseconds, when it would come too early.
 */
import type { Clock } from '../clock.ts';
import type { Spacing } from './spacing.ts';

const SLOT_WIDENING = 1.01;

/** A slot missed by no more is taken all the same: what a busy machine or a slow disk holds up is made up for. */
const MAKE_UP_MS = 100;

/** A millisecond more than the window: two starts exactly a second apart share a window that includes both ends. */
const WINDOW_MS = 1_001;

/** What timers can do. Slots nearer than this are taken at once; `depart` keeps the cap all the same. */
const TIMER_RESOLUTION_MS = 1;

export interface PacerOptions {
  readonly requestsPerSecond: number;
  /** Requests that may start at once after a pause of ours, within the same cap. */
  readonly burst: number;
  /** What keeps requests apart within the cap. */
  readonly spacing: Spacing;
  readonly clock: Clock;
}

export interface Pacer {
  /** Waits for the next slot. False when `signal` aborted first; the slot is then lost, which hurts nobody. */
  slot(signal: AbortSignal): Promise<boolean>;
  /** Starts a request as soon as cap and distance allow, in the order of the calls; settles as the request does. */
  depart<T>(request: () => Promise<T>): Promise<T>;
  /** Nobody gets a slot during the next `delayMs`; slots already given out within that time are taken back. */
  pause(delayMs: number): void;
}

export function createPacer({ requestsPerSecond, burst, spacing, clock }: PacerOptions): Pacer {
  const intervalMs = (1_000 * SLOT_WIDENING) / requestsPerSecond;
  const creditMs = (burst - 1) * intervalMs;
  const overdueMs = Math.max(creditMs, MAKE_UP_MS);
  const sleepFromMs = intervalMs < TIMER_RESOLUTION_MS ? TIMER_RESOLUTION_MS : 0;
  // A rate of 2.5 allows three starts in some windows, or it would be a rate of 2.
  const starts = new Float64Array(Math.ceil(requestsPerSecond)).fill(Number.NEGATIVE_INFINITY);
  let started = 0;
  let lastDeparture: Promise<void> = Promise.resolve();
  let nextSlotMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  async function waitForTurn(earliestMs: number): Promise<void> {
    const earlyMs = earliestMs - clock.monotonicMs();
    if (earlyMs > 0) await clock.sleep(earlyMs);
  }

  return {
    async slot(signal) {
      for (;;) {
        if (signal.aborted) return false;
        const nowMs = clock.monotonicMs();
        const dueMs = nowMs - nextSlotMs > overdueMs ? nowMs - creditMs : nextSlotMs;
        const slotMs = Math.max(dueMs, pausedUntilMs);
        nextSlotMs = slotMs + intervalMs;
        if (slotMs - nowMs > sleepFromMs) await clock.sleep(slotMs - nowMs, signal);
        if (signal.aborted) return false;
        // Unless a pause began while we waited.
        if (slotMs >= pausedUntilMs || clock.monotonicMs() >= pausedUntilMs) return true;
      }
    },
    depart(request) {
      const departure = lastDeparture.then(async () => {
        const place = started++ % starts.length;
        await waitForTurn(Math.max((starts[place] as number) + WINDOW_MS, spacing.earliestMs));
        const running = request();
        // Only now: a busy machine may have let time pass, and a start must never seem earlier than it was.
        const startedMs = clock.monotonicMs();
        starts[place] = startedMs;
        spacing.started(startedMs);
        // Wrapped, so that the next departure does not wait for this request's end.
        return { running };
      });
      lastDeparture = departure.then(
        () => {},
        () => {},
      );
      return departure.then(({ running }) => running);
    },
    pause(delayMs) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + delayMs);
    },
  };
}
