/**
 * A start takes what it loads: a file costs half a millisecond whatever is in it, the schema library some twenty. Times vary with the
 * machine; what is loaded does not.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { modulesIn, packagesOf } from '../support/bundled-modules.ts';
import { CLI } from '../support/command-line.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Loaded {
  readonly files: readonly string[];
  /** What these files are or, in a bundle, what was put into them. */
  readonly modules: readonly string[];
}

/** What yargs consists of, without what it would measure text with; and what guesses which command was meant. */
const COMMAND_LINE = [
  ...['yargs', 'yargs-parser', 'cliui', 'wrap-ansi', 'strip-ansi', 'ansi-regex', 'ansi-styles', 'y18n'],
  ...['escalade', 'get-caller-file', 'fastest-levenshtein'],
];

test('help loads a few files, and no package but the one that reads command lines', async (t) => {
  const { backhaul } = await project(t);
  const { files, modules } = await loadedBy(t, (options) => backhaul('--help', options));
  assert.deepEqual(packagesOf(modules), COMMAND_LINE.toSorted());
  assert.ok(files.length <= 16, `${files.length} files`);
});

test('status loads a few dozen files, and no package but those for configuration and ledger', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(3)));
  await backhaul('run --quiet');
  const { files, modules } = await loadedBy(t, (options) => backhaul('status', options));
  assert.deepEqual(packagesOf(modules), [...COMMAND_LINE, 'zod', 'better-sqlite3'].toSorted());
  assert.deepEqual(
    modules.filter((path) => /\/locales\/(?!en[.]js)/.test(path)),
    [],
    'messages in other languages',
  );
  assert.ok(files.length <= 50, `${files.length} files`);
});

test('a Node.js that is too old is refused before anything else is loaded', async (t) => {
  const { backhaul, write, directory } = await project(t);
  write(
    'older.mjs',
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } });",
  );
  const nodeFlags = ['--import', pathToFileURL(join(directory, 'older.mjs')).href];
  const { files } = await loadedBy(t, async (options) => {
    const { exitCode, stderr } = await backhaul('status', { ...options, nodeFlags });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^backhaul needs Node\.js 22\.18 or newer; this is 20\.11\.0\.\n/);
  });
  assert.deepEqual(
    files.filter((path) => !path.endsWith('older.mjs')),
    [CLI],
  );
});

async function loadedBy(
  t: TestContext,
  run: (options: { env: Record<string, string> }) => Promise<unknown>,
): Promise<Loaded> {
  const coverage = temporaryDirectory(t);
  await run({ env: { NODE_V8_COVERAGE: coverage } });
  const [report = ''] = readdirSync(coverage);
  const { result } = JSON.parse(readFileSync(join(coverage, report), 'utf8')) as {
    result: { url: string }[];
  };
  const files = result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
  return { files, modules: files.flatMap(modulesIn) };
}
