/** Small damages to a text or file, as chance would have it; most leave enough in order to get past the first check. */
import type { SeededRandom } from '../support/seeded-random.ts';

const MAX_BYTES = 262_144;
const MOST_REPEATS = 2_000;

/** Bytes that mean something to somebody on the way. */
const TOKENS = [
  ...[
    '"',
    "'",
    ',',
    ';',
    '\t',
    '|',
    '\r',
    '\n',
    '\r\n',
    '\0',
    '\x1b[31m',
    '\x7f',
    '\\',
    '\\u0000',
    '\\ud800',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '[[',
    '{"',
    '":',
    '/*',
    '*/',
    '//',
    '#',
    '%',
    '%00',
    '../',
    '${',
    '\u2028',
    '\u202e',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'length', '_state', '_sourceUuid', '_line', '#2'],
  ...['null', 'true', '-0', '1e999', '99999999999999999999999', '-1', 'NaN', '0.1', '1e-400'],
  ...['=1+1', '+1', '@x', '\ufeff', '\u00a0', '🚗', 'İ', '\u0130', 'ﬀ', 'e\u0301'.repeat(50)],
].map((token) => Buffer.from(token));
const BYTES = [
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0xef, 0xbb, 0xbf],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0x1f, 0x8b, 0x08],
  [0x28, 0xb5, 0x2f, 0xfd],
].map((bytes) => Buffer.from(bytes));

/** JSON texts that stand where another value, or a key, was. */
const STRINGS = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
  ' ',
  '\u0000',
  '\ud800',
  'a.b.c',
  '../../x',
  '#0',
];
const VALUES = [
  ...[
    'null',
    'true',
    '-1',
    '0',
    '1e308',
    '1e999',
    '""',
    '[]',
    '{}',
    '[[]]',
    '{"__proto__":{"polluted":true}}',
  ],
  ...['{"constructor":{"prototype":{"polluted":true}}}', '"2024-02-30"', '9007199254740993', '"𝟙"'],
  '['.repeat(5_000),
  `"${'a'.repeat(5_000)}"`,
  `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`,
];

type Mutation = (bytes: Buffer, random: SeededRandom, others: readonly Buffer[]) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = random.between(0, copy.length - 1);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.between(0, 7));
    return copy;
  },
  (bytes, random) => splice(bytes, random, Buffer.alloc(0)),
  (bytes, random) => bytes.subarray(0, random.between(0, bytes.length)),
  (bytes, random) => insert(bytes, random, random.pick([...TOKENS, ...BYTES])),
  (bytes, random) => insert(bytes, random, repeated(random.pick([...TOKENS, ...BYTES]), random)),
  (bytes, random) => insert(bytes, random, repeated(slice(bytes, random, 200), random)),
  (bytes, random) => splice(bytes, random, slice(bytes, random, 1_000)),
  (bytes, random, others) => splice(bytes, random, slice(random.pick(others), random, 2_000)),
  (bytes, random) =>
    replaceToken(bytes, random, /"[^"]{0,200}"/g, () => JSON.stringify(random.pick(STRINGS))),
  (bytes, random) =>
    replaceToken(bytes, random, /"[^"]{0,200}"|-?\d[\d.eE+-]*|true|false|null/g, () => random.pick(VALUES)),
];

export function mutate(random: SeededRandom, corpus: readonly Buffer[]): Buffer {
  let bytes = random.pick(corpus);
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    bytes = random.pick(MUTATIONS)(bytes, random, corpus).subarray(0, MAX_BYTES);
  }
  return bytes;
}

function insert(bytes: Buffer, random: SeededRandom, piece: Buffer): Buffer {
  const at = random.between(0, bytes.length);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function splice(bytes: Buffer, random: SeededRandom, piece: Buffer): Buffer {
  const at = random.between(0, bytes.length);
  const end = at + random.between(0, Math.min(64, bytes.length - at));
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(end)]);
}

function slice(bytes: Buffer, random: SeededRandom, maxLength: number): Buffer {
  const at = random.between(0, bytes.length);
  return bytes.subarray(at, at + random.between(0, maxLength));
}

function repeated(piece: Buffer, random: SeededRandom): Buffer {
  const times = Math.min(random.between(2, MOST_REPEATS), Math.ceil(MAX_BYTES / Math.max(1, piece.length)));
  return Buffer.concat(Array.from({ length: times }, () => piece));
}

function replaceToken(bytes: Buffer, random: SeededRandom, pattern: RegExp, by: () => string): Buffer {
  const text = bytes.toString('latin1');
  const tokens = [...text.matchAll(pattern)];
  if (tokens.length === 0) return bytes;
  const { index, 0: token } = random.pick(tokens);
  return Buffer.concat([bytes.subarray(0, index), Buffer.from(by()), bytes.subarray(index + token.length)]);
}
