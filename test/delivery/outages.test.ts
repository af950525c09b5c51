import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryConfig } from '../../src/config/delivery-schema.ts';
import type { SendResult } from '../../src/destinations/destination.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { memoryLedger } from '../support/memory-ledger.ts';
import {
  accept,
  connectionRefused,
  refuse,
  scriptedDestination,
  timedOut,
} from '../support/scripted-destination.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

const customers = (count: number, messages = 1) =>
  Array.from({ length: count }, (_, index) => ({ customer: `c${index}`, messages }));

/** Delivers in simulated time to an API that behaves as `answer` says, given the milliseconds since the beginning. */
async function simulate(
  count: number,
  answer: (sinceMs: number, accepted: SendResult) => SendResult,
  config: Partial<DeliveryConfig> = {},
) {
  const clock = simulatedClock();
  const begunMs = clock.monotonicMs();
  const ledger = memoryLedger(customers(count));
  const requestsAtMs: number[] = [];
  const pauses: { reason: string; delayMs: number }[] = [];
  const destination = scriptedDestination(async (batch) => {
    requestsAtMs.push(clock.monotonicMs() - begunMs);
    await clock.sleep(10);
    return answer(clock.monotonicMs() - begunMs, accept(batch));
  });
  const delivering = deliverWith(ledger, destination, {
    clock,
    random: () => 1,
    config: {
      ...{
        requestsPerSecond: 100,
        retryBaseMs: 250,
        retryMaxMs: 30_000,
        maxOutageMs: 900_000,
        maxAttempts: 8,
      },
      ...config,
    },
    observer: { onPause: (pause) => pauses.push(pause) },
  });
  const result = await clock.run(delivering);
  return {
    ...{ result, requestsAtMs, pauses },
    counts: await ledger.counts(),
    tookMs: clock.monotonicMs() - begunMs,
  };
}

test('an API that comes back is waited for: a refused connection is no attempt, and nothing is lost', async () => {
  const { result, counts, requestsAtMs } = await simulate(
    40,
    (sinceMs, accepted) => (sinceMs < 600_000 ? connectionRefused : accepted),
    { maxAttempts: 2 },
  );
  assert.equal(result.stopReason, null);
  assert.deepEqual(counts, { accepted: 40, failed: 0, unknown: 0, pending: 0 });
  assert.ok(requestsAtMs.filter((atMs) => atMs < 600_000).length < 60, 'and not hammered meanwhile');
});

test('while the breaker is open one request at a time probes, after ever longer pauses', async () => {
  const { pauses, requestsAtMs } = await simulate(40, (sinceMs, accepted) =>
    sinceMs < 60_000 ? connectionRefused : accepted,
  );
  const delays = pauses.map(({ delayMs }) => delayMs);
  assert.deepEqual(delays.slice(0, 5), [1_000, 2_000, 4_000, 8_000, 16_000]);
  const during = requestsAtMs.filter((atMs) => atMs > 3_000 && atMs < 60_000);
  assert.ok(during.every((atMs, index) => index === 0 || atMs - (during[index - 1] as number) >= 1_000));
});

test('an outage longer than maxOutageMs stops the run close to the bound', async () => {
  const { result, counts, tookMs } = await simulate(40, () => connectionRefused);
  assert.equal(result.stopReason, 'outage');
  assert.deepEqual(counts, { accepted: 0, failed: 0, unknown: 0, pending: 40 });
  assert.ok(tookMs >= 900_000 && tookMs < 960_000, `${tookMs}`);
});

test('endless timeouts leave the few messages that were tried unknown and stop the run', async () => {
  const { result, counts } = await simulate(400, () => timedOut);
  assert.equal(result.stopReason, 'outage');
  assert.ok(counts.unknown <= 20, `${counts.unknown} unknown`);
  assert.equal(counts.unknown + counts.pending, 400);
  assert.equal(result.messages.unknown, counts.unknown);
});

test('endless throttling is bounded by maxOutageMs and consumes no attempts', async () => {
  for (const refusal of [refuse(429), refuse(429, 20_000), refuse(503, 20_000)]) {
    const { result, counts, tookMs } = await simulate(10, () => refusal, { maxAttempts: 2 });
    assert.equal(result.stopReason, 'outage');
    assert.equal(counts.pending, 10);
    assert.ok(tookMs >= 900_000 && tookMs < 960_000, `${tookMs}`);
    assert.equal(result.requests.throttled, result.requests.sent);
  }
});

test('one batch that is turned away for ever stops the run even though others get through', async () => {
  const clock = simulatedClock();
  const ledger = memoryLedger(customers(4_000));
  const destination = scriptedDestination(async (batch) => {
    await clock.sleep(10);
    return batch.customerUuid === 'c0' ? refuse(429) : accept(batch);
  });
  const result = await clock.run(
    deliverWith(ledger, destination, { clock, config: { requestsPerSecond: 20, maxOutageMs: 60_000 } }),
  );
  assert.equal(result.stopReason, 'outage');
  assert.deepEqual(ledger.statesOf('c0'), ['pending']);
});

test('Retry-After holds back every worker for as long as it says', async () => {
  const { result, requestsAtMs } = await simulate(20, (sinceMs, accepted) =>
    sinceMs < 35 ? refuse(429, 7_000) : accepted,
  );
  assert.equal(result.stopReason, null);
  const [firstAtMs] = requestsAtMs as [number];
  const during = requestsAtMs.filter((atMs) => atMs > firstAtMs + 50 && atMs < firstAtMs + 7_000);
  assert.deepEqual(during, []);
});

test('a Retry-After beyond maxOutageMs stops the run at once rather than retrying early', async () => {
  const { result, counts, tookMs } = await simulate(20, () => refuse(503, 86_400_000));
  assert.equal(result.stopReason, 'outage');
  assert.match(result.stopDetail ?? '', /1 d/);
  assert.equal(counts.pending, 20);
  assert.ok(tookMs < 1_000);
});

test('back-off doubles from retryBaseMs, with full jitter, up to retryMaxMs', async () => {
  const clock = simulatedClock();
  const atMs: number[] = [];
  const destination = scriptedDestination(() => {
    atMs.push(clock.monotonicMs());
    return refuse(408);
  });
  await clock.run(
    deliverWith(memoryLedger(customers(1)), destination, {
      ...{ clock, random: () => 0.5 },
      config: { requestsPerSecond: 1_000, maxAttempts: 5, retryBaseMs: 100, retryMaxMs: 300 },
    }),
  );
  assert.deepEqual(
    atMs.slice(1).map((ms, index) => Math.round(ms - (atMs[index] as number))),
    [50, 100, 150, 150],
  );
});

test('a healthy API is used at the full rate, and again soon after it has struggled', async () => {
  const healthy = await simulate(1_000, (_, accepted) => accepted, { concurrency: 8 });
  assert.ok(healthy.tookMs < 1_000 * 10.1 * 1.02, `${healthy.tookMs}`);
  const shaken = await simulate(
    1_000,
    (sinceMs, accepted) => (sinceMs > 1_000 && sinceMs < 1_200 ? refuse(429) : accepted),
    { concurrency: 8, retryBaseMs: 50 },
  );
  assert.equal(shaken.counts.accepted, 1_000);
  assert.ok(shaken.tookMs < 1_000 * 10.1 * 1.15, `${shaken.tookMs}`);
});
