/** All spoken APIs, with what they remember and send in common. */
import { systemClock } from '../clock.ts';
import { createCallbacks } from './callbacks.ts';
import type { FaultPlan } from './fault-plan.ts';
import { createFrontDesk } from './front-desk.ts';
import { createHistoricalApi, type HistoricalCounts } from './historical-api.ts';
import { createKaleyraApi } from './kaleyra-api.ts';
import { createLiveMemory, type LiveMemory } from './live-memory.ts';
import { createMemory, type Memory } from './memory.ts';
import { createMessageEvents } from './message-events.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { Route } from './router.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Tally } from './tally.ts';
import { createTextApi } from './text-api.ts';
import type { Traffic } from './traffic.ts';

export interface SpokenApisParts {
  readonly settings: SimulatorSettings;
  readonly traffic: Traffic;
  readonly plan: () => FaultPlan;
  readonly faults: Tally;
  readonly problems: Tally;
  /** Where redirecting faults lead. */
  readonly redirectTo: () => string;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

export interface SpokenApis {
  readonly routes: readonly Route[];
  readonly memory: Memory;
  readonly live: LiveMemory;
  readonly outbox: Outbox;
  readonly historicalCounts: () => HistoricalCounts;
}

export function createSpokenApis(parts: SpokenApisParts): SpokenApis {
  const { settings, traffic, plan, faults, problems, redirectTo, signal } = parts;
  const { hugeBytes, dripIntervalMs } = settings;
  const memory = createMemory({ keepBodies: settings.keepBodies });
  const live = createLiveMemory({ keepBodies: settings.keepBodies });
  const outbox = createOutbox({
    retryBaseMs: settings.deliveryRetryBaseMs,
    answerWithinMs: settings.deliveryTimeoutMs,
    maxPending: settings.maxPendingDeliveries,
    deliverAnywhere: settings.deliverAnywhere,
  });
  const callbacks = createCallbacks(settings, outbox);
  const events = createMessageEvents(settings, outbox, systemClock.nowMs);
  const shared = { settings, memory, live, plan, faults, problems, callbacks, events };
  const historical = createHistoricalApi(shared);
  const routeOf = createFrontDesk({
    settings,
    traffic,
    plan,
    faults,
    misbehaviour: { redirectTo, hugeBytes, dripIntervalMs, signal },
    nowMs: systemClock.monotonicMs,
    wait: (delayMs) => systemClock.sleep(delayMs, signal),
  });
  return {
    routes: [
      routeOf(historical),
      routeOf(createTextApi({ ...shared, nowMs: systemClock.nowMs })),
      routeOf(createKaleyraApi(shared)),
    ],
    memory,
    live,
    outbox,
    historicalCounts: historical.counts,
  };
}
