/** Records that are too long, lines that are too large to hold, archives of many parts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { readFileAs } from '../support/source-reading.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('a record longer than allowed is an unterminated quote, and nothing after it is held', async (t) => {
  const path = join(temporaryDirectory(t), 'a.csv');
  writeFileSync(path, `Id,Body\nm-1,one\nm-2,"${'open\n'.repeat(200_000)}`);
  const { records, damage } = await readFileAs(path, { format: 'csv', csv: { maxRecordBytes: 50_000 } });
  assert.equal(records.length, 1);
  assert.equal(damage?.code, 'UNTERMINATED_QUOTE');
  assert.deepEqual([damage.line, damage.byte], [3, 16]);
});

test('a record without quotes that is longer than allowed is told so', async (t) => {
  const path = join(temporaryDirectory(t), 'a.csv');
  writeFileSync(path, `Id,Body\nm-1,${'x'.repeat(60_000)}\n`);
  const { damage } = await readFileAs(path, { format: 'csv', csv: { maxRecordBytes: 50_000 } });
  assert.equal(damage?.code, 'RECORD_TOO_LONG');
});

test('a cell of 100 kB is nothing special', async (t) => {
  const path = join(temporaryDirectory(t), 'a.csv');
  const body = 'é🚗"\r\n'.repeat(10_000);
  writeFileSync(path, `Id,Body\nm-1,"${body.replaceAll('"', '""')}"\n`);
  const { records } = await readFileAs(path, { format: 'csv' });
  assert.equal(records[0]?.fields.Body, body);
});

test('a line of NDJSON that is too long is rejected, not held, and the lines after it go on', async (t) => {
  const path = join(temporaryDirectory(t), 'a.ndjson');
  writeFileSync(path, `{"id":1}\n{"body":"${'x'.repeat(17 * 1024 * 1024)}"}\n{"id":2}\n`);
  const { records } = await readFileAs(path, { format: 'ndjson' });
  assert.deepEqual(
    records.map(({ position, problems }) => [position.line, problems?.[0]?.code]),
    [
      [1, undefined],
      [2, 'RECORD_TOO_LONG'],
      [3, undefined],
    ],
  );
});

test('a zstd file of many frames is read to its end', async (t) => {
  const path = join(temporaryDirectory(t), 'a.csv.zst');
  const rows = Array.from({ length: 5000 }, (_, at) => `m-${at},body ${at}\n`);
  const frames = Array.from({ length: 50 }, (_, at) =>
    zstdCompressSync(rows.slice(at * 100, at * 100 + 100).join('')),
  );
  writeFileSync(path, Buffer.concat([zstdCompressSync('Id,Body\n'), ...frames]));
  const { records, damage } = await readFileAs(path, { format: 'csv' });
  assert.equal(damage, null);
  assert.equal(records.length, 5000);
  assert.equal(records.at(-1)?.fields.Body, 'body 4999');
});

test('a truncated archive gives the records before the cut', async (t) => {
  const directory = temporaryDirectory(t);
  const rows = Array.from({ length: 20_000 }, (_, at) => `m-${at},body ${(at * 7919) % 10_007}\n`);
  const text = `Id,Body\n${rows.join('')}`;
  const path = join(directory, 'a.csv.zst');
  writeFileSync(path, zstdCompressSync(text).subarray(0, -10));
  const { records, damage } = await readFileAs(path, { format: 'csv' });
  assert.equal(damage?.code, 'TRUNCATED_ARCHIVE');
  assert.ok(records.length > 10_000, `${records.length} records`);
  assert.equal(damage.line, records.length + 2);
});
