import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { loadLookup } from '../../src/mapping/lookup.ts';
import { configOf, messageOf, recordOf } from '../support/compiled-mapping.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function load(
  t: TestContext,
  content: string | Buffer,
  change: { key?: string; value?: string; as?: string } = {},
) {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'crosswalk.csv'), content);
  return loadLookup(
    'l',
    { file: 'crosswalk.csv', key: 'key', value: 'value', as: 'text', ...change },
    directory,
  );
}

test('keys and values lose their outer blanks and nothing else', async (t) => {
  const { values } = await load(t, '\ufeffkey, value ,other\r\n k\u00a0,  v w ,x\r\n"a, ""b""",2,\r\n');
  assert.deepEqual(
    [...values],
    [
      ['k', 'v w'],
      ['a, "b"', '2'],
    ],
  );
});

test('any line end will do, and blank lines say nothing', async (t) => {
  for (const end of ['\n', '\r\n', '\r']) {
    const { values } = await load(t, ['key,value', '', 'a,1', '', 'b,2'].join(end));
    assert.deepEqual([...values.keys()], ['a', 'b']);
  }
});

test('phone keys are read in their region, however they are written', async (t) => {
  const content = 'key,value\n(310) 555-0100,c1\n+13105550101,c2\n';
  const { values, region } = await load(t, content, { as: 'phone:US' });
  assert.equal(region, 'US');
  assert.deepEqual(
    [...values],
    [
      ['+13105550100', 'c1'],
      ['+13105550101', 'c2'],
    ],
  );
});

test('rows without a usable key or value are left out and counted', async (t) => {
  const content = 'key,value\n3.10556E+09,c1\n3105550101,c2\n,c3\n3105550102, \n';
  const { values, advice } = await load(t, content, { as: 'phone:US' });
  assert.equal(values.size, 1);
  assert.deepEqual(
    advice.map(({ code }) => code),
    ['LOOKUP_ROWS_LEFT_OUT'],
  );
  assert.match(advice[0]?.message ?? '', /3 of 4 rows/);
  assert.deepEqual(
    (await load(t, 'key,value\n')).advice.map(({ code }) => code),
    ['LOOKUP_EMPTY'],
  );
});

test('the same key with the same value may repeat', async (t) => {
  const { values, advice } = await load(t, 'key,value\na,1\na,1\n');
  assert.deepEqual([...values, ...advice], [['a', '1']]);
});

for (const end of ['\n', '\r\n', '\r']) {
  test(`a key with two values is refused, with both lines and neither value (${JSON.stringify(end)})`, async (t) => {
    const rows = ['key,value', 'b,0', '', 'hidden,first', '"multi', 'line",1', ' hidden ,second', 'c,3'];
    await assert.rejects(load(t, rows.join(end)), (error: Error) => {
      assert.deepEqual([error.name, (error as { code?: string }).code], ['UsageError', 'LOOKUP_AMBIGUOUS']);
      assert.match(error.message, /lines 4 and 7 /);
      assert.ok(!/hidden|first|second/.test(error.message));
      return true;
    });
  });
}

test('phone keys that are one number are one key', async (t) => {
  const content = 'key,value\n3105550100,1\n+1 310 555 0100,2\n';
  await assert.rejects(load(t, content, { as: 'phone:US' }), {
    code: 'LOOKUP_AMBIGUOUS',
    message: /lines 2 and 3 /,
  });
});

test('a file that cannot be used is refused without quoting it', async (t) => {
  const rejection = async (content: string | Buffer, change = {}) => {
    let caught: { code?: string; message?: string; fix?: string } = {};
    await load(t, content, change).catch((error: typeof caught) => {
      caught = error;
    });
    assert.ok(!/secret/.test(`${caught.message}${caught.fix}`));
    return caught.code;
  };
  assert.equal(await rejection(''), 'LOOKUP_UNREADABLE');
  assert.equal(await rejection('key,value\na,1,secret\n'), 'LOOKUP_UNREADABLE');
  assert.equal(await rejection('key,value\n"secret,1\n'), 'LOOKUP_UNREADABLE');
  assert.equal(await rejection('key,value\nse"cret,1\n'), 'LOOKUP_UNREADABLE');
  assert.equal(await rejection(Buffer.from('key,value\nJos\xe9,1\n', 'latin1')), 'LOOKUP_UNREADABLE');
  assert.equal(await rejection('keys,value\na,1\n'), 'LOOKUP_COLUMN_MISSING');
  assert.equal(await rejection('key,key,value\na,b,1\n'), 'LOOKUP_COLUMN_MISSING');
  await assert.rejects(loadLookup('l', { file: 'none.csv', key: 'k', value: 'v', as: 'text' }, '.'), {
    name: 'UsageError',
    code: 'LOOKUP_UNREADABLE',
    message: /no such file/,
  });
});

test('the contents are part of the fingerprint', async (t) => {
  const content = 'key,value\na,1\n';
  assert.equal((await load(t, content)).sha256, createHash('sha256').update(content).digest('hex'));
});

test('a mapping finds its files beside the configuration', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'l.csv'), 'key,value\n310-555-0100,customer-7\n\n');
  writeFileSync(
    join(directory, 'mapper.mjs'),
    'export default () => ({ departmentUuid: "from the mapper" });',
  );
  const config = configOf({
    rules: { customerUuid: { from: 'Phone', phone: 'US', lookup: 'l' } },
    lookups: { l: { region: 'US', values: new Map() } },
  });
  const setting = { baseDirectory: directory, clock: systemClock };
  const mapping = await loadMapping({ ...config, mapper: './mapper.mjs' }, setting);
  const { envelope } = messageOf(mapping.map(recordOf({ Phone: '+13105550100' })));
  assert.deepEqual(envelope, { departmentUuid: 'from the mapper', customerUuid: 'customer-7' });
  assert.notEqual((await loadMapping(config, setting)).fingerprint, mapping.fingerprint);
});
