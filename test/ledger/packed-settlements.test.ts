import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Settlement } from '../../src/ledger/ledger.ts';
import { packEnd } from '../../src/ledger/packed-settlements.ts';

const WORD = fc.option(fc.string(), { nil: null });
const SETTLEMENT = fc.record(
  {
    id: fc.nat(),
    outcome: fc.constantFrom<Settlement['outcome']>('accepted', 'failed', 'unknown', 'released'),
    ...{ code: WORD, error: WORD, messageUuid: WORD, warnings: WORD },
  },
  { noNullPrototype: true },
) satisfies fc.Arbitrary<Settlement>;
const acceptedWithoutAWord = (id: number): Settlement => {
  return { id, outcome: 'accepted', code: null, error: null, messageUuid: null, warnings: null };
};
const WORDLESS = fc.nat().map(acceptedWithoutAWord);

test('nothing that was said is lost: what is packed as an id alone was accepted without a word', () => {
  const settlements = fc.array(fc.oneof(SETTLEMENT, WORDLESS));
  fc.assert(
    fc.property(settlements, (given) => {
      const end = { attempt: 7, status: 200, result: 'answered', endedAtMs: 5, requestUuid: 'r-1' };
      const { accepted, others, ...rest } = structuredClone(packEnd({ ...end, settlements: given }));
      assert.deepEqual(rest, end);
      assert.deepEqual(sorted([...accepted.map(acceptedWithoutAWord), ...others]), sorted(given));
    }),
  );
});

function sorted(settlements: readonly Settlement[]): readonly string[] {
  return settlements
    .map(({ id, outcome, code, error, messageUuid, warnings }) =>
      JSON.stringify([id, outcome, code, error, messageUuid, warnings]),
    )
    .sort();
}
