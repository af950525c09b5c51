import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../../src/config/jsonc.ts';
import { applyOverride, readOverride } from '../../src/config/overrides.ts';
import { readPath, writePath } from '../../src/config/paths.ts';
import { UsageError } from '../../src/errors.ts';

const set = (document: JsonValue, ...words: string[]) =>
  words.map(readOverride).reduce(applyOverride, document);

test('a value is JSON where it can be read as such, else text', () => {
  assert.deepEqual(set({}, 'a=1', 'b=true', 'c=null', 'd={"x":[1]}', "e=8 o'clock", 'f=', 'g="1"', 'h=a=b'), {
    a: 1,
    b: true,
    c: null,
    d: { x: [1] },
    e: "8 o'clock",
    f: '',
    g: '1',
    h: 'a=b',
  });
});

test('keys with dots, blanks or equals signs go into brackets and quotes', () => {
  assert.deepEqual(set({ mapping: {} }, 'mapping["messageAttributes.body"]=Text'), {
    mapping: { 'messageAttributes.body': 'Text' },
  });
  assert.deepEqual(set({}, `a['b.c'].d=1`, `a["x = \\"y\\""]=2`), { a: { 'b.c': { d: 1 }, 'x = "y"': 2 } });
});

test('list entries are set by index, and one more may be added', () => {
  const document = { source: { files: ['a', 'b'] } };
  assert.deepEqual(set(document, 'source.files[1]=c', 'source.files[2]=d'), {
    source: { files: ['a', 'c', 'd'] },
  });
  assert.deepEqual(document, { source: { files: ['a', 'b'] } }, 'the document itself is left alone');
});

test('objects and lists on the way are created', () => {
  assert.deepEqual(set({}, 'skip[0].from=Status', 'skip[0].in[0]=draft'), {
    skip: [{ from: 'Status', in: ['draft'] }],
  });
});

test('an override that cannot be placed says where and why', () => {
  const document = { stream: 's', source: { files: ['a'] } };
  for (const [words, problem] of [
    ['stream.x=1', /stream is not an object/],
    ['source.files.x=1', /source\.files is not an object/],
    ['source[0]=1', /source is not a list/],
    ['source.files[5]=x', /source\.files has only 1 entries/],
  ] as const) {
    assert.throws(() => set(document, words), { code: 'BAD_OVERRIDE', message: problem });
  }
});

test('words that are not path=value are refused with an example', () => {
  for (const words of [
    '',
    'a',
    '=1',
    '.a=1',
    'a.=1',
    'a..b=1',
    'a[=1',
    'a[x]=1',
    'a[-1]=1',
    'a[""b"]=1',
    'a b=1',
    'a["\\q"]=1',
  ]) {
    assert.throws(
      () => readOverride(words),
      { code: 'BAD_OVERRIDE', fix: /--set delivery\.concurrency=8/ },
      words,
    );
  }
});

test('prototypes are out of reach', () => {
  for (const words of [
    '__proto__.polluted=1',
    'a.__proto__.polluted=1',
    'a["__proto__"]=1',
    'a["\\u005f_proto__"]=1',
    'constructor.prototype.polluted=1',
    'a={"__proto__":{"polluted":1}}',
    'a=[{"b":{"constructor":1}}]',
  ]) {
    assert.throws(() => set({}, words), { code: 'BAD_OVERRIDE', message: /reserved/ }, words);
  }
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('whatever is typed, nothing but a UsageError is thrown', () => {
  const fragment = fc.constantFrom(
    'a',
    '.',
    '[',
    ']',
    '"',
    "'",
    '=',
    '0',
    '\\',
    '{',
    '}',
    '__proto__',
    '["a.b"]',
    '[0]',
    ' ',
  );
  const words = fc.oneof(
    fc.string(),
    fc.array(fragment).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(words, fc.jsonValue() as fc.Arbitrary<JsonValue>, (text, document) => {
      try {
        set(document, text);
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
  for (const text of [`${'a.'.repeat(50_000)}a=1`, `a=${'['.repeat(50_000)}${']'.repeat(50_000)}`]) {
    assert.throws(() => set({}, text), UsageError);
  }
});

test('a path that is written is read as the same path', () => {
  const step = fc.oneof(fc.string({ minLength: 1 }), fc.nat({ max: 1_000 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), (path) => {
      const text = writePath(path);
      assert.deepEqual(readPath(`${text}=x`), { path, length: text.length });
    }),
  );
});
