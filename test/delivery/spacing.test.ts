/** Distance between requests: as a rule of its own, and of workers that share one thread, in simulated time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPacer } from '../../src/delivery/pacing.ts';
import { createSpacing, type Spacing } from '../../src/delivery/spacing.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

test('property: a distance holds a request back by a millisecond at most, and by less than passes from answer to answer', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          latencyMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
          places: fc.integer({ min: 1, max: 64 }),
          idleMs: fc.double({ min: 0, max: 20, noNaN: true }),
        }),
      ),
      (rounds) => {
        const spacing = createSpacing();
        let nowMs = 1_000;
        for (const { latencyMs, places, idleMs } of rounds) {
          spacing.answered(latencyMs, places);
          nowMs = Math.max(nowMs + idleMs, spacing.earliestMs);
          spacing.started(nowMs);
          const heldBackMs = spacing.earliestMs - nowMs;
          assert.ok(heldBackMs <= Math.min(1, latencyMs / places) + 1e-6, `${heldBackMs} ms`);
        }
      },
    ),
  );
});

test('before the first answer nothing is held back', () => {
  const spacing = createSpacing();
  spacing.started(5);
  spacing.started(5);
  assert.ok(spacing.earliestMs <= 5);
});

test('a request that was late for moments does not delay those behind it', () => {
  const spacing = createSpacing();
  spacing.answered(100, 1);
  for (const atMs of [10, 11, 12, 15.5]) spacing.started(atMs);
  // The fourth was due at 13, the fifth at 14.
  assert.ok(spacing.earliestMs <= 14.01);
});

const ROUNDS = 100;

interface Scene {
  readonly latencyMs: number;
  readonly workers: number;
}

/**
 * Workers between whose requests stands a writer that writes for all who wait at one time, as the ledger does: the more they
 * are, the longer, and all are let go together.
 *
 * @returns how long a request stood at the writer on average, and when the last was answered
 */
async function observe({ latencyMs, workers }: Scene, spacing: Spacing) {
  const clock = simulatedClock(0);
  const pacer = createPacer({ requestsPerSecond: 1e6, burst: 1, spacing, clock });
  let waiting: (() => void)[] = [];
  let isWriting = false;
  let atWriterMs = 0;
  const write = async () => {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const together = waiting;
      waiting = [];
      await clock.sleep(0.2 + 0.3 * together.length);
      for (const release of together) release();
    }
    isWriting = false;
  };
  const work = async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const beganMs = clock.monotonicMs();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        void write();
      });
      atWriterMs += clock.monotonicMs() - beganMs;
      await pacer.depart(() => clock.sleep(latencyMs));
      spacing.answered(latencyMs, workers);
    }
  };
  await clock.run(Promise.all(Array.from({ length: workers }, work)));
  return { meanAtWriterMs: atWriterMs / (workers * ROUNDS), endMs: clock.monotonicMs() };
}

const withoutDistance = (): Spacing => ({ ...createSpacing(), earliestMs: Number.NEGATIVE_INFINITY });

test('32 at a time, answered after 50 ms: requests part, and more of them get through', async () => {
  const scene = { latencyMs: 50, workers: 32 };
  const spaced = await observe(scene, createSpacing());
  const inStep = await observe(scene, withoutDistance());
  assert.ok(spaced.meanAtWriterMs < 1, `${spaced.meanAtWriterMs} ms`);
  assert.ok(inStep.meanAtWriterMs > 5, `${inStep.meanAtWriterMs} ms in step`);
  assert.ok(spaced.endMs < 0.95 * inStep.endMs, `${spaced.endMs} against ${inStep.endMs} ms`);
});

for (const scene of [
  { latencyMs: 3_000, workers: 4 },
  { latencyMs: 50, workers: 8 },
  { latencyMs: 200, workers: 32 },
  { latencyMs: 5, workers: 4 },
  { latencyMs: 1, workers: 1 },
]) {
  const { latencyMs, workers } = scene;
  test(`${workers} at a time, answered after ${latencyMs} ms: the distance costs a millisecond each, and once`, async () => {
    const spaced = await observe(scene, createSpacing());
    const inStep = await observe(scene, withoutDistance());
    assert.ok(spaced.endMs <= inStep.endMs + workers, `${spaced.endMs} against ${inStep.endMs} ms`);
  });
}
