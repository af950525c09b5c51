/**
 * The circuit breaker: when the API fails again and again, everybody waits and one request probes.
 *
 *            several failures in a row                 the pause is over: one request probes
 *   closed ────────────────────────────▶ open ◀──────────────────────────────────────────────▶ probing
 *      ▲                                     it fails: a longer pause                             │
 *      └────────────────────────────── any sign of life ─────────────────────────────────────────┘
 *
 * It also bounds every kind of trouble, throttling included: without one request getting through for `maxOutageMs`,
 * the delivery stops as `outage`. Nothing is lost by that: what was refused is pending, what is ambiguous is unknown.
 */
import type { Clock } from '../clock.ts';
import type { SendResult } from '../destinations/destination.ts';
import { formatDurationMs } from '../durations.ts';
import { isThrottling, notSent, type Send } from './attempt.ts';
import type { Halt } from './halt.ts';
import type { DeliveryObserver } from './observer.ts';

/**
 * Failures in a row, over all workers, that open the breaker, of an API that is usually well. Of one that fails now and then
 * even so many more are nothing new: failing half the time it fails five times in a row every few seconds, and pausing
 * then would cost more than the failures do. So it takes five times as many as there usually are, and five more.
 */
const OPENS_AFTER = 5;

/** How much the latest failures in a row weigh in what is usual. */
const NOVELTY = 1 / 16;

/** The first pause is this many doublings of the retry base: by then several retries have failed. */
const FIRST_PAUSE_DOUBLINGS = 2;

export interface BreakerOptions {
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly maxOutageMs: number;
  readonly clock: Clock;
  readonly halt: Halt;
  readonly observer: DeliveryObserver;
}

/** - `throttled`: alive, but not letting us through. - `nothing`: no request was made. */
type Health = 'alive' | 'throttled' | 'failed' | 'nothing';

export function withBreaker(send: Send, options: BreakerOptions): Send {
  const { retryBaseMs, retryMaxMs, maxOutageMs, clock, halt, observer } = options;
  let failuresInARow = 0;
  /** Between two requests that got through, on average. */
  let usualFailures = 0;
  let pauses = 0;
  /** Null while closed. */
  let probeAtMs: number | null = null;
  let probing = false;
  /** Of the first request that did not get through since one did. */
  let troubleSinceMs: number | null = null;
  let changed = new AbortController();

  const change = () => {
    changed.abort();
    changed = new AbortController();
  };

  const open = () => {
    const nowMs = clock.monotonicMs();
    const untilStopMs = Math.max(0, (troubleSinceMs ?? nowMs) + maxOutageMs - nowMs);
    const pauseMs = Math.min(retryBaseMs * 2 ** (FIRST_PAUSE_DOUBLINGS + pauses), retryMaxMs, untilStopMs);
    pauses++;
    probeAtMs = nowMs + pauseMs;
    observer.onPause?.({ reason: 'failures', delayMs: pauseMs });
    change();
  };

  const close = () => {
    // What opened the breaker was not the usual.
    if (probeAtMs === null) usualFailures += (failuresInARow - usualFailures) * NOVELTY;
    failuresInARow = 0;
    pauses = 0;
    if (probeAtMs === null) return;
    probeAtMs = null;
    change();
  };

  const boundOutage = () => {
    const nowMs = clock.monotonicMs();
    troubleSinceMs ??= nowMs;
    if (nowMs - troubleSinceMs < maxOutageMs) return;
    halt.stop('outage', `No request got through for ${formatDurationMs(maxOutageMs)}.`);
  };

  /** Resolves once the request may go: true as the probe, false as any other. */
  const pass = async (): Promise<boolean> => {
    while (probeAtMs !== null && !halt.stopped) {
      const leftMs = probeAtMs - clock.monotonicMs();
      if (!probing && leftMs <= 0) {
        probing = true;
        return true;
      }
      const waitMs = probing ? maxOutageMs : leftMs;
      await clock.sleep(waitMs, AbortSignal.any([halt.signal, changed.signal]));
    }
    return false;
  };

  const learn = (health: Health, isProbe: boolean, isPiece: boolean) => {
    switch (health) {
      case 'nothing':
        return;
      case 'alive':
        troubleSinceMs = null;
        return close();
      case 'throttled':
        boundOutage();
        return close();
      case 'failed':
        // Pieces of a refused batch may fail for reasons of their own. A probe is asked on behalf of all.
        if (isPiece && !isProbe) return;
        boundOutage();
        failuresInARow++;
        // What was in flight when the breaker opened tells nothing new.
        if (isProbe || (probeAtMs === null && failuresInARow >= OPENS_AFTER * (1 + usualFailures))) open();
    }
  };

  return async (attempt) => {
    const isProbe = await pass();
    if (halt.stopped) return notSent(attempt.batch);
    let health: Health = 'nothing';
    try {
      const sent = await send(attempt);
      health = healthOf(sent.result);
      return sent;
    } finally {
      if (isProbe) probing = false;
      learn(health, isProbe, attempt.piece);
    }
  };
}

function healthOf(result: SendResult | null): Health {
  if (result === null) return 'nothing';
  if (result.kind === 'answered' || result.recovery !== 'retry') return 'alive';
  return isThrottling(result) ? 'throttled' : 'failed';
}
