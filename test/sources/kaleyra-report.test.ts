import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { reportColumn } from '../../src/sources/kaleyra-report.ts';
import { plainFields, readFileAs } from '../support/source-reading.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('a column is known however its name is written', () => {
  for (const name of ['WABA ID', 'WABA_ID', 'waba_id', ' Waba  Id ', 'waba-id']) {
    assert.equal(reportColumn(name), 'WABA_ID');
  }
});

test('fields and the header are named the one way, and cells stay as they are', async (t) => {
  const path = join(temporaryDirectory(t), 'report.csv');
  writeFileSync(path, 'Waba id,Message_Direction,SENT AT\n81,TRUE, 2025-01-02T03:04:05.000Z \n');
  const { records, headers } = await readFileAs(path, { format: 'kaleyra-report' });
  const fields = { WABA_ID: '81', MESSAGE_DIRECTION: 'TRUE', SENT_AT: ' 2025-01-02T03:04:05.000Z ' };
  assert.deepEqual(records.map(plainFields), [fields]);
  assert.deepEqual(headers[0]?.columns, Object.keys(fields));
});

test('two spellings of one column are two columns, told as duplicates', async (t) => {
  const path = join(temporaryDirectory(t), 'report.csv');
  writeFileSync(path, 'SENT AT,sent_at\na,b\n');
  const { records, headers } = await readFileAs(path, { format: 'kaleyra-report' });
  assert.deepEqual(records.map(plainFields), [{ SENT_AT: 'a', 'SENT_AT#2': 'b' }]);
  assert.deepEqual(headers[0]?.duplicates, ['SENT_AT']);
});

test('a rejected row comes back from an export file under the same names', async (t) => {
  const path = join(temporaryDirectory(t), 'rejects.csv');
  writeFileSync(path, 'WABA_ID,MESSAGE,_state,_file,_line\n81,Hi,rejected,report.csv,2\n');
  const { records } = await readFileAs(path, { format: 'kaleyra-report' });
  assert.deepEqual(records.map(plainFields), [{ WABA_ID: '81', MESSAGE: 'Hi' }]);
  assert.equal(records[0]?.origin?.line, 2);
});
