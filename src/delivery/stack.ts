/**
 * How one batch is sent: every policy is a wrapper, and this is the one place where they are stacked. From the
 * outside in:
 *
 *   retry ▸ circuit breaker ▸ concurrency ▸ pace ▸ spacing ▸ intent, request, settlement
 *
 * A retry passes through everything again, so each attempt is limited, recorded and counted. The slot is waited for
 * before the intent is committed, so that a crash while waiting leaves messages pending, not unknown. The intent is
 * waited for before bytes leave. The settlement is only begun, unless the same messages may be claimed again.
 */
import type { Clock } from '../clock.ts';
import type { DeliveryConfig } from '../config/delivery-schema.ts';
import type { Destination } from '../destinations/destination.ts';
import { formatDurationMs } from '../durations.ts';
import type { Ledger, RunId } from '../ledger/ledger.ts';
import { createAttempt, notSent, type RequestCounts, type Send } from './attempt.ts';
import { withBreaker } from './breaker.ts';
import { createConcurrencyLimit, withConcurrencyLimit } from './concurrency.ts';
import type { Halt } from './halt.ts';
import type { DeliveryObserver } from './observer.ts';
import { createPacer, type Pacer } from './pacing.ts';
import { withRetry } from './retry.ts';
import type { Settling } from './settling.ts';
import { createSpacing, withSpacing } from './spacing.ts';

export interface StackOptions {
  readonly ledger: Ledger;
  readonly destination: Destination;
  readonly config: DeliveryConfig;
  readonly resendAmbiguous: boolean;
  readonly run: RunId;
  readonly clock: Clock;
  readonly random: () => number;
  readonly halt: Halt;
  readonly observer: DeliveryObserver;
  readonly counts: RequestCounts;
  readonly settling: Settling;
}

export function createSend(options: StackOptions): Send {
  const { config, clock, halt } = options;
  const { requestsPerSecond, burst, concurrency } = config;
  const spacing = createSpacing();
  const pacer = createPacer({ requestsPerSecond, burst, spacing, clock });
  const limit = createConcurrencyLimit(concurrency);
  const attempt = createAttempt({ ...options, depart: pacer.depart });
  const spaced = withSpacing(attempt, spacing, limit);
  const paced = withPace(spaced, pacer, options);
  const limited = withConcurrencyLimit(paced, limit);
  const guarded = withBreaker(limited, { ...config, clock, halt, observer: options.observer });
  const { random, resendAmbiguous } = options;
  return withRetry(guarded, { ...config, clock, halt, random, resendAmbiguous });
}

/** Takes a slot for every attempt, and keeps away from the API for as long as it asks. */
function withPace(send: Send, pacer: Pacer, { config, halt, observer }: StackOptions): Send {
  return async (attempt) => {
    if (!(await pacer.slot(halt.signal))) return notSent(attempt.batch);
    const sent = await send(attempt);
    const delayMs = sent.result?.kind === 'refused' ? sent.result.retryAfterMs : null;
    if (delayMs === null) return sent;
    if (delayMs > config.maxOutageMs) {
      halt.stop('outage', `The API asks to be left alone for ${formatDurationMs(delayMs)}.`);
    } else {
      pacer.pause(delayMs);
      observer.onPause?.({ reason: 'retry-after', delayMs });
    }
    return sent;
  };
}
