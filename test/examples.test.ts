import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/exit-codes.ts';
import type { Summary } from '../src/pipeline/summary.ts';
import { simulatorFor } from './support/simulator-client.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const CONFIG = join(REPOSITORY, 'fixtures/legacy-json/ndjson.config.json');
/** The export has a line that is no JSON, which needs a person. */
const BROKEN_LINE = EXIT.incomplete;
const SIMULATOR = { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' };

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example as a newcomer would: on the built library, which it finds under the package's own name. */
function run(name: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [join('examples', name), ...words], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, ...output }));
  });
}

test('a source of one’s own is imported once, and what cannot be is told', async (t) => {
  const TMPDIR = temporaryDirectory(t);
  const { exitCode, stdout, stderr } = await run('import-with-own-source.ts', [], { TMPDIR });
  assert.equal(exitCode, 0, stderr);
  assert.match(
    stdout,
    /^first run: +3 new, 1 rejected, \{ accepted: 3, failed: 0, unknown: 0, pending: 0 \}$/m,
  );
  assert.match(stdout, /^second run: 3 unchanged, 0 requests sent$/m);
  assert.match(stdout, /^rejected: \{"id":"T-4"/m);
  assert.deepEqual(readdirSync(TMPDIR), []);
});

test('a destination of one’s own gets every message once', async (t) => {
  const output = join(temporaryDirectory(t), 'messages.ndjson');
  const words = [CONFIG, output];
  const first = await run('own-destination.ts', words);
  assert.equal(first.exitCode, BROKEN_LINE, first.stderr);
  const items = readFileSync(output, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { sourceUuid: string });
  assert.ok(items.length > 20);
  assert.equal(new Set(items.map(({ sourceUuid }) => sourceUuid)).size, items.length);
  assert.equal(statSync(output).mode & 0o777, 0o600);

  const { size } = statSync(output);
  assert.equal((await run('own-destination.ts', words)).exitCode, BROKEN_LINE);
  assert.equal(statSync(output).size, size, 'the second run writes nothing');
});

test('a configuration is imported as the command does it', async (t) => {
  const simulator = await simulatorFor(t);
  const words = [
    CONFIG,
    `destination.baseUrl=${simulator.baseUrl}`,
    `ledger.path=${join(temporaryDirectory(t), 'ledger.db')}`,
    'delivery.requestsPerSecond=1000',
  ];
  const { exitCode, stdout, stderr } = await run('import-from-configuration.ts', words, SIMULATOR);
  assert.equal(exitCode, BROKEN_LINE, stderr);
  const { messages } = JSON.parse(stdout) as Summary;
  assert.ok(messages.accepted > 20);
  assert.equal(simulator.stats().stored, messages.accepted);
  assert.match(stderr, /\d+ messages: answered \(200\)/);

  const missing = await run('import-from-configuration.ts', ['nowhere.json']);
  assert.equal(missing.exitCode, 2);
  assert.match(missing.stderr, /^there is no configuration file nowhere\.json\n/);
});

test('there is no example that is not tried', () => {
  const tests = ['examples.test.ts', 'example-configurations.test.ts', 'live-example-configurations.test.ts'];
  const source = tests.map((name) => readFileSync(join(REPOSITORY, 'test', name), 'utf8')).join('');
  for (const name of readdirSync(join(REPOSITORY, 'examples'))) assert.ok(source.includes(`'${name}'`), name);
});
