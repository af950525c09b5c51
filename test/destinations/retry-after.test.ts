import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRetryAfterMs } from '../../src/destinations/retry-after.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 0);

test('seconds and the three date forms are read', () => {
  for (const header of [
    '37',
    ' 37 ',
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ]) {
    assert.equal(parseRetryAfterMs(header, NOW), 37_000, header);
  }
  assert.equal(parseRetryAfterMs('0', NOW), 0);
  assert.equal(parseRetryAfterMs('1.5', NOW), 1_500);
  assert.equal(parseRetryAfterMs('86400', NOW), 86_400_000);
});

test('a date that has passed means now', () => {
  assert.equal(parseRetryAfterMs('Sun, 06 Nov 1994 08:00:00 GMT', NOW), 0);
});

test('a two-digit year is the nearest that is not more than 50 years ahead', () => {
  const in2030 = Date.UTC(2030, 0, 1);
  assert.equal(parseRetryAfterMs('Tuesday, 01-Jan-30 00:00:10 GMT', in2030), 10_000);
  assert.equal(parseRetryAfterMs('Sunday, 06-Nov-94 08:49:37 GMT', in2030), 0);
});

test('what is neither is ignored', () => {
  for (const header of [
    '',
    '-5',
    '1e9',
    'soon',
    '99999999999',
    'NaN',
    'Infinity',
    'Sun, 31 Feb 2030 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 PST',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    '2030-01-01T00:00:00Z',
  ]) {
    assert.equal(parseRetryAfterMs(header, NOW), null, header);
  }
  assert.equal(parseRetryAfterMs(null, NOW), null);
});

test('every instant survives its own HTTP date', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
      assert.equal(parseRetryAfterMs(new Date(seconds * 1_000).toUTCString(), 0), seconds * 1_000);
    }),
  );
});
