/** Workers that ask a queueing API through the limit alone, in simulated time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConcurrencyLimit } from '../../src/delivery/concurrency.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

/** How the API is from `sinceMs` on: requests worked on at once, and how long each takes. */
interface Phase {
  readonly sinceMs: number;
  readonly capacity: number;
  readonly serviceMs: (random: SeededRandom) => number;
}

interface Seen {
  readonly answersPerSecond: number;
  readonly meanPlaces: number;
  readonly fewestPlaces: number;
  readonly placesAtTheEnd: number;
}

const PLENTY = 1_000;

/** What is seen in each phase, the last of which ends at `endMs`. */
async function observe(max: number, endMs: number, phases: readonly Phase[], seed = 1): Promise<Seen[]> {
  const clock = simulatedClock(0);
  const random = seededRandom(seed);
  const limit = createConcurrencyLimit(max);
  const queue: (() => void)[] = [];
  let [phase] = phases as [Phase];
  let busy = 0;
  const takeUp = () => {
    while (queue.length > 0 && busy < phase.capacity) {
      busy++;
      queue.shift()?.();
    }
  };
  for (const next of phases.slice(1)) {
    clock.sleep(next.sinceMs).then(() => {
      phase = next;
      takeUp();
    });
  }
  const answers: { readonly atMs: number; readonly places: number }[] = [];
  const work = async () => {
    while (clock.nowMs() < endMs) {
      const entry = await limit.enter();
      const startMs = clock.nowMs();
      await new Promise<void>((resolve) => {
        queue.push(resolve);
        takeUp();
      });
      await clock.sleep(phase.serviceMs(random));
      busy--;
      takeUp();
      limit.answered(entry, clock.nowMs() - startMs);
      limit.leave();
      answers.push({ atMs: clock.nowMs(), places: limit.current });
    }
  };
  await clock.run(Promise.all(Array.from({ length: max }, work)));

  return phases.map(({ sinceMs }, index) => {
    const untilMs = phases[index + 1]?.sinceMs ?? endMs;
    const places = answers.filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs).map((seen) => seen.places);
    return {
      answersPerSecond: (places.length * 1_000) / (untilMs - sinceMs),
      meanPlaces: places.reduce((sum, count) => sum + count, 0) / places.length,
      fewestPlaces: Math.min(...places),
      placesAtTheEnd: places.at(-1) ?? 0,
    };
  });
}

const steady = (ms: number) => () => ms;
const between = (fromMs: number, toMs: number) => (random: SeededRandom) =>
  fromMs + random.fraction() * (toMs - fromMs);
const exponential = (meanMs: number) => (random: SeededRandom) => -meanMs * Math.log(1 - random.fraction());
const either = (oneMs: number, otherMs: number, share: number) => (random: SeededRandom) =>
  random.chance(share) ? otherMs : oneMs;

test('a steady latency, however long, never costs a place', async () => {
  for (const max of [1, 4, 32]) {
    for (const latencyMs of [1, 50, 200, 5_000]) {
      const [seen] = await observe(max, 60 * latencyMs, [
        { sinceMs: 0, capacity: PLENTY, serviceMs: steady(latencyMs) },
      ]);
      assert.equal(seen?.fewestPlaces, max);
    }
  }
});

for (const [what, serviceMs, meanMs] of [
  ['jitter', between(20, 180), 100],
  ['much jitter', exponential(100), 100],
  ['batches of one and of fifty', either(20, 500, 0.5), 260],
  ['a straggler now and then', either(50, 5_000, 0.01), 99.5],
] as const) {
  test(`latencies that vary by themselves (${what}) cost next to no throughput`, async () => {
    for (const max of [4, 32]) {
      for (const seed of [1, 2]) {
        const endMs = 200 * meanMs;
        const [seen] = await observe(max, endMs, [{ sinceMs: 0, capacity: PLENTY, serviceMs }], seed);
        const best = (max * 1_000) / meanMs;
        const share = (seen?.answersPerSecond ?? 0) / best;
        assert.ok(share >= 0.9, `${share} of the best, ${max} places, seed ${seed}`);
      }
    }
  });
}

test('a queue of our own making is cut to about twice what the API works on, at full throughput', async () => {
  for (const [max, capacity] of [
    [32, 2],
    [32, 8],
    [100, 20],
  ] as const) {
    const [, seen] = await observe(max, 60_000, [
      { sinceMs: 0, capacity, serviceMs: steady(100) },
      { sinceMs: 30_000, capacity, serviceMs: steady(100) },
    ]);
    assert.ok((seen?.meanPlaces ?? max) <= 2.5 * capacity + 1, `${seen?.meanPlaces} places for ${capacity}`);
    assert.ok((seen?.answersPerSecond ?? 0) >= 0.98 * capacity * 10, `${seen?.answersPerSecond}`);
  }
});

test('an API that becomes slower for everybody keeps its places; when it recovers, nothing remains', async () => {
  const [before, slow, after] = await observe(32, 70_000, [
    { sinceMs: 0, capacity: PLENTY, serviceMs: between(40, 60) },
    { sinceMs: 5_000, capacity: PLENTY, serviceMs: between(400, 600) },
    { sinceMs: 65_000, capacity: PLENTY, serviceMs: between(40, 60) },
  ]);
  assert.ok((before?.answersPerSecond ?? 0) >= 0.98 * 640);
  assert.ok((slow?.answersPerSecond ?? 0) >= 0.97 * 64, `${slow?.answersPerSecond}`);
  assert.equal(slow?.placesAtTheEnd, 32);
  assert.ok((after?.answersPerSecond ?? 0) >= 0.9 * 640, `${after?.answersPerSecond}`);
});

test('an API that loses most of its capacity gets fewer requests, and all of them again within seconds of recovering', async () => {
  for (const seed of [1, 2]) {
    const [before, weak, , after] = await observe(
      32,
      47_000,
      [
        { sinceMs: 0, capacity: 32, serviceMs: between(40, 60) },
        { sinceMs: 5_000, capacity: 4, serviceMs: between(40, 60) },
        { sinceMs: 40_000, capacity: 32, serviceMs: between(40, 60) },
        { sinceMs: 44_000, capacity: 32, serviceMs: between(40, 60) },
      ],
      seed,
    );
    assert.ok((before?.answersPerSecond ?? 0) >= 0.98 * 640);
    assert.ok((weak?.answersPerSecond ?? 0) >= 0.98 * 80, `${weak?.answersPerSecond}`);
    assert.ok((weak?.meanPlaces ?? 32) <= 16, `${weak?.meanPlaces}`);
    assert.ok((after?.answersPerSecond ?? 0) >= 0.98 * 640, `${after?.answersPerSecond}`);
  }
});
