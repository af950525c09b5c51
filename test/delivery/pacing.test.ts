import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createPacer } from '../../src/delivery/pacing.ts';
import { createSpacing } from '../../src/delivery/spacing.ts';
import { mostInOneSecond } from '../support/request-rate.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

const never = new AbortController().signal;

/** `workers` that take slots until the time is up, each busy for a while between slot and start, and after it. */
async function startsOf(
  clock: Clock,
  options: {
    requestsPerSecond: number;
    burst: number;
    workers: number;
    durationMs: number;
    intentMs: () => number;
    requestMs: () => number;
  },
): Promise<number[]> {
  const pacer = createPacer({ ...options, spacing: createSpacing(), clock });
  const starts: number[] = [];
  const endMs = clock.monotonicMs() + options.durationMs;
  const work = async () => {
    while (await pacer.slot(never)) {
      if (clock.monotonicMs() >= endMs) return;
      await clock.sleep(options.intentMs());
      await pacer.depart(async () => {
        starts.push(clock.monotonicMs());
        await clock.sleep(options.requestMs());
      });
    }
  };
  await Promise.all(Array.from({ length: options.workers }, work));
  return starts;
}

test('property: no one-second window of request starts holds more than the cap, whatever happens between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 5, 7.5, 20, 50),
      fc.constantFrom(1, 2, 5, 100),
      fc.integer({ min: 1, max: 8 }),
      fc.infiniteStream(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 400, noNaN: true }))),
      async (requestsPerSecond, burst, workers, delays) => {
        const clock = simulatedClock();
        const delay = () => delays.next().value as number;
        const starts = await clock.run(
          startsOf(clock, {
            ...{ requestsPerSecond, burst, workers },
            ...{ durationMs: 4_000, intentMs: delay, requestMs: delay },
          }),
        );
        assert.ok(mostInOneSecond(starts) <= Math.ceil(requestsPerSecond));
        assert.deepEqual(
          starts,
          starts.toSorted((a, b) => a - b),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('on a machine that is never late, at least 98 % of the cap are used', async () => {
  for (const requestsPerSecond of [5, 50, 500]) {
    const clock = simulatedClock();
    const durationMs = 10_000;
    const brief = { intentMs: () => 1, requestMs: () => 1 };
    const starts = await clock.run(
      startsOf(clock, { ...{ requestsPerSecond, burst: 1, workers: 8, durationMs }, ...brief }),
    );
    const spanMs = (starts.at(-1) as number) - (starts[0] as number);
    assert.ok(((starts.length - 1) * 1_000) / spanMs >= 0.98 * requestsPerSecond);
  }
});

test('what a machine misses by being late for moments is made up for, within the cap', async () => {
  const clock = simulatedClock();
  let count = 0;
  const starts = await clock.run(
    startsOf(clock, {
      ...{ requestsPerSecond: 50, burst: 1, workers: 1, durationMs: 10_000 },
      ...{ intentMs: () => (++count % 40 === 0 ? 90 : 1), requestMs: () => 1 },
    }),
  );
  const spanMs = (starts.at(-1) as number) - (starts[0] as number);
  assert.ok(((starts.length - 1) * 1_000) / spanMs >= 0.98 * 50);
  assert.ok(mostInOneSecond(starts) <= 50);
});

test('with burst 1 requests are evenly spaced; a burst is spent at once and within the cap', async () => {
  for (const [burst, atOnce] of [
    [1, 1],
    [3, 3],
    [50, 10],
  ] as const) {
    const clock = simulatedClock();
    const idle = { intentMs: () => 0, requestMs: () => 0 };
    const starts = await clock.run(
      startsOf(clock, { requestsPerSecond: 10, burst, workers: 20, durationMs: 3_000, ...idle }),
    );
    assert.equal(starts.filter((start) => start === starts[0]).length, atOnce);
    assert.ok(mostInOneSecond(starts) <= 10);
    assert.ok(starts.length >= 29);
  }
});

test('a pause holds back everybody, also those who had a slot already', async () => {
  const clock = simulatedClock();
  const pacer = createPacer({ requestsPerSecond: 10, burst: 3, spacing: createSpacing(), clock });
  const begunMs = clock.monotonicMs();
  const slots: number[] = [];
  const work = async () => {
    await pacer.slot(never);
    slots.push(clock.monotonicMs() - begunMs);
  };
  const working = Promise.all([work(), work(), work(), work(), work()]);
  pacer.pause(5_000);
  pacer.pause(1_000);
  await clock.run(working);
  // The burst was there before the pause began; what came after waits, one interval apart.
  assert.deepEqual(slots.map(Math.round), [0, 0, 0, 5_000, 5_101]);
});

test('a slot that is waited for ends at once with its signal', async () => {
  const pacer = createPacer({
    ...{ requestsPerSecond: 0.001, burst: 1 },
    ...{ spacing: createSpacing(), clock: systemClock },
  });
  const controller = new AbortController();
  assert.equal(await pacer.slot(controller.signal), true);
  setTimeout(() => controller.abort(), 10);
  assert.equal(await pacer.slot(controller.signal), false);
});

for (const requestsPerSecond of [5, 50, 500]) {
  test(`in real time, ${requestsPerSecond} per second are never exceeded`, async () => {
    const starts = await startsOf(systemClock, {
      ...{ requestsPerSecond, burst: 1, workers: 4, durationMs: 2_200 },
      ...{ intentMs: () => Math.random() * 2, requestMs: () => Math.random() * 2 },
    });
    assert.ok(mostInOneSecond(starts) <= requestsPerSecond);
  });
}
