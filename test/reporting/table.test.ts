import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBytes } from '../../src/reporting/bytes.ts';
import { renderTable } from '../../src/reporting/table.ts';
import { fitText, textWidth } from '../../src/reporting/text-width.ts';

test('texts are aligned to the left, numbers to the right and grouped by thousands', () => {
  assert.equal(
    renderTable([
      ['accepted', 1_234_567],
      ['failed', 4],
    ]),
    '  accepted  1,234,567\n  failed            4\n',
  );
});

test('a head stands above its columns; empty cells and short rows are fine', () => {
  assert.equal(
    renderTable([['a', null, 'x'], ['bb']], { head: ['one', 'two', 'three'], indent: 0 }),
    'one  two  three\na         x\nbb\n',
  );
});

test('no rows make no table, head or not', () => {
  assert.equal(renderTable([], { head: ['a'] }), '');
});

test('cells cannot break the table or drive the terminal', () => {
  assert.equal(renderTable([['a\nb\x1b[2J', 'c']], { indent: 0 }), 'a\\nb\\x1b[2J  c\n');
});

test('columns line up when cells hold wide characters, emoji and combining marks', () => {
  const lines = renderTable([
    ['日本', 1],
    ['👩‍👩‍👧', 1],
    ['e\u0301', 1],
    ['abcd', 1],
  ])
    .trimEnd()
    .split('\n');
  assert.deepEqual(new Set(lines.map(textWidth)), new Set([9]));
});

test('a text is cut to the columns given, never within a character', () => {
  assert.equal(fitText('abcdef', 6), 'abcdef');
  assert.equal(fitText('abcdef', 4), 'abc…');
  assert.equal(fitText('日本語', 4), '日…');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 20 }), (text, columns) => {
      assert.ok(textWidth(fitText(text, columns)) <= columns);
    }),
  );
});

test('bytes are written in the unit that reads best', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_960, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [38_000_000, '38 MB'],
    [5e15, '5000 TB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});
