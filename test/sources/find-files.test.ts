import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { UsageError } from '../../src/errors.ts';
import { createSource } from '../../src/sources/create-source.ts';
import { readInput, type SourceSettings, sourceConfig } from '../support/source-reading.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function directoryWith(t: TestContext, files: Record<string, string>): string {
  const directory = temporaryDirectory(t);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

interface Where {
  readonly baseDirectory: string;
  readonly cwd?: string;
  readonly input?: readonly string[];
  readonly stdin?: Readable;
}

function sourceIn(where: Where, settings: Partial<SourceSettings> = {}) {
  return createSource(sourceConfig({ format: 'csv', ...settings }), { cwd: where.baseDirectory, ...where });
}

async function names(where: Where, settings: Partial<SourceSettings> = {}): Promise<string[]> {
  return (await sourceIn(where, settings).inputs()).map(({ name }) => name);
}

const PLAIN = 'Id,Body\nm-1,one\n';
const EXPORTED = 'Id,Body,_state,_file,_line\nm-1,one,rejected,a.csv,2\n';

test('files come in the order of the patterns, sorted by code unit within each, and each file once', async (t) => {
  const baseDirectory = directoryWith(t, {
    'b.csv': PLAIN,
    'B.csv': PLAIN,
    'ä.csv': PLAIN,
    'a10.csv': PLAIN,
    'a9.csv': PLAIN,
  });
  assert.deepEqual(await names({ baseDirectory }, { files: ['b.csv', '*.csv', './b.csv'] }), [
    'b.csv',
    'B.csv',
    'a10.csv',
    'a9.csv',
    'ä.csv',
  ]);
});

test('a file that is matched under two names is read once', async (t) => {
  const baseDirectory = directoryWith(t, { 'a.csv': PLAIN });
  symlinkSync('a.csv', join(baseDirectory, 'link.csv'));
  assert.deepEqual(await names({ baseDirectory }, { files: ['*.csv'] }), ['a.csv']);
});

test('directories are passed over', async (t) => {
  const baseDirectory = directoryWith(t, { 'x.csv/inner.csv': PLAIN, 'a.csv': PLAIN });
  assert.deepEqual(await names({ baseDirectory }, { files: ['*.csv'] }), ['a.csv']);
  assert.deepEqual(await names({ baseDirectory }, { files: ['**/*.csv'] }), ['a.csv', 'x.csv/inner.csv']);
});

test('a path that exists is a file, whatever a glob makes of its characters', async (t) => {
  const baseDirectory = directoryWith(t, { 'export [1].csv': PLAIN, 'export 1.csv': PLAIN });
  assert.deepEqual(await names({ baseDirectory }, { files: ['export [1].csv'] }), ['export [1].csv']);
});

test('a pattern that matches nothing is named, unless that is to be expected', async (t) => {
  const baseDirectory = directoryWith(t, { 'a.csv': PLAIN });
  const refused = { name: 'UsageError', code: 'NO_INPUT_FILES', message: /nothing\/\*\.csv/ };
  await assert.rejects(names({ baseDirectory }, { files: ['a.csv', 'nothing/*.csv'] }), refused);
  assert.deepEqual(await names({ baseDirectory }, { files: ['a.csv', 'nothing/*.csv'], allowEmpty: true }), [
    'a.csv',
  ]);
});

test('--input is relative to the working directory, and named relative to the configuration where it lies below it', async (t) => {
  const directory = directoryWith(t, {
    'project/exports/a.csv': PLAIN,
    'project/tonight/b.csv': PLAIN,
    'elsewhere/c.csv': PLAIN,
  });
  const baseDirectory = join(directory, 'project');
  const cwd = join(baseDirectory, 'tonight');
  assert.deepEqual(
    await names({ baseDirectory, cwd, input: ['*.csv', '../exports/*.csv', '../../elsewhere/*.csv'] }),
    ['tonight/b.csv', 'exports/a.csv', '../../elsewhere/c.csv'],
  );
  const absolute = join(directory, 'elsewhere', 'c.csv');
  assert.deepEqual(await names({ baseDirectory, cwd, input: [absolute] }), [absolute]);
});

test('files that export wrote are taken by --input only', async (t) => {
  const baseDirectory = directoryWith(t, {
    'a.csv': PLAIN,
    'rejected.csv': EXPORTED,
    'failed.ndjson': '{"id":1,"_state":"failed"}\n',
  });
  assert.deepEqual(await names({ baseDirectory }, { files: ['*'] }), ['a.csv']);
  assert.deepEqual(await names({ baseDirectory, input: ['rejected.csv'] }), ['rejected.csv']);
  await assert.rejects(names({ baseDirectory }, { files: ['rejected.csv'] }), UsageError);
});

test('an unknown encoding is refused before anything is read', () => {
  assert.throws(() => sourceIn({ baseDirectory: '.' }, { csv: { encoding: 'latin-99' } }), {
    code: 'UNKNOWN_ENCODING',
  });
});

test('a dash is standard input, which has neither size nor digest', async () => {
  const [input] = await sourceIn(
    { baseDirectory: '.', stdin: Readable.from([PLAIN]) },
    { files: ['-'] },
  ).inputs();
  assert.ok(input);
  assert.deepEqual([input.name, input.sizeBytes, await input.digest()], ['-', null, null]);
  const { records } = await readInput(input);
  assert.deepEqual(records[0]?.position, { file: '-', line: 2, byte: 8, index: 0 });
});

test('an abort ends a reading that waits for standard input', { timeout: 5000 }, async () => {
  const stdin = new Readable({ read() {} });
  stdin.push(`Id,Body\n${'m-1,one\n'.repeat(20_000)}`);
  const [input] = await sourceIn({ baseDirectory: '.', stdin }, { files: ['-'] }).inputs();
  const controller = new AbortController();
  let count = 0;
  for await (const _ of input?.read({ signal: controller.signal }) ?? []) {
    count += 1;
    if (count === 1) setTimeout(() => controller.abort(), 20);
  }
  assert.ok(count > 0);
});

test('a file that cannot be opened any more is damaged', async (t) => {
  const baseDirectory = directoryWith(t, { 'a.csv': PLAIN });
  const [input] = await sourceIn({ baseDirectory }, { files: ['a.csv'] }).inputs();
  rmSync(join(baseDirectory, 'a.csv'));
  assert.ok(input);
  assert.equal(await input.digest(), null);
  assert.equal((await readInput(input)).damage?.code, 'UNREADABLE_INPUT');
});

test('what a glob lists but what leads nowhere is damaged, not left out in silence', async (t) => {
  const baseDirectory = directoryWith(t, { 'a.csv': PLAIN, 'directory.csv/x': '' });
  symlinkSync('nowhere', join(baseDirectory, 'b.csv'));
  symlinkSync('loop.csv', join(baseDirectory, 'loop.csv'));
  symlinkSync('directory.csv', join(baseDirectory, 'linked.csv'));
  const inputs = await sourceIn({ baseDirectory }, { files: ['*.csv'] }).inputs();
  const seen = [];
  for (const input of inputs) {
    await input.digest();
    const { records, damage } = await readInput(input);
    seen.push([input.name, damage?.code ?? records.length]);
  }
  assert.deepEqual(seen, [
    ['a.csv', 1],
    ['b.csv', 'UNREADABLE_INPUT'],
    ['loop.csv', 'UNREADABLE_INPUT'],
  ]);
});
