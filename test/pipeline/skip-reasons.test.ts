import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSkipReasons } from '../../src/pipeline/skip-reasons.ts';

test('reasons are added up over calls, most frequent first', () => {
  const reasons = createSkipReasons();
  reasons.add(new Map([['draft', 2]]));
  reasons.add(
    new Map([
      ['draft', 1],
      ['never delivered', 4],
    ]),
  );
  assert.deepEqual(reasons.list(), [
    { reason: 'never delivered', count: 4 },
    { reason: 'draft', count: 3 },
  ]);
});

test('a mapper that makes up a reason for every record fills no memory, and every record is counted', () => {
  const reasons = createSkipReasons();
  for (let index = 0; index < 1_000; index += 1) reasons.add(new Map([[`reason ${index}`, 1]]));
  const list = reasons.list();
  assert.ok(list.length <= 51);
  assert.equal(list[0]?.reason, 'other reasons');
  assert.equal(
    list.reduce((sum, { count }) => sum + count, 0),
    1_000,
  );
});
