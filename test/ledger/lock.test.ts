import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { acquireStreamLock } from '../../src/ledger/lock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const OWNER = { host: 'this-host', pid: 4_711, startedAtMs: Date.UTC(2025, 0, 2) };

/** A process that takes the lock and keeps it until it is killed. */
async function holder(t: TestContext, path: string, stream: string): Promise<ChildProcess> {
  const script = `
    const { acquireStreamLock } = await import(${JSON.stringify(import.meta.resolve('../../src/ledger/lock.ts'))});
    await acquireStreamLock(process.argv[1], process.argv[2],
      { host: 'other-host', pid: process.pid, startedAtMs: ${OWNER.startedAtMs} });
    process.stdout.write('held');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path, stream], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

test('a stream has one writer: another process is told who it is', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const child = await holder(t, path, 'one');
  await assert.rejects(
    acquireStreamLock(path, 'one', OWNER),
    (error: Error & { code: string; kind: string }) => {
      assert.deepEqual([error.code, error.kind], ['STREAM_LOCKED', 'locked']);
      assert.match(
        error.message,
        new RegExp(`process ${child.pid} on other-host, started 2025-01-02T00:00:00.000Z`),
      );
      return true;
    },
  );
});

test('a process that is killed with SIGKILL holds nothing any more', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const child = await holder(t, path, 'one');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await acquireStreamLock(path, 'one', OWNER);
  await assert.rejects(acquireStreamLock(path, 'one', OWNER), /process 4711 on this-host/);
  await lock.release();
});

test('two streams of one ledger do not exclude each other', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  await holder(t, path, 'one');
  const lock = await acquireStreamLock(path, 'two', OWNER);
  await lock.release();
});

test('a lock excludes within one process too, and is free once released', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  for (const _ of [1, 2]) {
    const lock = await acquireStreamLock(path, 'one', OWNER);
    await assert.rejects(acquireStreamLock(path, 'one', OWNER), { code: 'STREAM_LOCKED' });
    await lock.release();
    await lock.release();
  }
});

test("the files of a lock are the owner's alone", async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const lock = await acquireStreamLock(path, 'one', OWNER);
  for (const file of [`${path}-lock-one`, `${path}-lock-one.json`]) {
    assert.equal(statSync(file).mode & 0o777, 0o600);
  }
  await lock.release();
});
