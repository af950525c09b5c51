import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIdentifierSearch } from '../../src/identifier-search.ts';
import type { ExportRow } from '../../src/ledger/ledger.ts';
import { exportFormat, type TheirRows, withoutRows } from '../../src/reporting/erase-rows.ts';
import { exportRows } from '../../src/reporting/export-rows.ts';

const THEM = 'customer-to-forget';
const FORMATS = ['csv', 'ndjson'] as const;

const theirs: TheirRows = {
  customerUuids: new Set([THEM, '42']),
  sourceUuids: new Set(['7']),
  names: createIdentifierSearch([THEM, '42']).isIn,
};

function exportRow(words: Partial<ExportRow>): ExportRow {
  const nothing = {
    recordJson: null,
    sourceUuid: null,
    departmentUuid: null,
    customerUuid: null,
    messageUuid: null,
  };
  return { ...nothing, state: 'accepted', code: null, error: null, file: 'a.csv', line: 2, ...words };
}

async function written(rows: readonly ExportRow[], format: 'csv' | 'ndjson'): Promise<Buffer> {
  const output = new PassThrough();
  const content = buffer(output);
  await exportRows(() => toAsync(rows), { format, output });
  output.end();
  return content;
}

async function* toAsync<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

async function without(
  file: Buffer,
  format: 'csv' | 'ndjson',
  chunkBytes = 7,
): Promise<{ left: string; erased: number }> {
  const chunks = Array.from({ length: Math.ceil(file.length / chunkBytes) }, (_, place) =>
    file.subarray(place * chunkBytes, (place + 1) * chunkBytes),
  );
  let erased = 0;
  const left = await Array.fromAsync(
    withoutRows(toAsync(chunks), format, theirs, () => {
      erased += 1;
    }),
  );
  return { left: Buffer.concat(left).toString(), erased };
}

const word = fc.constantFrom(
  '',
  'Hello',
  '=1+1',
  'a,b',
  'say "hi"',
  'two\nlines',
  '\r\n',
  'Grüße',
  '42 cars',
  '7',
  "'",
  '{}',
);

/** The head, and the line of each row; of CSV those whose quotes are even. */
function linesOf(text: string, format: 'csv' | 'ndjson'): [string[], string[]] {
  const lines = text.split(/(?<=\n)/).filter((line) => line !== '');
  if (format === 'ndjson') return [[], lines];
  const rows: string[] = [];
  let open = '';
  for (const line of lines) {
    open += line;
    if (open.split('"').length % 2 === 0) continue;
    rows.push(open);
    open = '';
  }
  return [rows.slice(0, 1), rows.slice(1)];
}

for (const format of FORMATS) {
  test(`property: whatever stands in a ${format} file, their rows go and every other byte stays`, async () => {
    const row = fc.record({
      recordJson: fc.option(
        fc.dictionary(fc.constantFrom('Body', 'Name, "given"', 'Id'), word).map((one) => JSON.stringify(one)),
      ),
      customerUuid: fc.constantFrom(null, THEM, '42', 'other', `${THEM}-not`),
      sourceUuid: fc.constantFrom(null, '7', '8'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (words, chunkBytes) => {
          const all = words.map(exportRow);
          const isTheirs = ({ customerUuid, sourceUuid }: ExportRow) =>
            [THEM, '42'].includes(customerUuid ?? '') || (customerUuid === null && sourceUuid === '7');
          const file = await written(all, format);
          const { left, erased } = await without(file, format, chunkBytes);
          assert.equal(erased, all.filter(isTheirs).length);
          const [head = [], lines] = linesOf(file.toString(), format);
          assert.equal(lines.length, all.length);
          const others = lines.filter((_, place) => !isTheirs(all[place] as ExportRow));
          assert.equal(left, [...head, ...others].join(''));
        },
      ),
    );
  });

  test(`a ${format} row whose record names them in any column is theirs`, async () => {
    const rows = ['Hello', `to ${THEM}`, `to ${THEM}-not`, '42', 'the 42'].map((Body) =>
      exportRow({ recordJson: JSON.stringify({ Body }), customerUuid: 'other' }),
    );
    const { left, erased } = await without(await written(rows, format), format);
    assert.equal(erased, 2);
    for (const kept of ['Hello', `to ${THEM}-not`, 'the 42']) assert.ok(left.includes(kept), kept);
  });

  test(`${format} files of export are told from others`, async () => {
    const [line = ''] = (await written([exportRow({})], format)).toString().split('\n');
    assert.equal(exportFormat(Buffer.from(line)), format);
  });
}

test('what somebody put in the place of an export is none', () => {
  for (const text of ['', 'Name,Price\n1,2\n', '{"a":1}\n', '\u0000\u0001', '[1]']) {
    assert.equal(exportFormat(Buffer.from(text)), null, text);
  }
  assert.equal(exportFormat(Buffer.from('\uFEFF"Body","_state"\r\n')), 'csv', 'saved again by an editor');
});
