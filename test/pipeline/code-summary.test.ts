import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodeSighting, Mapping } from '../../src/mapping/mapping.ts';
import { watchCodes } from '../../src/pipeline/code-summary.ts';
import { mappingWith, recordOf } from '../support/compiled-mapping.ts';

/** A mapping that sees one code in every record, in this order. */
function seeing(sightings: readonly Partial<CodeSighting>[]): Mapping {
  let next = 0;
  const plain = { field: 'messageAttributes.type', code: 'S', meaning: 'OUTGOING', from: null, to: null };
  return { ...mappingWith(), codesOf: () => [{ ...plain, ...sightings[next++] }] };
}

function summaryOf(sightings: readonly Partial<CodeSighting>[]) {
  const { mapping, summary } = watchCodes(seeing(sightings));
  for (const _ of sightings) assert.equal(mapping.map(recordOf()).kind, 'message');
  return summary();
}

test('codes are counted by field, most frequent first', () => {
  const summary = summaryOf([
    { code: 'I', meaning: 'INCOMING' },
    { code: 'S' },
    { code: 'S' },
    { field: 'messageAttributes.protocol', code: 'W', meaning: null },
  ]);
  assert.deepEqual(
    summary.map(({ field, code, meaning, count }) => [field, code, meaning, count]),
    [
      ['messageAttributes.type', 'S', 'OUTGOING', 2],
      ['messageAttributes.type', 'I', 'INCOMING', 1],
      ['messageAttributes.protocol', 'W', null, 1],
    ],
  );
});

test('a few different examples are kept, masked', () => {
  const [summary] = summaryOf([
    { from: '(310) 555-0100', to: '+13105550142' },
    { from: '3105550100', to: '3105550142' },
    { from: 'service@example.com', to: 'mara.quist@example.org' },
    { from: 'Mara Quist', to: '55555' },
    { from: '3105550111', to: '3105550112' },
  ]);
  assert.deepEqual(summary?.examples, [
    { from: '…0100', to: '…0142' },
    { from: 's…@example.com', to: 'm…@example.org' },
    { from: '…', to: '…' },
  ]);
  assert.equal(summary?.count, 5);
});

test('a column that holds no codes is not shown whole, and fills no memory', () => {
  const many = Array.from({ length: 500 }, (_, index) => ({ code: `${index} ${'words '.repeat(20)}` }));
  const summary = summaryOf(many);
  assert.equal(summary.length, 20);
  for (const { code } of summary) assert.ok(code.length <= 25);
});
