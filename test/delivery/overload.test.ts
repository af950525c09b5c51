/**
 * An API in trouble of every kind, in simulated time: throughput follows what it can do, its open requests come down, nothing
 * is lost, nothing is sent again without a reason, the rate is kept, and the run ends as documented.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import type { DeliveryConfig } from '../../src/config/delivery-schema.ts';
import type { DeliverOptions } from '../../src/delivery/deliver.ts';
import type { SendResult } from '../../src/destinations/destination.ts';
import { deadline } from '../../src/pipeline/deadline.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { type MemoryLedger, memoryLedger } from '../support/memory-ledger.ts';
import { type QueueingApi, queueingApi } from '../support/queueing-api.ts';
import { mostInOneSecond } from '../support/request-rate.ts';
import { connectionRefused, refuse, timedOut } from '../support/scripted-destination.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

interface Scenario {
  /** Customers with one message each. */
  readonly messages: number;
  readonly capacity?: number;
  readonly serviceMs?: number;
  readonly config?: Partial<DeliveryConfig>;
  /** What happens to the API, and when. */
  readonly trouble?: (api: QueueingApi, clock: Clock) => void;
  readonly options?: Partial<DeliverOptions>;
  readonly maxDurationMs?: number;
}

const PLENTY = 10_000;

/** The defaults of the configuration where they matter, at a higher rate. */
const CONFIG = {
  ...{ requestsPerSecond: 100, concurrency: 32, timeoutMs: 30_000 },
  ...{ maxAttempts: 8, retryBaseMs: 250, retryMaxMs: 30_000, maxOutageMs: 900_000 },
};

async function experience({ messages, capacity = PLENTY, serviceMs = 50, ...scenario }: Scenario) {
  const clock = simulatedClock(0);
  const config = { ...CONFIG, ...scenario.config };
  const api = queueingApi(clock, { capacity, serviceMs });
  api.timeoutMs = config.timeoutMs;
  scenario.trouble?.(api, clock);
  const ledger = memoryLedger(
    Array.from({ length: messages }, (_, index) => ({ customer: `c${index}`, messages: 1 })),
  );
  const time = deadline(new AbortController().signal, scenario.maxDurationMs ?? null, clock);
  const result = await clock.run(
    deliverWith(ledger, api.destination, {
      ...{ clock, config, random: seededRandom(7).fraction, signal: time.signal },
      ...scenario.options,
    }),
  );
  time.release();
  const tookMs = clock.nowMs();
  const counts = await ledger.counts();
  assert.equal(counts.accepted + counts.failed + counts.unknown + counts.pending, messages);
  assertNothingLostOrUnexplained(ledger, api);
  assert.ok(mostInOneSecond(api.startsMs) <= config.requestsPerSecond, 'the rate is kept');
  return { api, result, counts, tookMs };
}

/** Accepted ⊆ taken ⊆ accepted or unknown; taken again only after an attempt that may have been taken. */
function assertNothingLostOrUnexplained(ledger: MemoryLedger, api: QueueingApi): void {
  const ambiguous = new Map<number, number>();
  for (const { messageIds, end } of ledger.attempts) {
    assert.notEqual(end, null, 'every intent has an end');
    for (const { id, outcome } of end?.settlements ?? []) {
      if (outcome === 'unknown') ambiguous.set(id, (ambiguous.get(id) ?? 0) + 1);
    }
    assert.equal(messageIds.length, 1);
  }
  for (const { message, state } of ledger.messages) {
    const taken = api.taken.get(message.sourceUuid) ?? 0;
    if (state === 'accepted') assert.ok(taken > 0);
    if (taken > 0) assert.ok(state === 'accepted' || state === 'unknown', state);
    assert.ok(taken <= 1 + (ambiguous.get(message.id) ?? 0), 'sent again without a reason');
  }
}

/** Messages accepted per second; by default until only a twentieth was left, which are those in their longest back-off. */
function throughput(
  { acceptsMs }: QueueingApi,
  fromMs = 0,
  untilMs = acceptsMs[Math.floor(acceptsMs.length * 0.95)] as number,
): number {
  const accepted = acceptsMs.filter((atMs) => atMs >= fromMs && atMs < untilMs).length;
  return (accepted * 1_000) / (untilMs - fromMs);
}

function assertAtLeast(actual: number, least: number, what = ''): void {
  assert.ok(actual >= least, `${actual} instead of at least ${least} ${what}`);
}

function assertAtMost(actual: number, most: number, what = ''): void {
  assert.ok(actual <= most, `${actual} instead of at most ${most} ${what}`);
}

/** Turns requests away that come faster than so many per second. */
function hiddenRate(clock: Clock, perSecond: number, refusal: SendResult) {
  let tokens = perSecond;
  let lastMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(perSecond, tokens + ((nowMs - lastMs) * perSecond) / 1_000);
    lastMs = nowMs;
    if (tokens < 1) return refusal;
    tokens--;
    return null;
  };
}

test('a healthy API is used at the full rate, whatever its latency, as far as the concurrency goes', async () => {
  for (const [serviceMs, concurrency, best] of [
    [50, 32, 100 / 1.01],
    [200, 32, 100 / 1.01],
    [200, 4, 20],
    [2_000, 32, 16],
  ] as const) {
    const { api, result } = await experience({ messages: 400, serviceMs, config: { concurrency } });
    assert.equal(result.stopReason, null);
    assertAtLeast(throughput(api), 0.9 * best, `at ${serviceMs} ms`);
  }
});

test('an API that slows down under load holds few open requests, and works at its best', async () => {
  const { api, result, tookMs } = await experience({ messages: 1_500, capacity: 6, serviceMs: 100 });
  assert.equal(result.stopReason, null);
  assert.equal(result.requests.retried, 0);
  assertAtLeast(throughput(api), 0.98 * 60);
  assert.equal(api.mostOpen(0), 32);
  assertAtMost(api.mostOpen(tookMs / 2), 18, 'open requests');
});

test('an API that gets less done the more it is asked is kept from the worst', async () => {
  const { api, result } = await experience({
    messages: 1_500,
    trouble: (it) => {
      let open = 0;
      it.refusal = (_, now) => {
        open = now;
        return null;
      };
      it.serviceMs = () => 100 * Math.max(1, (open / 8) ** 2);
    },
  });
  assert.equal(result.stopReason, null);
  const [best, withAllOpen] = [80, 20];
  assertAtLeast(throughput(api, 10_000), 0.55 * best);
  assertAtLeast(throughput(api, 10_000), 2 * withAllOpen);
});

test('an API whose queue outlasts the timeout is given less, until its answers arrive in time', async () => {
  const { api, result, tookMs } = await experience({
    messages: 1_000,
    capacity: 4,
    serviceMs: 100,
    config: { timeoutMs: 500 },
  });
  assert.equal(result.stopReason, null);
  assertAtLeast(throughput(api), 0.9 * 40);
  assertAtMost(api.mostOpen(tookMs / 2), 22, 'open requests');
});

for (const [what, refusal] of [
  ['429', refuse(429)],
  ['429 with Retry-After', refuse(429, 1_000)],
  ['503 with Retry-After', refuse(503, 1_000)],
] as const) {
  test(`a hidden rate below ours, told by ${what}, is reached`, async () => {
    for (const concurrency of [4, 32]) {
      const { api, result } = await experience({
        messages: 400,
        config: { requestsPerSecond: 20, concurrency },
        trouble: (it, clock) => {
          it.refusal = hiddenRate(clock, 10, refusal);
        },
      });
      assert.equal(result.stopReason, null);
      assertAtLeast(throughput(api), 0.9 * 10, `with ${concurrency}`);
      assertAtMost(result.requests.throttled, 400);
    }
  });
}

test('a hidden limit of open requests is found, kept close to, and seldom hit', async () => {
  const { api, result, tookMs } = await experience({
    messages: 1_500,
    serviceMs: 100,
    trouble: (it) => {
      it.refusal = (_, open) => (open > 6 ? refuse(429) : null);
    },
  });
  assert.equal(result.stopReason, null);
  assertAtLeast(throughput(api), 0.9 * 60);
  assertAtMost(api.mostOpen(tookMs / 2), 7);
  assertAtMost(result.requests.throttled, 250);
});

for (const status of [503, 500]) {
  test(`an API that answers ${status} half the time at random takes half the rate: the breaker learns that this is usual`, async () => {
    const random = seededRandom(3);
    const pauses: number[] = [];
    const { api, result } = await experience({
      messages: 1_000,
      config: { requestsPerSecond: 20, concurrency: 16, maxAttempts: 40 },
      options: { observer: { onPause: ({ delayMs }) => pauses.push(delayMs) } },
      trouble: (it) => {
        it.refusal = () => (random.chance(0.5) ? refuse(status) : null);
      },
    });
    assert.equal(result.stopReason, null);
    assertAtLeast(throughput(api), 0.9 * 10);
    assertAtMost(pauses.length, 4);
  });
}

test('an API that fails half the time ends as documented: 503 eight times in a row stops the run, 500 leaves unknown', async () => {
  for (const [status, stopReason] of [
    [503, 'attempts-exhausted'],
    [500, null],
  ] as const) {
    const random = seededRandom(3);
    const { result, counts } = await experience({
      messages: 1_000,
      trouble: (it) => {
        it.refusal = () => (random.chance(0.5) ? refuse(status) : null);
      },
    });
    assert.equal(result.stopReason, stopReason);
    if (stopReason === null) assert.deepEqual([counts.pending, counts.unknown > 0], [0, true]);
    else assert.deepEqual([counts.unknown, counts.pending > 0], [0, true]);
  }
});

const MINUTE_MS = 60_000;

for (const [what, refusal, config] of [
  ['refuses connections', connectionRefused, {}],
  ['answers 503', refuse(503), { maxAttempts: 20 }],
  ['does not answer', timedOut, { maxAttempts: 20 }],
] as const) {
  test(`an API that ${what} for ten minutes is asked seldom, and used fully half a minute after it is back`, async () => {
    const [awayMs, backMs] = [MINUTE_MS / 2, 10.5 * MINUTE_MS];
    const { api, result, counts } = await experience({
      messages: 1_500,
      config: { requestsPerSecond: 20, concurrency: 8, ...config },
      trouble: (it, clock) => {
        it.refusal = () => (clock.monotonicMs() >= awayMs && clock.monotonicMs() < backMs ? refusal : null);
      },
    });
    assert.equal(result.stopReason, null);
    assert.equal(counts.accepted, 1_500);
    assertAtLeast(throughput(api, 0, awayMs), 0.98 * 20);
    assertAtMost(api.startsMs.filter((atMs) => atMs > awayMs && atMs < backMs).length, 60);
    assertAtLeast(throughput(api, backMs + 35_000), 0.9 * 20);
  });
}

test('an API that fails half the time and then goes away is noticed to be away all the same', async () => {
  const random = seededRandom(5);
  const [awayMs, backMs] = [20_000, 20_000 + 5 * MINUTE_MS];
  const { api, result } = await experience({
    messages: 600,
    config: { requestsPerSecond: 20, concurrency: 16, maxAttempts: 40 },
    trouble: (it, clock) => {
      it.refusal = () => {
        if (clock.monotonicMs() >= awayMs && clock.monotonicMs() < backMs) return connectionRefused;
        return random.chance(0.5) ? refuse(503) : null;
      };
    },
  });
  assert.equal(result.stopReason, null);
  assertAtMost(api.startsMs.filter((atMs) => atMs > awayMs && atMs < backMs).length, 50);
});

test('an API that is away for longer than maxOutageMs stops the run; the next run does the rest', async () => {
  const { api, result, counts, tookMs } = await experience({
    messages: 2_000,
    config: { requestsPerSecond: 20 },
    trouble: (it, clock) => {
      it.refusal = () => (clock.monotonicMs() >= MINUTE_MS ? connectionRefused : null);
    },
  });
  assert.equal(result.stopReason, 'outage');
  assertAtMost(tookMs, MINUTE_MS + 900_000 + 30_000);
  assertAtLeast(tookMs, MINUTE_MS + 900_000);
  assert.deepEqual(counts, {
    accepted: api.taken.size,
    failed: 0,
    unknown: 0,
    pending: 2_000 - api.taken.size,
  });
});

test('an API that is slow for a while is used as far as it goes, and fully once it has recovered', async () => {
  const [slowMs, wellMs] = [10_000, 60_000];
  const { api, result, tookMs } = await experience({
    messages: 2_200,
    config: { requestsPerSecond: 40 },
    trouble: (it, clock) => {
      it.serviceMs = () => (clock.monotonicMs() >= slowMs && clock.monotonicMs() < wellMs ? 1_500 : 50);
    },
  });
  assert.equal(result.stopReason, null);
  assertAtLeast(throughput(api, 0, slowMs), 0.98 * 40);
  assertAtLeast(throughput(api, slowMs + 1_500, wellMs), 0.9 * (32 / 1.5));
  assertAtLeast(throughput(api, wellMs + 5_000, tookMs), 0.98 * 40);
});

test('--max-failures: one request at a time stops at exactly so many; several stop with those in flight', async () => {
  for (const [concurrency, most] of [
    [1, 25],
    [8, 25 + 7],
  ] as const) {
    const { api, result, counts } = await experience({
      messages: 500,
      config: { concurrency, requestsPerSecond: 1_000 },
      options: { maxFailures: 25 },
      trouble: (it) => {
        it.refusal = (batch) => ((batch.messages[0]?.id ?? 0) % 2 === 1 ? refuse(422) : null);
      },
    });
    assert.equal(result.stopReason, 'max-failures');
    assertAtLeast(counts.failed, 25);
    assertAtMost(counts.failed, most);
    assert.equal(counts.accepted + counts.failed, api.startsMs.length, 'nothing was sent in vain');
    assert.equal(counts.unknown, 0);
  }
});

test('--max-duration: nothing starts after it, and what is in flight is waited for', async () => {
  const { api, result, counts, tookMs } = await experience({
    ...{ messages: 5_000, serviceMs: 400, maxDurationMs: 10_000 },
  });
  assert.equal(result.stopReason, 'max-duration');
  assertAtMost(api.startsMs.at(-1) ?? 0, 10_000);
  assertAtMost(tookMs, 10_400);
  assert.deepEqual(counts, {
    ...{ accepted: api.startsMs.length, failed: 0, unknown: 0 },
    pending: 5_000 - api.startsMs.length,
  });
  assertAtLeast(throughput(api, 0, tookMs), 0.9 * 32 * 2.5);
});
