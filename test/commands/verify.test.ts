import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { acquireStreamLock } from '../../src/ledger/lock.ts';
import type { VerifySummary } from '../../src/pipeline/verify-summary.ts';
import { archiveLine, saveResult } from '../support/archived-deliveries.ts';
import { csvOf, type Project, project, rows } from '../support/project.ts';

const CALLBACK_URL = 'http://127.0.0.1:9/callbacks/none/historical';

const now = () => new Date().toISOString();
const callback = (id: string, code: string | null = null) =>
  `${archiveLine('historical-callback', saveResult(id, code), { receivedAt: now() })}\n`;

/** Six messages, all accepted. */
async function imported(t: TestContext): Promise<Project> {
  const created = await project(t);
  created.write('export.csv', csvOf(rows(6)));
  const { exitCode, stderr } = await created.backhaul(`run --json --callback-url ${CALLBACK_URL}`);
  assert.equal(exitCode, 0, stderr);
  return created;
}

function archive(
  { directory }: Project,
  name: string,
  content: string | Uint8Array,
  folder = 'deliveries',
): void {
  mkdirSync(join(directory, folder), { recursive: true });
  writeFileSync(join(directory, folder, name), content);
}

function errorCode(stdout: string): string {
  return (JSON.parse(stdout) as { error: { code: string } }).error.code;
}

test('without --archive the configured directory is read, in order, and nothing else in it', async (t) => {
  const created = await imported(t);
  archive(created, 'events-20250401-0002.ndjson', callback('m-1'));
  archive(created, 'events-20250401-0001.ndjson.gz', gzipSync(callback('m-1', 'E1') + callback('m-2')));
  archive(created, 'callback-token', 'secret');
  archive(created, 'notes.ndjson', callback('m-3'));
  const result = await created.backhaul('verify --json');
  assert.equal(result.exitCode, 0, result.stderr);
  const summary = result.json<VerifySummary>();
  assert.equal(summary.archives.read, 2);
  assert.deepEqual(
    [summary.evidence.failed, summary.evidence.stored],
    [1, 2],
    'm-1 failed first, then was stored',
  );
  assert.equal(summary.messages.stored, 2);
});

test('--archive takes files, globs and directories, relative to the working directory', async (t) => {
  const created = await imported(t);
  archive(created, 'one.ndjson', callback('m-1'), 'kept');
  archive(created, 'two.ndjson', callback('m-2'), 'kept');
  archive(created, 'events-20250401-0001.ndjson', callback('m-3'), 'moved');
  const words = "verify --json --archive 'kept/*.ndjson' --archive ../moved";
  mkdirSync(join(created.directory, 'kept', 'kept'));
  const elsewhere = { cwd: join(created.directory, 'kept') };
  assert.equal((await created.backhaul(`${words} -c ../pipeline.config.json`, elsewhere)).exitCode, 2);
  const result = await created.backhaul("verify --json --archive 'kept/*.ndjson' --archive moved");
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(result.json<VerifySummary>().messages.stored, 3);
});

test('archives that are not there are a usage error; an empty directory is none', async (t) => {
  const created = await imported(t);
  const missing = await created.backhaul('verify --json');
  assert.deepEqual([missing.exitCode, errorCode(missing.stdout)], [2, 'NO_ARCHIVES']);
  mkdirSync(join(created.directory, 'deliveries'));
  assert.equal((await created.backhaul('verify --json')).exitCode, 0);
  const named = await created.backhaul("verify --json --archive 'nowhere/*.ndjson'");
  assert.deepEqual([named.exitCode, errorCode(named.stdout)], [2, 'NO_ARCHIVES']);
});

test('without a ledger there is nothing to hold against', async (t) => {
  const created = await project(t);
  mkdirSync(join(created.directory, 'deliveries'));
  const result = await created.backhaul('verify --json');
  assert.deepEqual([result.exitCode, errorCode(result.stdout)], [2, 'LEDGER_MISSING']);
});

test('the table tells what to do about failures, and what was not heard of', async (t) => {
  const created = await imported(t);
  archive(created, 'events-20250401-0001.ndjson', `${callback('m-1', 'E1')}${callback('m-2')}torn`);
  const told = await created.backhaul('verify --older-than 0s');
  assert.equal(told.exitCode, 3);
  assert.match(told.stdout, /Verification of project: incomplete/);
  assert.match(told.stdout, /failed +E1 +1 +export\.csv:2/);
  assert.match(told.stdout, /TORN_LINE .* 1 +deliveries\/events-20250401-0001\.ndjson:3/);
  assert.match(told.stdout, /4 messages accepted 0 ms ago or earlier; still accepted/);
  assert.match(told.stdout, /backhaul retry/);
});

test('a damaged archive is told, counts up to its damage, and ends with 3', async (t) => {
  const created = await imported(t);
  const bytes = gzipSync(['m-1', 'm-2', 'm-3'].map((id) => callback(id)).join(''));
  archive(created, 'events-20250401-0001.ndjson.gz', bytes.subarray(0, bytes.length - 9));
  const result = await created.backhaul('verify --json');
  assert.equal(result.exitCode, 3);
  assert.equal(result.json<VerifySummary>().archives.damaged, 1);
  assert.match(result.stderr, /TRUNCATED_ARCHIVE/);
});

test('with a callback URL payloads are kept until stored, and every item carries it', async (t) => {
  const created = await imported(t);
  for (const { item } of created.simulator.stored()) {
    assert.equal((JSON.parse(item ?? '{}') as { callBackPathUrl?: string }).callBackPathUrl, CALLBACK_URL);
  }
  const kept = async () =>
    (await created.backhaul('export --state accepted --format csv')).stdout.includes('Message 2');
  assert.equal(await kept(), true);
  archive(created, 'events-20250401-0001.ndjson', callback('m-2'));
  await created.backhaul('verify');
  assert.equal(await kept(), false);
  assert.doesNotMatch((await created.backhaul('export --state stored --format csv')).stdout, /Message 2/);
});

test('the URL of today changes no message: nothing is staged or sent again', async (t) => {
  const created = await imported(t);
  const again = await created.backhaul(`run --json --reread --callback-url ${CALLBACK_URL}-other`);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.deepEqual(again.json<{ records: { unchanged: number } }>().records.unchanged, 6);
  assert.equal(created.simulator.stats().resubmitted, 0);
});

test('it waits for nobody: while another process writes the stream, it is refused', async (t) => {
  const created = await imported(t);
  archive(created, 'events-20250401-0001.ndjson', callback('m-1'));
  const lock = await acquireStreamLock(join(created.directory, 'backhaul.db'), 'project');
  t.after(() => lock.release());
  const result = await created.backhaul('verify --json');
  assert.deepEqual([result.exitCode, errorCode(result.stdout)], [5, 'STREAM_LOCKED']);
});

test('a callback URL that is none is refused', async (t) => {
  const created = await project(t);
  created.write('export.csv', csvOf(rows(1)));
  const bad = await created.backhaul('run --json --callback-url hooks.example.com');
  assert.deepEqual([bad.exitCode, errorCode(bad.stdout)], [2, 'BAD_FLAG']);
});

test('a rehearsal reports to nobody', async (t) => {
  let reports = 0;
  const server = createServer((_, response) => {
    reports += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const created = await project(t);
  created.write('export.csv', csvOf(rows(6)));
  const file = join(created.directory, 'pipeline.config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { destination: object };
  const destination = { ...config.destination, callbackUrl: `http://127.0.0.1:${port}/` };
  writeFileSync(file, JSON.stringify({ ...config, destination }));
  assert.equal((await created.backhaul('rehearse --fault none')).exitCode, 0);
  assert.equal(reports, 0);
  assert.equal((await created.backhaul('run')).exitCode, 0);
  assert.match((await created.backhaul('preview -n 1')).stdout, /callBackPathUrl/);
});
