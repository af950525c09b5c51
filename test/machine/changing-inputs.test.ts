import assert from 'node:assert/strict';
import { appendFileSync, existsSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Summary } from '../../src/pipeline/summary.ts';
import { csvOf, MAPPING, project, rows } from '../support/project.ts';
import { assertTold } from '../support/told.ts';
import { until } from '../support/until.ts';

/** Waits inside the reading of the hundredth record until the test has done what it wants to the files. */
const MAPPER = `import { existsSync, writeFileSync } from 'node:fs';
const clock = new Int32Array(new SharedArrayBuffer(4));
export default ({ fields }) => {
  if (fields.Id !== 'm-100') return;
  writeFileSync(new URL('reached', import.meta.url), '');
  while (!existsSync(new URL('go', import.meta.url))) Atomics.wait(clock, 0, 0, 5);
};
`;

/** Several times what is read ahead of the records. */
const LONG = rows(1200).map((row) => ({ ...row, Body: `${row.Body} ${'long '.repeat(200)}` }));

const secondOf = (path: string) => path.replace(/export\.csv$/, 'export2.csv');

/** Runs, and calls `change` in the middle of the file `export.csv`. */
async function runWhile(t: TestContext, change: (path: string) => void, { hasSecond = false } = {}) {
  const ours = await project(t, { config: { mapper: './mapper.js' } });
  const at = (name: string) => join(ours.directory, name);
  ours.write('mapper.js', MAPPER);
  ours.write('export.csv', csvOf(LONG));
  if (hasSecond) ours.write(secondOf('export.csv'), csvOf(rows(3, { first: 2001 })));
  const run = ours.start('run --json');
  await until(() => existsSync(at('reached')));
  change(at('export.csv'));
  ours.write('go', '');
  return { ...ours, first: await run.result };
}

const summaryOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Summary;

suite('an input that changes while it is read', () => {
  const LATE = csvOf(rows(3, { first: 2001 })).replace(/^.*\n/, '');
  const changes: Record<string, { change: (path: string) => void; read: number }> = {
    grows: { change: (path) => appendFileSync(path, LATE), read: 1203 },
    'is written anew': {
      change: (path) => writeFileSync(path, csvOf(rows(5, { first: 3001 }))),
      read: 5,
    },
    shrinks: { change: (path) => truncateSync(path, csvOf(LONG.slice(0, 900)).length), read: 900 },
  };
  for (const [what, { change, read }] of Object.entries(changes)) {
    test(`${what}: it counts as damaged, exit 3, and the next run reads it again`, async (t) => {
      const { first, backhaul, simulator } = await runWhile(t, change);
      assert.equal(first.exitCode, 3, first.stderr);
      assert.match(first.stderr, /"code":"CHANGED_WHILE_READ"/);
      const { files, balanced, messages } = summaryOf(first);
      assert.deepEqual([files.damaged, balanced], [1, true]);
      assert.equal(simulator.stats().stored, messages.accepted, 'the records before the damage count');

      const second = summaryOf(await backhaul('run --json'));
      assert.deepEqual([second.files.damaged, second.records.read, second.balanced], [0, read, true]);
      assert.equal(simulator.stats().stored, second.messages.accepted);
      assert.equal(simulator.stats().resubmitted, 0);
      if (what === 'grows') assert.deepEqual([second.status, second.messages.accepted], ['complete', read]);
    });
  }

  test('is replaced under its name, or deleted: what was opened is read to its end', async (t) => {
    const { first, backhaul, write, directory, simulator } = await runWhile(t, (path) => rmSync(path));
    assert.equal(first.exitCode, 0, first.stderr);
    assert.equal(summaryOf(first).messages.accepted, 1200);
    assertTold(await backhaul('run --json'), 2, 'NO_INPUT_FILES');
    write('next.csv', csvOf(rows(3, { first: 2001 })));
    renameSync(join(directory, 'next.csv'), join(directory, 'export.csv'));
    assert.equal(summaryOf(await backhaul('run --json')).messages.accepted, 1203);
    assert.equal(simulator.stats().resubmitted, 0);
  });

  test('is gone before its turn: it counts as damaged, the others are read, and the next run reads it', async (t) => {
    const { first, backhaul, write, simulator } = await runWhile(t, (path) => rmSync(secondOf(path)), {
      hasSecond: true,
    });
    assert.equal(first.exitCode, 3, first.stderr);
    assert.match(first.stderr, /"code":"UNREADABLE_INPUT"/);
    const { files, messages, balanced } = summaryOf(first);
    assert.deepEqual([files.read, files.damaged, messages.accepted, balanced], [2, 1, 1200, true]);
    write(secondOf('export.csv'), csvOf(rows(3, { first: 2001 })));
    const { status, messages: all } = summaryOf(await backhaul('run --json'));
    assert.deepEqual([status, all.accepted], ['complete', 1203]);
    assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [1203, 0]);
  });

  test('breaks off on standard input: what came counts, and the archive is told as truncated', async (t) => {
    const { backhaul, simulator } = await project(t);
    const whole = gzipSync(csvOf(LONG));
    const torn = await backhaul('run --json --input -', { stdin: whole.subarray(0, whole.length - 20) });
    assert.equal(torn.exitCode, 3, torn.stderr);
    assert.match(torn.stderr, /"code":"TRUNCATED_ARCHIVE"/);
    assert.equal(summaryOf(torn).files.damaged, 1);
    const { messages } = summaryOf(await backhaul('run --json --input -', { stdin: whole }));
    assert.equal(messages.accepted, 1200);
    assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [1200, 0]);
  });
});

suite('a file that the mapping needs', () => {
  test('is missing, or a lookup has two values for a key: exit 2 before anything is read or sent', async (t) => {
    const lookups = { customers: { file: 'customers.csv', key: 'name', value: 'uuid' } };
    const mapping = { ...MAPPING, customerUuid: { from: 'Customer', lookup: 'customers' } };
    const { backhaul, write, directory, simulator } = await project(t, { config: { lookups, mapping } });
    write('export.csv', csvOf(rows(3)));
    const told = async (code: string) => assertTold(await backhaul('run --json'), 2, code);

    await told('LOOKUP_UNREADABLE');
    write('customers.csv', 'name,uuid\ncust-1,a\ncust-2,b\ncust-1,c\n');
    await told('LOOKUP_AMBIGUOUS');
    assert.equal(existsSync(join(directory, 'backhaul.db')), false);

    write('customers.csv', 'name,uuid\ncust-1,a\ncust-2,b\ncust-3,c\ncust-1,a\n');
    assertTold(await backhaul('run --json --set mapper=./gone.js'), 2, 'MAPPER_UNREADABLE');
    assert.equal((await backhaul('run --json')).exitCode, 0, 'the same value twice is no contradiction');
    assert.equal(simulator.stats().stored, 3);
    rmSync(join(directory, 'customers.csv'));
    await told('LOOKUP_UNREADABLE');
  });
});
