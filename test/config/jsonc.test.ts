import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJsonc } from '../../src/config/jsonc.ts';
import { UsageError } from '../../src/errors.ts';

const parse = (text: string) => parseJsonc(text, 'c.json').value;

function syntaxError(text: string): UsageError {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, 'CONFIG_SYNTAX');
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${text}` });
}

test('comments and trailing commas are allowed; inside texts they are text', () => {
  const text = `// first
  { "a": [1, 2, /* two */ ], /* a
  comment, of "several" lines */ "b": "// no comment /* here */", // last
  }
  // end`;
  assert.deepEqual(parse(text), { a: [1, 2], b: '// no comment /* here */' });
});

test('a byte order mark is ignored', () => {
  assert.deepEqual(parse('\uFEFF{}'), {});
  assert.match(syntaxError('\uFEFF{x}').message, /^c\.json:1:2:/);
});

test('every JSON document is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      const value = JSON.parse(text) as unknown;
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(text));
      assert.deepEqual(parse(text), value);
      assert.deepEqual(parse(JSON.stringify(value, null, 2)), value);
    }),
  );
});

test('whatever the text, nothing but a UsageError is thrown', () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '"a"',
    '1',
    '-',
    'null',
    '/*',
    '//',
    '\n',
    'e',
    '.',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fragment).map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          parse(text);
        } catch (error) {
          assert.ok(error instanceof UsageError, String(error));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a syntax error names file, line and column', () => {
  const cases: [text: string, position: string][] = [
    ['', '1:1'],
    ['{', '1:2'],
    ['{\n  "a": 1\n  "b": 2 }', '3:3'],
    ['{ "a": tru }', '1:8'],
    ['{ "a": 01 }', '1:8'],
    ['{ "a": "x\n" }', '1:8'],
    ['{ "a": "\\x" }', '1:8'],
    ['{ a: 1 }', '1:3'],
    ["{ 'a': 1 }", '1:3'],
    ['{ "a" 1 }', '1:7'],
    ['[1 2]', '1:4'],
    ['[,]', '1:2'],
    ['{} {}', '1:4'],
    ['{ "a": 1 /* b', '1:10'],
    ['{ "a": NaN }', '1:8'],
    ['{\r\n\r\n]', '3:1'],
  ];
  for (const [text, position] of cases) {
    assert.match(syntaxError(text).message, new RegExp(`^c\\.json:${position}: `), JSON.stringify(text));
  }
});

test('a syntax error quotes nothing of the file', () => {
  assert.doesNotMatch(syntaxError('{ "password": hunter2 }').message, /hunter2/);
});

test('a key that occurs twice is an error, as is one that reaches into prototypes', () => {
  assert.match(syntaxError('{ "a": 1, "a": 2 }').message, /c\.json:1:11: this key occurs twice/);
  for (const key of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
    assert.match(syntaxError(`{ "${key}": {} }`).message, /reserved/);
  }
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('nesting without end is an error, not a crash', () => {
  assert.match(syntaxError('['.repeat(100_000)).message, /levels deep/);
});

test('a string that is never closed is an error at once, however long it is', () => {
  const startedAtMs = performance.now();
  syntaxError(`{ "a": "${'b'.repeat(100_000)}`);
  assert.ok(performance.now() - startedAtMs < 1_000);
});

test('every value knows where it begins', () => {
  const document = parseJsonc('{\n  "a": { "b": [10,\n 20] } }', 'c.json');
  assert.deepEqual(document.positionOf([]), { line: 1, column: 1 });
  assert.deepEqual(document.positionOf(['a', 'b']), { line: 2, column: 15 });
  assert.deepEqual(document.positionOf(['a', 'b', 1]), { line: 3, column: 2 });
  assert.equal(document.positionOf(['a', 'c']), null);
});

test('what is long takes no stack and no time: blanks, comments, texts, closed or not, and what is deep', () => {
  const long = 300_000;
  const startMs = performance.now();
  assert.deepEqual(parse(`${'//\n'.repeat(long)}${'/**/'.repeat(long)}${' '.repeat(long)}[]`), []);
  assert.equal(parse(`"${'x\\n\x9b'.repeat(long)}"`), 'x\n\x9b'.repeat(long));
  assert.match(
    syntaxError(`{"a": "${'x\\u0041'.repeat(long)}`).message,
    /c\.json:1:7: this text is not closed/,
  );
  assert.match(syntaxError(`/*${'*'.repeat(long)}`).message, /never closed/);
  assert.match(syntaxError('['.repeat(long)).message, /levels deep/);
  assert.match(syntaxError('{"a":'.repeat(long)).message, /levels deep/);
  assert.ok(performance.now() - startMs < 10_000);
});
