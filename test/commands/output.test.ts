import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { CLI, type CommandResult } from '../support/command-line.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { atTerminal, noTerminal } from '../support/terminal.ts';

interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string };
}

function assertErrorDocument({ exitCode, stdout, stderr }: CommandResult, code: string, exit: number): void {
  assert.equal(exitCode, exit, stderr);
  const document = JSON.parse(stdout) as ErrorDocument;
  assert.deepEqual(Object.keys(document), ['error']);
  assert.deepEqual(Object.keys(document.error), ['code', 'message', 'fix']);
  assert.equal(document.error.code, code);
  assert.notEqual(document.error.fix, '');
  assert.doesNotMatch(stderr, /^\s+at /m, 'no stack trace');
}

test('with --json every error is exactly one document on standard output', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(1)));
  write('broken.json', '{ "stream": ');
  for (const [words, code] of [
    ['run --json=true --frobnicate', 'BAD_FLAG'],
    ['--json rnu', 'UNKNOWN_COMMAND'],
    ['check --json -c broken.json', 'CONFIG_SYNTAX'],
    ['check --json --set delivery', 'BAD_OVERRIDE'],
    ['check --json --input nowhere*.csv', 'NO_INPUT_FILES'],
    ['status --json', 'LEDGER_MISSING'],
  ] as const) {
    assertErrorDocument(await backhaul(words), code, 2);
  }
});

test('without --json an error is two lines on standard error, and no output', async (t) => {
  const { backhaul } = await project(t);
  const { exitCode, stdout, stderr } = await backhaul('status');
  assert.equal(exitCode, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^backhaul: .+ \(LEDGER_MISSING\)\n.+\n$/);
});

test('with --json the result is one line on standard output; logs are JSON lines on standard error', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf([...rows(30), { Id: 'bad', Sent: 'yesterday' }]));
  const { stdout, stderr } = await backhaul('run --json --log-level trace');
  assert.match(stdout, /^\{.*\}\n$/);
  const lines = stderr.trimEnd().split('\n');
  assert.ok(lines.length > 2);
  for (const line of lines) {
    const { level, time, msg } = JSON.parse(line) as Record<string, unknown>;
    assert.equal(typeof level, 'string');
    assert.ok(!Number.isNaN(Date.parse(String(time))));
    assert.equal(typeof msg, 'string');
  }
});

test('--quiet leaves the result and errors', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(30)));
  const quiet = await backhaul('run --quiet');
  assert.equal(quiet.exitCode, 0);
  assert.equal(quiet.stderr, '');
  assert.match(quiet.stdout, /Run 1 of project: complete/);
  const wrong = await backhaul('run --quiet --input nowhere.csv');
  assert.match(wrong.stderr, /^backhaul: /);
});

test('--log-level decides what is logged, --no-progress leaves out how far it is', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(10)));
  const messagesOf = async (words: string) =>
    (await backhaul(words)).stderr
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { level: string; msg: string });

  const info = await messagesOf('check');
  assert.ok(info.some(({ msg }) => msg.startsWith('reading')));
  assert.ok(info.every(({ level }) => level !== 'debug'));
  assert.deepEqual(await messagesOf('check --no-progress'), []);
  const debug = await messagesOf('run --log-level debug');
  assert.ok(debug.some(({ level, msg }) => level === 'debug' && msg === 'request'));
});

test('no output ever holds a credential, and none but the result and preview people’s words', async (t) => {
  const password = 'planted-password-7f3a';
  const { backhaul, write, simulator } = await project(t, {
    simulator: { password, faults: [{ fault: 'refuse', sourceUuid: 'm-2' }] },
    config: { skip: [{ from: 'Id', in: ['skipped'], reason: 'never delivered' }] },
  });
  const planted = { Body: 'planted-body-91c4', Customer: '+1 310 555 0142 planted-phone' };
  const env = { SIMULATOR_PASSWORD: password };
  write(
    'export.csv',
    csvOf([
      ...rows(3).map((row) => ({ ...row, ...planted })),
      { Id: 'bad-time', Sent: 'planted-time', ...planted },
      { Id: 'bad-direction', Direction: 'planted-direction', ...planted },
      { Id: 'skipped', ...planted },
      { Id: 'm-1', Body: 'planted-conflict' },
      { Id: 'x'.repeat(3), Department: '', ...planted },
    ]),
  );
  write('broken.ndjson', '{"planted-json": "planted-value",\n');
  const outputs: string[] = [];
  for (const words of [
    'check --log-level trace',
    'run --log-level trace',
    'run --reread --log-level trace --json',
    'retry --log-level trace',
    'resolve --dismiss --log-level trace',
    'status --log-level trace',
    'check --log-level trace --set source.format=ndjson --input broken.ndjson',
    'check --log-level trace --set source.format=json --input broken.ndjson',
  ]) {
    const { exitCode, stdout, stderr } = await backhaul(words, { env });
    assert.ok(exitCode === 0 || exitCode === 3, `${words}: ${stderr}`);
    // The codes that check found are its result: a person is to see what is not known.
    outputs.push(stdout.replace(/^ +type +planted-direction +not known .*$/m, ''), stderr);
  }
  // Where people's words are the result, the log still has none.
  outputs.push((await backhaul('preview --log-level trace', { env })).stderr);
  outputs.push((await backhaul('export --state rejected --log-level trace', { env })).stderr);

  const wrong = await backhaul('run --reread --log-level trace', {
    env: { SIMULATOR_PASSWORD: 'planted-wrong' },
  });
  outputs.push(wrong.stdout, wrong.stderr);
  assert.ok(simulator.stats().requests > 0);
  const text = outputs.join('\n');
  assert.doesNotMatch(text, /planted/);
  assert.doesNotMatch(text, new RegExp(Buffer.from(`simulator:${password}`).toString('base64')));
});

test('a reader that leaves early ends nothing: the work goes on', async (t) => {
  const { backhaul, write, simulator } = await project(t);
  write('export.csv', csvOf(rows(2000)));
  const leave = {
    onStart: (child: { stdout: { destroy(): unknown } | null }) => void child.stdout?.destroy(),
  };
  const preview = await backhaul('preview -n 2000', leave);
  assert.deepEqual({ exitCode: preview.exitCode, stderr: preview.stderr }, { exitCode: 0, stderr: '' });

  const run = await backhaul('run --quiet', {
    onStart: (child) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  });
  assert.equal(run.exitCode, 0);
  assert.equal(simulator.stats().stored, 2000);

  const exported = await backhaul('export --state accepted', leave);
  assert.equal(exported.exitCode, 0, exported.stderr);
});

test('a result that cannot be written is told, and is no success', {
  skip: !existsSync('/dev/full'),
}, async (t) => {
  const { directory, write } = await project(t);
  write('export.csv', csvOf(rows(1)));
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'check', '--quiet'], {
    cwd: directory,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^backhaul: standard output cannot be written \(ENOSPC\) \(OUTPUT_UNWRITABLE\)\n.*\n$/,
  );
});

test('an export that cannot be written is told once, wherever it goes, and is no success', {
  skip: !existsSync('/dev/full'),
}, async (t) => {
  const { directory, write, backhaul } = await project(t);
  write('export.csv', csvOf(rows(300)));
  await backhaul('run --quiet');
  const inFile = await backhaul('export --state accepted -o /dev/full');
  assert.equal(inFile.exitCode, 2);
  assert.match(
    inFile.stderr,
    /^backhaul: \/dev\/full cannot be written \(ENOSPC\) \(OUTPUT_UNWRITABLE\)\n.*\n$/,
  );

  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'export', '--state', 'accepted'], {
    cwd: directory,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^backhaul: standard output cannot be written \(ENOSPC\) \(OUTPUT_UNWRITABLE\)\n.*\n$/,
  );
});

test('a pipe that is written by its name may be left early, too', {
  skip: !existsSync('/dev/stdout'),
}, async (t) => {
  const { write, backhaul } = await project(t);
  write('export.csv', csvOf(rows(3000)));
  await backhaul('run --quiet');
  const { exitCode, stderr } = await backhaul('export --state accepted -o /dev/fd/3', {
    launcher: ['sh', '-c', '{ "$@" 3>&1 >/dev/null; echo "exit $?" >&2; } | head -n 1', 'sh'],
  });
  assert.equal(exitCode, 0);
  assert.match(stderr, /^\d+ accepted written\.\nexit 0\n$/);
});

test('at a terminal there are a progress bar, short log lines and colours', {
  skip: noTerminal,
}, async (t) => {
  const { directory, write } = await project(t, {
    simulator: { latencyMs: 40, faults: [{ fault: 'http-429', first: 1 }] },
    delivery: { concurrency: 1, maxBatchMessages: 5 },
  });
  write('export.csv', csvOf(rows(100)));
  const env = { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' };

  const { exitCode, screen } = await atTerminal('run', { cwd: directory, env });

  const text = stripVTControlCharacters(screen);
  assert.equal(exitCode, 0, text);
  assert.match(text, /\[=+ *\] delivering \d+ %, \d+ of 100 messages, [\d.,]+\/s/);
  assert.match(text, /\d\d:\d\d:\d\d info +everything waits/);
  assert.match(text, /Run 1 of project: complete/);
  assert.ok(screen.includes('\u001b[1mRun 1 of project'), 'the headline is bold');
  assert.ok(screen.lastIndexOf('\u001b[?7h') > screen.lastIndexOf('\u001b[?7l'), 'line wrapping is on again');
});

test('check shows how far it has read', { skip: noTerminal }, async (t) => {
  const { directory, write } = await project(t);
  write('export.csv', csvOf(rows(30_000)));
  const { screen } = await atTerminal('check', { cwd: directory });
  assert.match(stripVTControlCharacters(screen), /\[=+ *\] reading \d+ %, .* of .* records/);
});

test('NO_COLOR takes the colours away, --no-progress the bar', { skip: noTerminal }, async (t) => {
  const { directory, write } = await project(t);
  write('export.csv', csvOf(rows(20)));
  const { screen } = await atTerminal('check --no-progress', { cwd: directory, env: { NO_COLOR: '1' } });
  assert.equal(stripVTControlCharacters(screen), screen);
  assert.match(screen, /Check of project/);
});

test('an error at a terminal cannot drive it', async (t) => {
  const { backhaul } = await project(t);
  const { stderr } = await backhaul("check --input '\u001b[2J.csv'");
  assert.ok(!stderr.includes('\u001b'));
});

test('the temporary directory is left as it was', async (t) => {
  const TMPDIR = temporaryDirectory(t);
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(5)));
  for (const words of ['check', 'rehearse --fault none']) {
    assert.equal((await backhaul(words, { env: { TMPDIR } })).exitCode, 0);
    assert.deepEqual(readdirSync(TMPDIR), [], words);
  }
});
