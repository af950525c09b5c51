import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConcurrencyLimit } from '../../src/delivery/concurrency.ts';

test('it starts at the maximum, and makes others wait for a place', async () => {
  const limit = createConcurrencyLimit(2);
  await limit.enter();
  await limit.enter();
  let third = false;
  const waiting = limit.enter().then(() => {
    third = true;
  });
  await new Promise(setImmediate);
  assert.equal(third, false);
  limit.leave();
  await waiting;
});

test('requests that were in flight together and struggled cut it once', async () => {
  const limit = createConcurrencyLimit(9);
  const entries = await Promise.all(Array.from({ length: 9 }, () => limit.enter()));
  for (const entry of entries) limit.struggled(entry, 'timed-out');
  assert.equal(limit.current, 6);
  limit.leave();
  assert.equal(limit.current, 6);
});

test('it never falls below one and recovers by one per round of answers', async () => {
  const limit = createConcurrencyLimit(4);
  for (let i = 0; i < 50; i++) {
    const entry = await limit.enter();
    limit.struggled(entry, 'throttled');
    limit.leave();
  }
  assert.equal(limit.current, 1);
  const entry = await limit.enter();
  for (let i = 0; i < 10; i++) limit.answered(entry, 50);
  assert.equal(limit.current, 4);
  for (let i = 0; i < 10; i++) limit.answered(entry, 50);
  assert.equal(limit.current, 4);
});
