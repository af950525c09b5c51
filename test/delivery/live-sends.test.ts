import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch, SendResult } from '../../src/destinations/destination.ts';
import { refusalOfLiveStatus } from '../../src/destinations/refusals.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { memoryLedger } from '../support/memory-ledger.ts';
import { accept, connectionRefused, scriptedDestination, timedOut } from '../support/scripted-destination.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

const LIVE = { maxMessagesPerRequest: 1, resendIsSafe: false };
/** A run with this is refused for live destinations; delivery does not rely on that. */
const RESENDING = { resendUnknown: true, concurrency: 2 };

const once = (answer: (batch: Batch) => SendResult) => (batch: Batch, index: number) =>
  index === 0 ? answer(batch) : accept(batch);

for (const [title, refusal] of [
  ['503', refusalOfLiveStatus(503, null)],
  ['503 with Retry-After', refusalOfLiveStatus(503, 1)],
  ['500', refusalOfLiveStatus(500, null)],
  ['408', refusalOfLiveStatus(408, null)],
  ['a timeout', timedOut],
] as const) {
  test(`${title} leaves a live message unknown at once, and the conversation goes on`, async () => {
    const ledger = memoryLedger([{ customer: 'c', messages: 3 }]);
    const destination = scriptedDestination(
      once(() => refusal),
      LIVE,
    );
    const { stopReason, requests } = await deliverWith(ledger, destination, { config: RESENDING });
    assert.equal(stopReason, null);
    assert.deepEqual(ledger.statesOf('c'), ['unknown', 'accepted', 'accepted']);
    assert.deepEqual([requests.sent, requests.retried], [3, 0]);
    const again = scriptedDestination(accept, LIVE);
    await deliverWith(ledger, again, { config: RESENDING, run: 2 });
    assert.equal(again.sent.length, 0, 'a later delivery leaves it alone');
  });
}

for (const [title, refusal] of [
  ['429', refusalOfLiveStatus(429, null)],
  ['a refused connection', connectionRefused],
] as const) {
  test(`${title} is tried again: the message surely did not get through`, async () => {
    const ledger = memoryLedger([{ customer: 'c', messages: 2 }]);
    const destination = scriptedDestination(
      once(() => refusal),
      LIVE,
    );
    const { requests } = await deliverWith(ledger, destination, { config: RESENDING });
    assert.deepEqual(ledger.statesOf('c'), ['accepted', 'accepted']);
    assert.deepEqual([requests.sent, requests.retried], [3, 1]);
  });
}

test('an API that is down makes few live messages unknown, not all of them', async () => {
  const clock = simulatedClock();
  const ledger = memoryLedger(
    Array.from({ length: 500 }, (_, index) => ({ customer: `c${index}`, messages: 1 })),
  );
  const destination = scriptedDestination(async () => {
    await clock.sleep(10);
    return refusalOfLiveStatus(503, null);
  }, LIVE);
  const config = { requestsPerSecond: 100, retryBaseMs: 250, retryMaxMs: 30_000, maxOutageMs: 900_000 };
  const delivering = deliverWith(ledger, destination, { clock, random: () => 1, config });
  const { stopReason } = await clock.run(delivering);
  const { unknown, pending } = await ledger.counts();
  assert.equal(stopReason, 'outage');
  assert.equal(unknown + pending, 500);
  assert.ok(unknown <= 50, `${unknown} are unknown`);
});
