import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Batch } from '../../src/destinations/destination.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { memoryLedger } from '../support/memory-ledger.ts';
import { accept, outcome, refuse, scriptedDestination } from '../support/scripted-destination.ts';

const oneCustomer = (messages: number) => memoryLedger([{ customer: 'c', messages }]);
const guiltySet = fc.uniqueArray(fc.nat(39), { maxLength: 40 }).map((ids) => new Set(ids));

/** First attempts are in order, however the batch is taken apart. */
function assertAcceptedInOrder(sent: readonly Batch[], isAccepted: (batch: Batch) => boolean): void {
  const accepted = sent.filter(isAccepted).flatMap((batch) => batch.messages.map(({ id }) => id));
  assert.deepEqual(
    accepted,
    accepted.toSorted((a, b) => a - b),
  );
}

test('property: bisecting finds exactly the guilty, whichever they are, and keeps the order', async () => {
  await fc.assert(
    fc.asyncProperty(guiltySet, fc.constantFrom(400, 409, 422, 418), async (guilty, status) => {
      const ledger = oneCustomer(40);
      const blames = (batch: Batch) => batch.messages.some(({ id }) => guilty.has(id));
      const destination = scriptedDestination((batch) => (blames(batch) ? refuse(status) : accept(batch)), {
        maxMessagesPerRequest: 16,
      });
      const result = await deliverWith(ledger, destination);
      assert.equal(result.stopReason, null);
      for (const { message, state, code } of ledger.messages) {
        assert.equal(state, guilty.has(message.id) ? 'failed' : 'accepted');
        assert.equal(code, guilty.has(message.id) ? `HTTP_${status}` : null);
      }
      assertAcceptedInOrder(destination.sent, (batch) => !blames(batch));
    }),
    { numRuns: 100 },
  );
});

test('property: the guilty that an answer names are not searched for, and their neighbours go again', async () => {
  await fc.assert(
    fc.asyncProperty(guiltySet, async (guilty) => {
      const ledger = oneCustomer(40);
      const blames = (batch: Batch) => batch.messages.some(({ id }) => guilty.has(id));
      const destination = scriptedDestination(
        (batch) =>
          blames(batch)
            ? {
                ...refuse(400),
                guilty: batch.messages.map(({ id }) => (guilty.has(id) ? outcome('failed', 'BAD') : null)),
              }
            : accept(batch),
        { maxMessagesPerRequest: 10 },
      );
      await deliverWith(ledger, destination);
      for (const { message, state } of ledger.messages) {
        assert.equal(state, guilty.has(message.id) ? 'failed' : 'accepted');
      }
      assert.ok(destination.sent.length <= 8, 'at most two requests per batch');
    }),
    { numRuns: 50 },
  );
});

test('property: 413 halves until it fits, and a message too large by itself fails alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 16 }), guiltySet, async (mostPerRequest, large) => {
      const ledger = oneCustomer(40);
      const isTooLarge = ({ messages }: Batch) =>
        messages.length > mostPerRequest || messages.some(({ id }) => large.has(id));
      const destination = scriptedDestination((batch) => (isTooLarge(batch) ? refuse(413) : accept(batch)), {
        maxMessagesPerRequest: 16,
      });
      await deliverWith(ledger, destination);
      for (const { message, state } of ledger.messages) {
        assert.equal(state, large.has(message.id) ? 'failed' : 'accepted');
      }
      assertAcceptedInOrder(destination.sent, (batch) => !isTooLarge(batch));
    }),
    { numRuns: 50 },
  );
});

test('pieces start their attempts anew', async () => {
  const ledger = oneCustomer(2);
  const seen = new Map<string, number>();
  const destination = scriptedDestination((batch) => {
    const key = batch.messages.map(({ id }) => id).join();
    const attempt = (seen.get(key) ?? 0) + 1;
    seen.set(key, attempt);
    if (attempt < 4) return refuse(503);
    return batch.messages.length > 1 ? refuse(400) : accept(batch);
  });
  const result = await deliverWith(ledger, destination, { config: { maxAttempts: 4 } });
  assert.equal(result.messages.accepted, 2);
  assert.deepEqual([...seen.values()], [4, 4, 4]);
});

test('failing pieces do not open the breaker', async () => {
  const ledger = oneCustomer(8);
  const tries = new Map<string, number>();
  const pauses: unknown[] = [];
  const destination = scriptedDestination((batch) => {
    if (batch.messages.length === 8) return refuse(422);
    const key = batch.messages.map(({ id }) => id).join();
    tries.set(key, (tries.get(key) ?? 0) + 1);
    return (tries.get(key) ?? 0) < 8 ? refuse(503) : accept(batch);
  });
  const result = await deliverWith(ledger, destination, {
    config: { maxAttempts: 8 },
    observer: { onPause: (pause) => pauses.push(pause) },
  });
  assert.equal(result.messages.accepted, 8);
  assert.deepEqual(pauses, []);
});

test('a contradictory refusal (listed as submitted) is not taken apart where resending is not allowed', async () => {
  const ledger = oneCustomer(4);
  const destination = scriptedDestination(() => ({ ...refuse(400), ambiguous: true }));
  const result = await deliverWith(ledger, destination, { config: { resendUnknown: false } });
  assert.equal(destination.sent.length, 1);
  assert.deepEqual(result.messages, { accepted: 0, failed: 0, unknown: 4 });
});

test('a 404, 403 or 401 in the middle of taking a batch apart leaves the other pieces where they belong', async () => {
  for (const [status, states] of [
    [404, ['accepted', 'accepted', 'failed', 'failed', 'failed']],
    [403, ['accepted', 'accepted', 'pending', 'pending', 'pending']],
    [401, ['accepted', 'accepted', 'pending', 'pending', 'pending']],
  ] as const) {
    const ledger = oneCustomer(5);
    const destination = scriptedDestination(
      (batch) => {
        if (batch.messages.length === 4) return refuse(400);
        return batch.messages.some(({ id }) => id === 2) ? refuse(status) : accept(batch);
      },
      { maxMessagesPerRequest: 4 },
    );
    await deliverWith(ledger, destination);
    assert.deepEqual(ledger.statesOf('c'), states);
  }
});
