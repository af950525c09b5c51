import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Summary } from '../../src/pipeline/summary.ts';
import type { StatusDocument } from '../../src/reporting/status-text.ts';
import { csvOf, project, rows } from '../support/project.ts';

test('a run that has everything accepted ends with 0, and its summary is what the ledger keeps', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(12)));

  const { exitCode, json } = await backhaul('run --json');

  assert.equal(exitCode, 0);
  const { startedAt, durationMs } = json<Summary>();
  assert.ok(Date.parse(startedAt) <= Date.now() && durationMs >= 0);
  assert.partialDeepStrictEqual(json(), {
    ...{ run: 1, stream: 'project', status: 'complete', stopReason: null },
    records: {
      ...{ read: 12, new: 12, replaced: 0, unchanged: 0 },
      ...{ duplicates: 0, conflicts: 0, skipped: 0, rejected: 0 },
    },
    files: { read: 1, unchanged: 0, damaged: 0 },
    messages: { accepted: 12, failed: 0, unknown: 0, pending: 0 },
    requests: { sent: 3, retried: 0, throttled: 0 },
    balanced: true,
  });
});

test('what is left is told to a person with the command to type next, and is exit 3', async (t) => {
  const { backhaul, write } = await project(t, {
    simulator: { faults: [{ fault: 'refuse', sourceUuid: 'm-2' }] },
  });
  write('export.csv', csvOf([...rows(5), { Id: 'bad', Sent: 'yesterday' }]));
  const { exitCode, stdout } = await backhaul("run --ledger 'my ledger.db'");
  assert.equal(exitCode, 3);
  assert.match(stdout, /^Run 1 of project: incomplete/);
  assert.match(stdout, /accepted +4\n +failed +1\n +unknown +0\n +pending +0\n +open rejects +1\n/);
  assert.match(stdout, /rejected +TIME_UNREADABLE +sentOn +1 +export\.csv:7/);
  assert.match(stdout, /backhaul export --state rejected -o rejects\.csv --ledger 'my ledger\.db'/);
  assert.match(stdout, /backhaul retry --ledger 'my ledger\.db'/);
});

for (const [title, options, flags, exit, stopReason] of [
  ['credentials that the API refuses', { simulator: { password: 'another' } }, '', 4, 'credentials-refused'],
  [
    'a department that is not allowed',
    { simulator: { forbiddenDepartments: ['dept'] } },
    '',
    4,
    'department-parked',
  ],
  [
    'an outage',
    { simulator: { faults: [{ fault: 'http-503' }] }, delivery: { maxOutageMs: 300 } },
    '',
    4,
    null,
  ],
  [
    'as many failures as allowed',
    { simulator: { faults: [{ fault: 'refuse' }] }, delivery: { maxBatchMessages: 1, concurrency: 1 } },
    '--max-failures 2',
    4,
    'max-failures',
  ],
  [
    'the end of its time',
    { simulator: { latencyMs: 200 }, delivery: { maxBatchMessages: 1, concurrency: 1 } },
    '--max-duration 500ms',
    4,
    'max-duration',
  ],
  ['so many messages as asked for', {}, '--limit 2', 0, 'limit'],
] as const) {
  test(`a run stops at ${title}: exit ${exit}, and nothing is lost`, async (t) => {
    const { backhaul, write } = await project(t, options as Parameters<typeof project>[1]);
    write('export.csv', csvOf(rows(30)));
    const { exitCode, stderr, json } = await backhaul(`run --json ${flags}`);
    assert.equal(exitCode, exit, stderr);
    const summary = json<Summary>();
    if (stopReason !== null) assert.equal(summary.stopReason, stopReason);
    assert.equal(summary.status, exit === 4 ? 'stopped' : 'complete');
    assert.equal(summary.balanced, true);
    assert.ok(summary.messages.pending + summary.messages.unknown > 0, 'work is left');
    const { accepted, failed, unknown, pending } = summary.messages;
    assert.equal(accepted + failed + unknown + pending, 30);
  });
}

test('what cannot be used is found before anything is sent or kept: exit 2', async (t) => {
  const { backhaul, write, simulator, directory } = await project(t);
  write('export.csv', csvOf(rows(1)));
  for (const [words, env, code] of [
    ['run', { SIMULATOR_PASSWORD: '' }, /SECRET_MISSING/],
    ["run --input 'no*.csv'", {}, /NO_INPUT_FILES/],
    ['run --set destination.baseUrl=http://api.example.com', {}, /INSECURE_URL/],
    ['run --set mapping.sourceUuid=null', {}, /CONFIG_INVALID/],
  ] as const) {
    const { exitCode, stdout, stderr } = await backhaul(words, { env });
    assert.equal(exitCode, 2, words);
    assert.equal(stdout, '');
    assert.match(stderr, code);
  }
  assert.equal(simulator.stats().requests, 0);
  const status = await backhaul('status');
  assert.match(status.stderr + status.stdout, new RegExp(`LEDGER_MISSING|${directory}`));
});

test('a stream belongs to one destination: another is exit 2', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(1)));
  await backhaul('run --quiet');
  const { exitCode, stderr } = await backhaul(
    'run --set destination.baseUrl=http://127.0.0.1:1/communications',
  );
  assert.equal(exitCode, 2);
  assert.match(stderr, /STREAM_BOUND/);
});

test('two runs at a time: the second is exit 5 and names the first', async (t) => {
  const { backhaul, write } = await project(t, {
    simulator: { latencyMs: 3_000 },
    delivery: { timeoutMs: 9_000 },
  });
  write('export.csv', csvOf(rows(1)));
  let second: ReturnType<typeof backhaul> | undefined;
  let pid: number | undefined;
  const first = await backhaul('run --log-level debug', {
    onStart(child) {
      pid = child.pid;
      child.stderr?.once('data', () => {
        second = backhaul('run --json');
      });
    },
  });
  const refused = await (second as ReturnType<typeof backhaul>);
  assert.equal(first.exitCode, 0, first.stderr);
  assert.equal(refused.exitCode, 5);
  const { error } = refused.json<{ error: { code: string; message: string } }>();
  assert.equal(error.code, 'STREAM_LOCKED');
  assert.ok(error.message.includes(String(pid)), error.message);
});

test('a ledger that cannot be used is exit 6, and is left as it is', async (t) => {
  const { backhaul, write, directory } = await project(t);
  write('export.csv', csvOf(rows(1)));
  writeFileSync(join(directory, 'backhaul.db'), 'this is no database, and never was one. '.repeat(50));
  for (const command of ['run', 'status', 'retry', 'export --state failed', 'ledger check']) {
    const { exitCode, stderr } = await backhaul(command);
    assert.equal(exitCode, 6, `${command}: ${stderr}`);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
});

for (const [signal, exit] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} lets requests in flight settle, prints the summary and ends with ${exit}`, async (t) => {
    const { backhaul, write, simulator } = await project(t, {
      simulator: { latencyMs: 150 },
      delivery: { maxBatchMessages: 1, concurrency: 2 },
    });
    write('export.csv', csvOf(rows(200)));
    const { exitCode, json } = await backhaul('run --json --log-level debug', {
      onStart: onFirstRequest((child) => child.kill(signal)),
    });
    assert.equal(exitCode, exit);
    const { status, stopReason, messages } = json<Summary>();
    assert.deepEqual({ status, stopReason }, { status: 'interrupted', stopReason: 'interrupted' });
    assert.ok(messages.pending > 0);
    assert.equal(messages.unknown, 0);
    assert.equal(messages.accepted, simulator.stats().stored);
    const { runs } = (await backhaul('status --json')).json<StatusDocument>();
    assert.equal(runs[0]?.status, 'interrupted');
  });
}

test('a second Ctrl-C leaves at once; the next run takes up what was being sent', async (t) => {
  const { backhaul, write, simulator } = await project(t, {
    simulator: { latencyMs: 5_000 },
    delivery: { timeoutMs: 20_000 },
  });
  write('export.csv', csvOf(rows(3)));
  const startedMs = performance.now();
  const { exitCode, stdout } = await backhaul('run --log-level debug', {
    onStart: (child) => {
      const timer = setInterval(() => {
        if (simulator.stats().inFlight === 0) return;
        clearInterval(timer);
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), 100);
      }, 10);
    },
  });
  assert.equal(exitCode, 130);
  assert.equal(stdout, '');
  assert.ok(performance.now() - startedMs < 5_000);
  const { messages } = (await backhaul('status --json')).json<StatusDocument>();
  assert.deepEqual(messages, { accepted: 0, failed: 0, unknown: 3, pending: 0 });
});

test('--reread reads again what has not changed; without it nothing is read', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(4)));
  await backhaul('run --quiet');
  const { records, files } = (await backhaul('run --json')).json<Summary>();
  assert.deepEqual({ read: records.read, files }, { read: 0, files: { read: 0, unchanged: 1, damaged: 0 } });
  const again = (await backhaul('run --json --reread')).json<Summary>();
  assert.deepEqual([again.records.read, again.records.unchanged, again.requests.sent], [4, 4, 0]);
  const otherwise = (await backhaul("run --json --set 'source.csv.delimiter=,'")).json<Summary>();
  assert.equal(otherwise.records.unchanged, 4, 'a file is read again under other options of its source');
});

test('standard input can be imported', async (t) => {
  const { backhaul } = await project(t);
  const { exitCode, stderr, json } = await backhaul('run --json --input -', { stdin: csvOf(rows(3)) });
  assert.equal(exitCode, 0, stderr);
  assert.equal(json<Summary>().messages.accepted, 3);
});

test('a named pipe can be imported, whoever writes to it whenever', async (t) => {
  const { backhaul, directory } = await project(t);
  const pipe = join(directory, 'export.csv');
  execFileSync('mkfifo', [pipe]);
  const lines = csvOf(rows(2_000)).split('\n');
  const writing = (async () => {
    const writer = await open(pipe, 'w');
    for (const part of [lines.slice(0, 3), lines.slice(3, 1_500), lines.slice(1_500)]) {
      await delay(200);
      await writer.write(part.join('\n') + (part.at(-1) === '' ? '' : '\n'));
    }
    await writer.close();
  })();
  const { exitCode, stderr, json } = await backhaul('run --json');
  await writing;
  assert.equal(exitCode, 0, stderr);
  const { records, messages } = json<Summary>();
  assert.deepEqual([records.read, messages.accepted], [2_000, 2_000]);
});

test('paths in a configuration are relative to it, those of flags to the working directory', async (t) => {
  const { backhaul, write, directory } = await project(t);
  write('export.csv', csvOf(rows(2)));
  const elsewhere = join(directory, 'elsewhere');
  mkdirSync(elsewhere);
  const { exitCode } = await backhaul('run -c ../pipeline.config.json --ledger here.db --quiet', {
    cwd: elsewhere,
  });
  assert.equal(exitCode, 0);
  assert.ok(existsSync(join(elsewhere, 'here.db')));
  assert.ok(!existsSync(join(directory, 'backhaul.db')));
});

function onFirstRequest(act: (child: ChildProcess) => void): (child: ChildProcess) => void {
  return (child) => {
    const seen = (chunk: Buffer) => {
      if (!chunk.includes('"msg":"request"')) return;
      child.stderr?.off('data', seen);
      act(child);
    };
    child.stderr?.on('data', seen);
  };
}
