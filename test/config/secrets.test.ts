import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import type { SecretRef } from '../../src/config/secret-schema.ts';
import { resolveSecret } from '../../src/config/secrets.ts';
import { UsageError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function resolveIn(t: TestContext, env: Record<string, string> = {}) {
  const directory = temporaryDirectory(t);
  return { directory, resolve: (ref: SecretRef) => resolveSecret(ref, { env, directory }) };
}

const node = (script: string): SecretRef => ({ command: [process.execPath, '-e', script] });

async function rejection(promise: Promise<unknown>): Promise<UsageError> {
  const error = await promise.then(
    () => assert.fail('was resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UsageError, String(error));
  return error;
}

test('a secret comes from an environment variable, as it is', async (t) => {
  const { resolve } = resolveIn(t, { NAME: ' se cret\n' });
  assert.equal(await resolve({ env: 'NAME' }), ' se cret\n');
});

test('a variable that is missing or empty is named', async (t) => {
  const { resolve } = resolveIn(t, { EMPTY: '' });
  for (const name of ['EMPTY', 'MISSING']) {
    const error = await rejection(resolve({ env: name }));
    assert.equal(error.code, 'SECRET_MISSING');
    assert.match(error.message, new RegExp(name));
    assert.match(error.fix, new RegExp(name));
  }
});

test('a secret file is found beside the configuration, and loses one final line end', async (t) => {
  const { directory, resolve } = resolveIn(t);
  mkdirSync(join(directory, 'secrets'));
  for (const [content, secret] of [
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['hunter2\n\n', 'hunter2\n'],
    [' hunter2 ', ' hunter2 '],
  ] as const) {
    writeFileSync(join(directory, 'secrets', 'password'), content);
    assert.equal(await resolve({ file: 'secrets/password' }), secret);
    assert.equal(await resolve({ file: join(directory, 'secrets', 'password') }), secret);
  }
});

test('a secret file that is missing, empty or a directory is named', async (t) => {
  const { directory, resolve } = resolveIn(t);
  writeFileSync(join(directory, 'empty'), '\n');
  for (const file of ['missing', 'empty', '.']) {
    const error = await rejection(resolve({ file }));
    assert.equal(error.code, 'SECRET_MISSING', file);
    assert.match(error.message, /secret file/);
  }
});

test('a command prints the secret, run in the directory of the configuration, with the environment given', async (t) => {
  const { directory, resolve } = resolveIn(t, { TOKEN: 'hunter2' });
  writeFileSync(join(directory, 'token'), 'from a file');
  assert.equal(await resolve(node('console.log(process.env.TOKEN)')), 'hunter2');
  assert.equal(await resolve(node('process.stdout.write(fs.readFileSync("token"))')), 'from a file');
});

test('a command goes through no shell', async (t) => {
  const { resolve } = resolveIn(t, { HOME: '/home/nobody' });
  const args = ['$HOME', '`id`', '; exit 3', '*'];
  const print = 'console.log(JSON.stringify(process.argv.slice(1)))';
  const output = await resolve({ command: [process.execPath, '-e', print, ...args] });
  assert.deepEqual(JSON.parse(output), args);
});

test('a command that fails, prints nothing or is not there is an error that shows none of its output', async (t) => {
  const { resolve } = resolveIn(t);
  const failing = 'console.log("hunter2"); console.error("hunter2"); process.exitCode = 3';
  const cases: [ref: SecretRef, code: string, message: RegExp][] = [
    [node(failing), 'SECRET_COMMAND_FAILED', /exit code 3/],
    [node(''), 'SECRET_MISSING', /is empty/],
    [{ command: ['no-such-program-here'] }, 'SECRET_COMMAND_FAILED', /ENOENT/],
    [
      node('console.log("hunter2".repeat(100_000))'),
      'SECRET_COMMAND_FAILED',
      /ERR_CHILD_PROCESS_STDIO_MAXBUFFER/,
    ],
  ];
  for (const [ref, code, message] of cases) {
    const error = await rejection(resolve(ref));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /hunter2/);
    assert.equal(error.cause, undefined);
  }
});

test('a command that waits for input gets none', async (t) => {
  const { resolve } = resolveIn(t);
  assert.equal(await resolve(node('process.stdin.on("end", () => console.log("done")).resume()')), 'done');
});
