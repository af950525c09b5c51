import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PositionTracker } from '../../src/sources/position-tracker.ts';

const UNITS = ['a', 'é', '\n', '\r', '\r\n'];

test('lines and bytes are counted the same however the text is cut into buffers and steps', () => {
  const steps = fc.array(fc.array(fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 6 })));
  fc.assert(
    fc.property(steps, (buffers) => {
      const positions = new PositionTracker();
      let passed = '';
      for (const pieces of buffers) {
        const text = Buffer.from(pieces.join(''));
        let at = 0;
        for (const piece of pieces) {
          positions.advance(text, at, at + Buffer.byteLength(piece));
          at += Buffer.byteLength(piece);
          passed += piece;
          assert.equal(positions.line, 1 + [...passed.matchAll(/\r\n|\n|\r/g)].length);
          assert.equal(positions.byte, Buffer.byteLength(passed));
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
