import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLenientJson } from '../src/lenient-json.ts';

test('commas between values may be missing', () => {
  assert.deepEqual(parseLenientJson('{"a":"1"\n"b":{"c":[1 2 "3"]}"d":true"e":null}'), {
    ...{ a: '1', b: { c: [1, 2, '3'] }, d: true, e: null },
  });
});

test('property: JSON is read as JSON, and without its commas all the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, null, 1);
      const expected = JSON.parse(text);
      assert.deepEqual(parseLenientJson(text), expected);
      // JSON.stringify puts a comma at a line's end; within strings there are no line ends.
      assert.deepEqual(parseLenientJson(text.replaceAll(',\n', '\n')), expected);
    }),
  );
});

test('nothing else is mended: what is no JSON beside its commas is refused', () => {
  for (const text of [
    '',
    'OK',
    '{"a":1,}',
    "{'a':1}",
    '{"a" 1}',
    '{"a":}',
    '{"a":1',
    '[1}',
    '{"a":1}x',
    '"a" "b"',
    '{"a"::1}',
  ]) {
    assert.throws(() => parseLenientJson(text), SyntaxError, text);
  }
});

test('a string that is never closed is an error at once, however long it is', () => {
  const startedAtMs = performance.now();
  assert.throws(() => parseLenientJson(`{"a": "${'\\"'.repeat(100_000)}`), SyntaxError);
  assert.ok(performance.now() - startedAtMs < 1_000);
});
