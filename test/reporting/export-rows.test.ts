import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { ExportRow } from '../../src/ledger/ledger.ts';
import { type ExportFormat, exportRows } from '../../src/reporting/export-rows.ts';
import { unescapeCell } from '../../src/spreadsheet-cells.ts';

const OWN = [
  '_sourceUuid',
  '_departmentUuid',
  '_customerUuid',
  '_messageUuid',
  '_state',
  '_code',
  '_error',
  '_file',
  '_line',
];

function row(fields: Record<string, unknown> | null, more: Partial<ExportRow> = {}): ExportRow {
  return {
    recordJson: fields === null ? null : JSON.stringify(fields),
    sourceUuid: 's-1',
    departmentUuid: 'd-1',
    customerUuid: 'c-1',
    messageUuid: null,
    state: 'rejected',
    code: 'NOT_IN_LIST',
    error: null,
    file: 'a.csv',
    line: 7,
    ...more,
  };
}

async function exported(rows: readonly ExportRow[], format: ExportFormat): Promise<string> {
  async function* open() {
    yield* rows;
  }
  const output = new PassThrough();
  const content = text(output);
  assert.equal(await exportRows(open, { format, output }), rows.length);
  output.end();
  return content;
}

const readCsv = (content: string): string[][] => parse(content, { relax_column_count: false });

test('original columns come first, in the order of the export, then ours', async () => {
  const content = await exported(
    [row({ Sid: 'x', Body: 'Hi' }), row({ Sid: 'y', Body: 'Ho', Extra: '1' })],
    'csv',
  );
  assert.equal(
    content,
    `Sid,Body,Extra,${OWN.join(',')}\n` +
      'x,Hi,,s-1,d-1,c-1,,rejected,NOT_IN_LIST,,a.csv,7\n' +
      'y,Ho,1,s-1,d-1,c-1,,rejected,NOT_IN_LIST,,a.csv,7\n',
  );
});

test('a row whose record is no longer kept has its own columns all the same', async () => {
  const [head, first, second] = readCsv(await exported([row(null), row({ Sid: 'x' })], 'csv'));
  assert.deepEqual(head, ['Sid', ...OWN]);
  assert.equal(first?.[0], '');
  assert.equal(second?.[0], 'x');
});

test('no rows make a file with a head only', async () => {
  assert.equal(await exported([], 'csv'), `${OWN.join(',')}\n`);
  assert.equal(await exported([], 'ndjson'), '');
});

test('whatever cells hold, a CSV parser reads it back, escape taken away', async () => {
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc
      .array(fc.constantFrom('"', ',', '\n', '\r', "'", '=', '+', '-', '@', '\t', 'x', ' ', '\u0000'))
      .map((parts) => parts.join('')),
  );
  const name = cell.filter((key) => key !== '__proto__' && !OWN.includes(key) && !/^\d+$/.test(key));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(name, cell, { minKeys: 1 }), { minLength: 1, maxLength: 5 }),
      async (records) => {
        const [head = [], ...lines] = readCsv(
          await exported(
            records.map((record) => row(record)),
            'csv',
          ),
        );
        const columns = head.map(unescapeCell);
        assert.deepEqual(columns, [...new Set(records.flatMap((record) => Object.keys(record))), ...OWN]);
        assert.equal(lines.length, records.length);
        for (const [index, record] of records.entries()) {
          const cells = (lines[index] as string[]).map(unescapeCell);
          for (const [column, name] of columns.entries()) {
            if (OWN.includes(name)) continue;
            assert.equal(cells[column], Object.hasOwn(record, name) ? record[name] : '');
          }
        }
      },
    ),
  );
});

test('no cell, head included, begins as a formula would', async () => {
  const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', "'=1", "''@x"];
  const record = Object.fromEntries(hostile.map((text) => [text, text]));
  const content = await exported([row(record, { sourceUuid: '=s', error: '=e', file: '-f' })], 'csv');
  for (const cell of readCsv(content).flat()) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
});

test('nested values are JSON text in a cell, numbers and booleans their words, null nothing', async () => {
  const [, cells] = readCsv(
    await exported([row({ a: { b: [1, 'x'] }, c: 1.5, d: false, e: null, f: [] })], 'csv'),
  );
  assert.deepEqual(cells?.slice(0, 5), ['{"b":[1,"x"]}', '1.5', 'false', '', '[]']);
});

test('columns named like parts of a prototype are columns', async () => {
  const first = row(null, { recordJson: '{"__proto__":"p","constructor":"c"}' });
  const [head, one, two] = readCsv(await exported([first, row({ Sid: 'x' })], 'csv'));
  assert.deepEqual(head?.slice(0, 3), ['__proto__', 'constructor', 'Sid']);
  assert.deepEqual(one?.slice(0, 3), ['p', 'c', '']);
  assert.deepEqual(two?.slice(0, 3), ['', '', 'x']);
});

test('columns that carry our names are not written twice', async () => {
  const [head, cells] = readCsv(await exported([row({ Sid: 'x', _state: 'old' })], 'csv'));
  assert.deepEqual(head, ['Sid', ...OWN]);
  assert.equal(cells?.[5], 'rejected');
});

test('NDJSON keeps the record to the byte and adds our columns', async () => {
  const recordJson = '{"n":12345678901234567890,"t":"\\ud83d","e":{}}';
  const content = await exported([row(null, { recordJson }), row(null), row({})], 'ndjson');
  const lines = content.trimEnd().split('\n');
  assert.ok(lines[0]?.startsWith(recordJson.slice(0, -1)));
  assert.deepEqual(Object.keys(JSON.parse(lines[0] as string)), ['n', 't', 'e', ...OWN]);
  for (const line of lines.slice(1)) assert.deepEqual(Object.keys(JSON.parse(line)), OWN);
  assert.equal(JSON.parse(lines[1] as string)._line, 7);
});

test('a slow reader holds the rows back', async () => {
  let taken = 0;
  async function* open() {
    for (let index = 0; index < 5_000; index += 1) {
      taken += 1;
      yield row({ Body: 'x'.repeat(1_000) });
    }
  }
  let takenAtFirstWrite = 0;
  const output = new Writable({
    write(_chunk, _encoding, done) {
      takenAtFirstWrite ||= taken;
      setImmediate(done);
    },
  });
  assert.equal(await exportRows(open, { format: 'ndjson', output }), 5_000);
  assert.ok(takenAtFirstWrite < 1_000, `${takenAtFirstWrite} rows were taken before the first was written`);
});

test('a reader that goes away ends the export quietly', async () => {
  const module = fileURLToPath(new URL('../../src/reporting/export-rows.ts', import.meta.url));
  const script = `
    import { exportRows } from ${JSON.stringify(module)};
    const row = ${JSON.stringify(row({ Body: 'x'.repeat(5_000) }))};
    async function* open() { for (let i = 0; i < 20_000; i += 1) yield row; }
    const rows = await exportRows(open, { format: 'ndjson', output: process.stdout });
    process.stderr.write(rows < 20_000 ? 'ended early' : 'wrote all');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  const errors = text(child.stderr);
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(await errors, 'ended early');
  assert.equal(status, 0);
});
