import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAbsenceFilter } from '../../src/ledger/absence-filter.ts';
import { createNewcomers } from '../../src/ledger/newcomers.ts';
import { shortHash } from '../../src/short-hash.ts';

const beginning = (one: Buffer) => one.toString('hex', 0, 12);
const digest = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));

test('property: newcomers are those of a Map, before and after they are cleared', () => {
  const newcomers = createNewcomers();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 3_000 }), (ids) => {
      newcomers.clear();
      const expected = new Map<number, Buffer>();
      for (const id of ids) {
        const ofId = shortHash(String(id));
        const isThere = expected.has(id);
        assert.equal(newcomers.find(ofId, (found) => found === id) ?? null, isThere ? id : null);
        if (!isThere) newcomers.add(ofId, id);
        expected.set(id, ofId);
      }
      assert.equal(newcomers.size, expected.size);
      const digests = [...newcomers.digests()].map(beginning);
      assert.deepEqual(digests.sort(), [...expected.values()].map(beginning).sort());
    }),
    { numRuns: 20 },
  );
});

test('property: newcomers with one digest are told apart by what they are', () => {
  fc.assert(
    fc.property(digest, fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 20 }), (same, ids) => {
      const newcomers = createNewcomers();
      for (const id of ids) newcomers.add(same, id);
      for (const id of ids)
        assert.equal(
          newcomers.find(same, (found) => found === id),
          id,
        );
      assert.equal(
        newcomers.find(same, () => false),
        null,
      );
    }),
  );
});

test('property: what was added is never said to be absent', () => {
  const filter = createAbsenceFilter();
  fc.assert(
    fc.property(fc.array(digest, { minLength: 1, maxLength: 100 }), (digests) => {
      for (const one of digests) filter.add(one);
      assert.ok(digests.every((one) => filter.mayHave(one)));
    }),
  );
});

test('of a million identities, less than one in a thousand others is taken for one', () => {
  const filter = createAbsenceFilter();
  for (let at = 0; at < 1_000_000; at += 1) filter.add(shortHash(`there ${at}`));
  let taken = 0;
  for (let at = 0; at < 100_000; at += 1) if (filter.mayHave(shortHash(`elsewhere ${at}`))) taken += 1;
  assert.ok(taken < 100, String(taken));
});
