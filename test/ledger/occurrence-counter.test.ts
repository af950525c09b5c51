import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createOccurrenceCounter } from '../../src/ledger/occurrence-counter.ts';
import { identityDigest } from '../../src/messages/identity.ts';

test('equal digests are numbered from 0, in any interleaving, and anew after a reset', () => {
  const counter = createOccurrenceCounter();
  const inputs = fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }), { maxLength: 3 });
  fc.assert(
    fc.property(inputs, (values) => {
      for (const input of values) {
        counter.reset();
        const seen = new Map<number, number>();
        for (const value of input) {
          const expected = seen.get(value) ?? 0;
          assert.equal(counter.next(identityDigest([String(value)])), expected);
          seen.set(value, expected + 1);
        }
      }
    }),
  );
  counter.close();
});

test('digests that begin alike are told apart', () => {
  const counter = createOccurrenceCounter();
  const digests = [0, 1, 2].map((last) => Buffer.concat([Buffer.alloc(15, 0xff), Buffer.of(last)]));
  const numbers = [...digests, ...digests.toReversed()].map((digest) => counter.next(digest));
  assert.deepEqual(numbers, [0, 0, 0, 1, 1, 1]);
  counter.close();
});
