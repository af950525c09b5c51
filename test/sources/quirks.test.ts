/** Every file in fixtures/quirks/, and what must become of it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { plainFields, type Reading, readFileAs, type SourceSettings } from '../support/source-reading.ts';

const QUIRKS = join(import.meta.dirname, '../../fixtures/quirks');
const read = new Set<string>();

function quirk(file: string, settings: SourceSettings = { format: 'csv' }): Promise<Reading> {
  read.add(file);
  return readFileAs(join(QUIRKS, file), settings);
}

const json: SourceSettings = { format: 'json' };
const ndjson: SourceSettings = { format: 'ndjson' };

const fields = ({ records }: Reading) => records.map(plainFields);
const lines = ({ records }: Reading) => records.map(({ position }) => position.line);
const bytes = ({ records }: Reading) => records.map(({ position }) => position.byte);
const codes = ({ records }: Reading) =>
  records.map(({ problems = [] }) => problems.map(({ code, field }) => `${code} ${field}`).join(', '));

const PLAIN = [
  { Id: 'm-1', From: '+12025550101', Body: 'Is my car ready?' },
  { Id: 'm-2', From: '+12025550102', Body: 'Yes 🚗, come by' },
  { Id: 'm-3', From: '+12025550101', Body: 'Ok' },
];

after(() => {
  assert.deepEqual(
    readdirSync(QUIRKS).filter((file) => file !== 'README.md'),
    [...read].toSorted(),
  );
});

for (const [file, firstByte] of [
  ['utf8-mark.csv', 17],
  ['utf16le-mark.csv', 30],
  ['utf16be-mark.csv', 30],
] as const) {
  test(`a byte order mark is no part of the first column's name (${file})`, async () => {
    const reading = await quirk(file);
    assert.deepEqual(fields(reading), PLAIN);
    assert.equal(bytes(reading)[0], firstByte);
    assert.deepEqual(lines(reading), [2, 3, 4]);
  });
}

test('UTF-16 without a mark is reported, and read when the configuration says so', async () => {
  const { damage, records } = await quirk('utf16le-no-mark.csv');
  assert.equal(damage?.code, 'UNSUPPORTED_ENCODING');
  assert.match(damage.fix, /utf-16le/);
  assert.equal(records.length, 0);
  const told = await quirk('utf16le-no-mark.csv', { format: 'csv', csv: { encoding: 'utf-16le' } });
  assert.deepEqual(fields(told), PLAIN);
});

test('half a character of UTF-16 rejects its record; a replacement character that the text holds does not', async () => {
  const reading = await quirk('utf16le-lone-surrogate.csv');
  assert.deepEqual(codes(reading), ['INVALID_ENCODING Body', '']);
  assert.equal(reading.records[1]?.fields.Body, '\uFFFD as written');
  assert.deepEqual(bytes(reading), [18, 46]);
});

test('UTF-32 is refused', async () => {
  assert.equal((await quirk('utf32-mark.csv')).damage?.code, 'UNSUPPORTED_ENCODING');
});

test('bytes that are not UTF-8 reject their record only, and the encoding is named in the fix', async () => {
  const reading = await quirk('windows-1252.csv');
  assert.deepEqual(codes(reading), ['', 'INVALID_ENCODING Body', '']);
  assert.match(reading.records[1]?.problems?.[0]?.fix ?? '', /source\.csv\.encoding/);
  const told = await quirk('windows-1252.csv', { format: 'csv', csv: { encoding: 'windows-1252' } });
  assert.deepEqual(fields(told)[1], { Id: 'm-2', Body: 'Café at € 5' });
  assert.deepEqual(bytes(told), [8, 18, 34]);
});

test('a header that is not UTF-8 damages the file: every record would carry wrong names', async () => {
  const { damage } = await quirk('windows-1252-header.csv');
  assert.equal(damage?.code, 'INVALID_ENCODING');
  assert.equal(damage.line, 1);
});

test('semicolons, tabs and pipes are told from commas', async () => {
  assert.deepEqual(fields(await quirk('semicolons.csv')), [
    { Id: 'm-1', From: '+12025550101', Body: 'Yes, of course, thanks' },
    { Id: 'm-2', From: '+12025550102', Body: 'a; b' },
  ]);
  assert.deepEqual(fields(await quirk('tabs.tsv')), [
    { Id: 'm-1', From: '+12025550101', Body: 'Yes, of course; thanks' },
    { Id: 'm-2', From: '+12025550102', Body: '5" screen' },
  ]);
  assert.deepEqual(fields(await quirk('pipes.txt')), [{ Id: 'm-1', From: '+12025550101', Body: 'a,b;c' }]);
});

test('a lone carriage return ends a line', async () => {
  const reading = await quirk('carriage-returns.csv');
  assert.deepEqual(fields(reading), [
    { Id: 'm-1', Body: 'one' },
    { Id: 'm-2', Body: 'two' },
  ]);
  assert.deepEqual(lines(reading), [2, 3]);
});

test('line ends may be mixed, blank lines are passed over, and the last line needs no end', async () => {
  const reading = await quirk('mixed-line-ends.csv');
  assert.deepEqual(
    reading.records.map(({ fields: { Body } }) => Body),
    ['one', 'two', 'three', 'four'],
  );
  assert.deepEqual(lines(reading), [2, 3, 4, 7]);
});

test('line ends and doubled quotes inside a quoted cell are kept, and lines are counted through them', async () => {
  const reading = await quirk('multi-line-bodies.csv');
  assert.deepEqual(fields(reading), [
    { Id: 'm-1', Body: 'Hello,\r\n\r\nyour "new" car\nis\rhere', Agent: 'Ana' },
    { Id: 'm-2', Body: '', Agent: 'Ben' },
    { Id: 'm-3', Body: 'said "hi" to 5" nails', Agent: 'Cy' },
  ]);
  assert.deepEqual(lines(reading), [2, 7, 8]);
  assert.deepEqual(codes(reading), ['', '', '']);
});

test('a ragged row is reported with all its cells, and a line of blanks is none', async () => {
  const reading = await quirk('ragged.csv');
  assert.deepEqual(codes(reading), ['', 'RAGGED_ROW #4', 'RAGGED_ROW Body', '', '']);
  assert.deepEqual(fields(reading).slice(1, 3), [
    { Id: 'm-2', From: '+12025550101', Body: 'yes', '#4': ' tomorrow', '#5': ' at nine' },
    { Id: 'm-3', From: '+12025550101' },
  ]);
  assert.deepEqual(lines(reading), [2, 3, 4, 5, 7]);
});

test('repeated names are numbered, missing ones are positions, and no cell is lost', async () => {
  const reading = await quirk('repeated-headers.csv');
  const columns = ['Id', 'Name', 'Name#3', '#4', 'Name#2'];
  assert.deepEqual(reading.headers[0]?.columns, columns);
  assert.deepEqual(reading.headers[0]?.duplicates, ['Name']);
  assert.deepEqual(Object.keys(reading.records[0]?.fields ?? {}), columns);
  assert.deepEqual(Object.values(reading.records[0]?.fields ?? {}), ['m-1', 'Ana', 'Ben', 'x', 'y']);
});

test('columns without a header are positions, or the names of the configuration', async () => {
  const unnamed = await quirk('no-header.csv', { format: 'csv', csv: { header: false } });
  assert.deepEqual(fields(unnamed)[0], { '#1': 'm-1', '#2': '+12025550101', '#3': 'one' });
  const header = ['Id', 'From', 'Body'];
  const named = await quirk('no-header.csv', { format: 'csv', csv: { header } });
  assert.deepEqual(fields(named)[1], { Id: 'm-2', From: '+12025550102', Body: 'two' });
  assert.deepEqual(lines(named), [1, 2]);
  assert.deepEqual(named.headers[0]?.columns, header);
});

test('a column named __proto__ is just a column', async () => {
  const [record] = (await quirk('prototype-column.csv')).records;
  assert.deepEqual(Object.entries(record?.fields ?? {}), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['Body', 'c'],
  ]);
});

test('invisible characters survive', async () => {
  const reading = await quirk('invisible-characters.csv');
  assert.deepEqual(
    reading.records.map(({ fields: { Body } }) => Body),
    ['a\u0000b', '\u200eleft\u00a0', '\u202ftrailing '],
  );
});

test('a quote that is never closed damages the file from the line where its record begins', async () => {
  const { records, damage } = await quirk('unclosed-quote.csv');
  assert.equal(records.length, 1);
  assert.equal(damage?.code, 'UNTERMINATED_QUOTE');
  assert.equal(damage.line, 4);
  assert.equal(damage.byte, 17);
});

test('text after a closing quote rejects the row, with the rows that an open quote swallowed', async () => {
  const reading = await quirk('stray-quote.csv');
  assert.deepEqual(codes(reading), ['', 'STRAY_QUOTE Body', '', 'STRAY_QUOTE Body', '']);
  assert.equal(reading.records[0]?.fields.Body, 'a "fine" one');
  assert.equal(reading.records[2]?.fields.Body, '"quoted"');
  assert.deepEqual(lines(reading), [2, 3, 4, 5, 7]);
});

test('JSON inside a cell is left to the mapping', async () => {
  const reading = await quirk('json-in-a-cell.csv');
  assert.equal(reading.records[0]?.fields.Payload, '{"from":"+12025550101","body":"a, b"}');
});

test('a file with nothing but a header has no records, and an empty one neither', async () => {
  const headerOnly = await quirk('header-only.csv');
  assert.equal(headerOnly.records.length, 0);
  assert.deepEqual(headerOnly.headers[0]?.columns, ['Id', 'From', 'Body']);
  const empty = await quirk('empty.csv');
  assert.deepEqual(empty, { records: [], headers: [], damage: null });
});

test('the elements of an array are records; one that is no object is rejected', async () => {
  const reading = await quirk('array.json', json);
  assert.deepEqual(fields(reading), [
    { id: 'm-1', body: 'a ] } " b' },
    { id: 'm-2', tags: [[1], { x: '\\"}]' }] },
    { '#1': 7 },
    { id: 'm-3' },
  ]);
  assert.deepEqual(codes(reading), ['', '', 'NOT_AN_OBJECT #1', '']);
  assert.deepEqual(lines(reading), [2, 3, 5, 5]);
});

test('a path leads to the array inside a document; an equal name elsewhere is not meant', async () => {
  const reading = await quirk('path.json', { format: 'json', json: { path: 'data.messages' } });
  assert.deepEqual(fields(reading), [{ id: 'm-1' }, { id: 'm-2' }]);
  assert.deepEqual(lines(reading), [3, 4]);
  assert.equal(reading.damage, null);
  for (const path of ['messages', 'data', 'data.count', 'data.messages.id']) {
    const { damage, records } = await quirk('path.json', { format: 'json', json: { path } });
    assert.equal(damage?.code, 'JSON_PATH_NOT_FOUND', path);
    assert.equal(records.length, 0);
  }
});

test('documents may follow one another', async () => {
  const reading = await quirk('concatenated.json', json);
  assert.deepEqual(
    reading.records.map(({ fields: { id } }) => id),
    ['m-1', 'm-2', 'm-3', 'm-4', 'm-5'],
  );
  assert.deepEqual(lines(reading), [1, 1, 2, 3, 5]);
});

for (const [file, recordCount, line, byte] of [
  ['truncated.json', 2, 4, 48],
  ['missing-comma.json', 2, 3, 30],
  ['trailing-garbage.json', 1, 2, 15],
] as const) {
  test(`a broken document is damage at its place, after the records before it (${file})`, async () => {
    const { records, damage } = await quirk(file, json);
    assert.equal(records.length, recordCount);
    assert.equal(damage?.code, 'BROKEN_JSON');
    assert.deepEqual([damage.line, damage.byte], [line, byte]);
  });
}

test('an element that is broken inside rejects itself only', async () => {
  const reading = await quirk('broken-element.json', json);
  assert.deepEqual(codes(reading), ['', 'INVALID_JSON _raw', '']);
  assert.deepEqual(fields(reading)[1], { _raw: '{"id":"m-2",}' });
  assert.equal(reading.damage, null);
});

test('a number that a double cannot hold keeps its digits as a string', async () => {
  assert.deepEqual(fields(await quirk('big-numbers.json', json))[0], {
    id: '12345678901234567890',
    small: 42,
    exact: 9007199254740992,
    rounded: '9007199254740993',
    price: 19.99,
    long: '0.12345678901234567891',
    huge: '1e400',
    list: ['-98765432109876543210'],
  });
});

test('a key named __proto__ replaces no prototype, at any depth', async () => {
  const [record] = (await quirk('prototype-keys.json', json)).records;
  assert.deepEqual(Object.keys(record?.fields ?? {}), ['__proto__', 'id', 'nested']);
  const nested = record?.fields.nested as object;
  assert.deepEqual(Object.keys(nested), ['__proto__']);
  assert.equal(Object.getPrototypeOf(nested), Object.prototype);
  assert.equal(Reflect.get(nested, 'polluted'), undefined);
});

test('JSON may be UTF-16 with a byte order mark', async () => {
  const reading = await quirk('utf16le-mark.json', json);
  assert.deepEqual(fields(reading), [{ id: '🚗' }, { id: 'm-2' }]);
  assert.deepEqual(bytes(reading), [4, 30]);
});

test('a JSON file without a value is damaged, an NDJSON file without a line is not', async () => {
  assert.equal((await quirk('empty.json', json)).damage?.code, 'EMPTY_JSON');
  assert.equal((await quirk('empty.json', ndjson)).damage, null);
});

test('a broken line of NDJSON is rejected with its text, and the lines around it go on', async () => {
  const reading = await quirk('broken-line.ndjson', ndjson);
  assert.deepEqual(codes(reading), ['', 'INVALID_JSON _raw', 'NOT_AN_OBJECT #1', '']);
  assert.deepEqual(fields(reading), [
    { id: 'm-1' },
    { _raw: '{"id":"m-2",' },
    { '#1': [1] },
    { id: 'm-3', n: '12345678901234567890' },
  ]);
  assert.deepEqual(lines(reading), [1, 3, 4, 5]);
});

test('a line of NDJSON that is not UTF-8 is rejected, and the lines around it go on', async () => {
  assert.deepEqual(codes(await quirk('undecodable-line.ndjson', ndjson)), ['', 'INVALID_ENCODING body', '']);
});

for (const file of ['two-members.csv.gz', 'two-frames.csv.zst', 'unnamed-compression.csv']) {
  test(`compressed files are read through, every part of them (${file})`, async () => {
    const reading = await quirk(file);
    assert.deepEqual(fields(reading), PLAIN);
    assert.deepEqual(lines(reading), [2, 3, 4]);
  });
}

for (const file of ['truncated.csv.gz', 'truncated.csv.zst']) {
  test(`a truncated archive is damaged (${file})`, async () => {
    assert.equal((await quirk(file)).damage?.code, 'TRUNCATED_ARCHIVE');
  });
}

test('bytes after an archive that belong to none are damage', async () => {
  assert.equal((await quirk('trailing-bytes.csv.gz')).damage?.code, 'DAMAGED_ARCHIVE');
});

test('an export file is read as what it is, whatever the configuration says of the exports', async () => {
  const csv = { delimiter: ';', encoding: 'windows-1252', header: false, quote: null };
  const reading = await quirk('export-of-csv.csv', { format: 'csv', csv });
  assert.deepEqual(reading.headers[0]?.columns, ['Id', 'From', 'Body', '#4']);
  assert.deepEqual(fields(reading).slice(0, 1), [
    { Id: 'm-1', From: '+12025550101', Body: 'corrected', '#4': '' },
  ]);
  assert.deepEqual(
    reading.records.map(({ origin }) => origin),
    [
      { file: 'texts.csv', line: 7, sourceUuid: '-abc' },
      { file: 'texts.csv', line: 9, sourceUuid: null },
      { file: 'texts.csv', line: 11, sourceUuid: null },
      { file: 'texts.csv', line: 12, sourceUuid: null },
    ],
  );
});

test('a row that was rejected as unreadable and fed back unchanged is rejected again', async () => {
  assert.deepEqual(codes(await quirk('export-of-csv.csv')), [
    '',
    'RAGGED_ROW #4',
    '',
    'INVALID_ENCODING Body',
  ]);
});

test('a CSV export of JSON records gives JSON values and absent keys back', async () => {
  const reading = await quirk('export-of-json.csv', json);
  assert.deepEqual(fields(reading), [
    { id: 'm-1', body: '[sic] text', tags: ['a', { b: 1 }] },
    { id: 'm-2' },
    { id: 'm-3', n: 1 },
    { _raw: '{"id":' },
  ]);
  assert.deepEqual(codes(reading), ['', '', '', 'INVALID_JSON _raw']);
  assert.deepEqual(reading.headers, []);
});

test('an NDJSON export gives its values back as they were', async () => {
  const reading = await quirk('export.ndjson', json);
  assert.deepEqual(fields(reading)[0], { id: 'm-1', n: 3, tags: ['a'] });
  assert.deepEqual(reading.records[0]?.origin, { file: 'log.json', line: 3, sourceUuid: 'm-1' });
  assert.deepEqual(codes(reading), ['', 'INVALID_JSON _raw']);
});
