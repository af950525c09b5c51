import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeCell, unescapeCell } from '../../src/spreadsheet-cells.ts';

const cell = fc
  .array(fc.constantFrom(...`'=+-@＝\t\rab\n`), { maxLength: 6 })
  .map((characters) => characters.join(''));

test('an escaped cell comes back as it was', () => {
  fc.assert(fc.property(cell, (text) => assert.equal(unescapeCell(escapeCell(text)), text)));
});

test('no escaped cell begins like a formula', () => {
  fc.assert(fc.property(cell, (text) => assert.doesNotMatch(escapeCell(text), /^[=+\-@＝＋－＠\t\r\n]/)));
});

test('cells that no spreadsheet computes are left alone', () => {
  for (const text of ['', 'a=b', "'tis", "''", '#1', '12', ' =1']) assert.equal(escapeCell(text), text);
});
