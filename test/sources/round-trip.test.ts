/** Random tables and documents, written in every way that the formats allow, come back as they were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCsv } from '../../src/sources/csv.ts';
import { encodingOf } from '../../src/sources/decoding.ts';
import { readJson } from '../../src/sources/json.ts';
import { readNdjson } from '../../src/sources/ndjson.ts';
import { oneByOne, type RecordBatches } from '../../src/sources/record-batches.ts';
import type { SourceRecord } from '../../src/sources/source.ts';
import { openText, type TextInput } from '../../src/sources/text-input.ts';
import { lineOfByte, plainFields, sourceConfig } from '../support/source-reading.ts';

interface Encoding {
  readonly label: string;
  readonly mark: readonly number[];
  readonly lineEnds: 'latin1' | 'utf16le';
  encode(text: string): Buffer;
}

const ENCODINGS: readonly Encoding[] = [
  { label: 'auto', mark: [], lineEnds: 'latin1', encode: (text) => Buffer.from(text) },
  { label: 'auto', mark: [0xef, 0xbb, 0xbf], lineEnds: 'latin1', encode: (text) => Buffer.from(text) },
  { label: 'auto', mark: [0xff, 0xfe], lineEnds: 'utf16le', encode: (text) => Buffer.from(text, 'utf16le') },
  { label: 'utf-16le', mark: [], lineEnds: 'utf16le', encode: (text) => Buffer.from(text, 'utf16le') },
];

/** Characters that readers trip over come often. */
const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...'ab ,;|\t"\r\n\'#{}[]:\\é🚗\u0000\u200e\u00a0\ufffd=') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const text = fc.array(character, { maxLength: 12 }).map((characters) => characters.join('').toWellFormed());

const chunkBytes = fc.integer({ min: 1, max: 40 });

function open(content: Buffer, size: number, label: string): Promise<TextInput> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
  }
  return openText(chunks(), { file: 'f', encoding: encodingOf(label), signal: undefined });
}

async function collect(batches: RecordBatches): Promise<SourceRecord[]> {
  const all: SourceRecord[] = [];
  for await (const record of oneByOne(batches)) all.push(record);
  return all;
}

function assertPlaces(
  records: readonly SourceRecord[],
  content: Buffer,
  starts: readonly number[],
  { lineEnds }: Encoding,
): void {
  assert.deepEqual(
    records.map(({ position }) => position.byte),
    starts,
  );
  assert.deepEqual(
    records.map(({ position }) => position.line),
    starts.map((start) => lineOfByte(content, start, lineEnds)),
  );
}

test('any table comes back identical, with exact positions, however it is quoted, ended, encoded and cut', async () => {
  const table = fc.integer({ min: 2, max: 4 }).chain((width) =>
    fc.record({
      width: fc.constant(width),
      rows: fc.array(
        fc.record({
          cells: fc.array(fc.record({ text, isQuoted: fc.boolean() }), {
            minLength: width,
            maxLength: width,
          }),
          end: fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n'),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      hasFinalEnd: fc.boolean(),
      encoding: fc.constantFrom(...ENCODINGS),
      chunkBytes,
    }),
  );
  await fc.assert(
    fc.asyncProperty(table, async ({ width, rows, delimiter, hasFinalEnd, encoding, chunkBytes }) => {
      const header = `${Array.from({ length: width }, (_, at) => `c${at}`).join(delimiter)}\r\n`;
      const parts: Buffer[] = [Buffer.from(encoding.mark), encoding.encode(header)];
      const starts: number[] = [];
      for (const [at, { cells, end }] of rows.entries()) {
        const written = cells.map((cell) => writeCell(cell.text, cell.isQuoted, delimiter)).join(delimiter);
        starts.push(Buffer.concat(parts).length);
        const isLast = at === rows.length - 1;
        parts.push(encoding.encode(isLast && !hasFinalEnd ? written : written + end));
      }
      const content = Buffer.concat(parts);
      const { csv } = sourceConfig({ format: 'csv', csv: { delimiter } });
      const records = await collect(readCsv(await open(content, chunkBytes, encoding.label), csv));
      assert.deepEqual(
        records.map((record) => Object.values(record.fields)),
        rows.map(({ cells }) => cells.map((cell) => cell.text)),
      );
      for (const { problems } of records) assert.equal(problems, undefined);
      assertPlaces(records, content, starts, encoding);
    }),
    { numRuns: 400 },
  );
});

function writeCell(cell: string, isQuoted: boolean, delimiter: string): string {
  const mustQuote = /["\r\n]/.test(cell) || cell.includes(delimiter);
  return isQuoted || mustQuote ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const blanks = fc
  .array(fc.constantFrom(' ', '\n', '\r\n', '\r', '\t'), { maxLength: 3 })
  .map((all) => all.join(''));
const jsonObject = fc.dictionary(text, fc.oneof(text, fc.jsonValue({ maxDepth: 3 })), { maxKeys: 4 });

test('any array of objects comes back identical, with exact positions, alone or behind a path, however it is spaced and cut', async () => {
  const document = fc.record({
    objects: fc.array(
      fc.record({ value: jsonObject, before: blanks, after: blanks, indent: fc.constantFrom('', ' ', '\t') }),
      { maxLength: 6 },
    ),
    envelope: fc.boolean(),
    other: fc.jsonValue({ maxDepth: 2 }),
    encoding: fc.constantFrom(...ENCODINGS.slice(0, 3)),
    chunkBytes,
  });
  await fc.assert(
    fc.asyncProperty(document, async ({ objects, envelope, other, encoding, chunkBytes }) => {
      const starts: number[] = [];
      let written = envelope ? `{ "o": ${JSON.stringify(other)},\r\n"a.b" : {"list":[` : '[';
      for (const [at, { value, before, after, indent }] of objects.entries()) {
        written += (at === 0 ? '' : ',') + before;
        starts.push(encoding.mark.length + encoding.encode(written).length);
        written += JSON.stringify(value, null, indent) + after;
      }
      written += envelope ? `]}, "z": ${JSON.stringify(other)}}\n` : ']';
      const content = Buffer.concat([Buffer.from(encoding.mark), encoding.encode(written)]);
      const input = await open(content, chunkBytes, encoding.label);
      const records = await collect(readJson(input, { path: envelope ? 'a.b.list' : '' }));
      assert.deepEqual(
        records.map((record) => JSON.stringify(plainFields(record))),
        objects.map(({ value }) => JSON.stringify(JSON.parse(JSON.stringify(value)))),
      );
      assertPlaces(records, content, starts, encoding);
    }),
    { numRuns: 400 },
  );
});

test('any objects on lines come back identical, with exact positions', async () => {
  const lines = fc.record({
    objects: fc.array(fc.record({ value: jsonObject, end: fc.constantFrom('\n', '\r\n', '\n \n') }), {
      maxLength: 6,
    }),
    hasFinalEnd: fc.boolean(),
    encoding: fc.constantFrom(...ENCODINGS.slice(0, 3)),
    chunkBytes,
  });
  await fc.assert(
    fc.asyncProperty(lines, async ({ objects, hasFinalEnd, encoding, chunkBytes }) => {
      const starts: number[] = [];
      let written = '';
      for (const [at, { value, end }] of objects.entries()) {
        starts.push(encoding.mark.length + encoding.encode(written).length);
        written += JSON.stringify(value) + (at === objects.length - 1 && !hasFinalEnd ? '' : end);
      }
      const content = Buffer.concat([Buffer.from(encoding.mark), encoding.encode(written)]);
      const records = await collect(readNdjson(await open(content, chunkBytes, encoding.label)));
      assert.deepEqual(
        records.map((record) => JSON.stringify(plainFields(record))),
        objects.map(({ value }) => JSON.stringify(JSON.parse(JSON.stringify(value)))),
      );
      assertPlaces(records, content, starts, encoding);
    }),
    { numRuns: 300 },
  );
});

test('a JSON document cut off anywhere gives its whole records and then damage', async () => {
  const whole = Buffer.from('{"a":[{"x":"}\\"]"},\n {"y":[1,{"z":null}]} , {"w":-1.5e3}]}');
  for (let length = 1; length < whole.length; length += 1) {
    const seen: SourceRecord[] = [];
    await assert.rejects(
      async () => {
        for await (const record of oneByOne(
          readJson(await open(whole.subarray(0, length), 7, 'auto'), { path: 'a' }),
        ))
          seen.push(record);
      },
      { code: 'BROKEN_JSON' },
      `cut at ${length}`,
    );
    for (const { problems } of seen) assert.equal(problems, undefined);
  }
});
