import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { startListener, writeListenerConfig } from '../support/listener-process.ts';
import { csvOf, type Project, project, rows } from '../support/project.ts';
import { archived, eventBody, eventHeaders } from '../support/receiver.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const atMost = (files: number) => ['sh', '-c', `ulimit -n ${files} && exec "$@"`, 'sh'];

/** Ends as documented. Node.js alone takes about twenty. */
async function runWith(files: number, words: string, backhaul: Project['backhaul']): Promise<void> {
  const { exitCode, stderr } = await backhaul(words, { launcher: atMost(files) });
  if (exitCode === null) return; // Too few for Node.js itself.
  assert.ok([0, 3, 4, 6].includes(exitCode), `${files}: ${exitCode} ${stderr}`);
  assert.doesNotMatch(stderr, /^\s+at /m, 'no stack trace');
}

suite('few file descriptors', { skip: process.platform === 'win32' }, () => {
  test('are enough for many files and connections, or the run ends as documented and the next one finishes', async (t) => {
    const { backhaul, write, simulator } = await project(t, {
      delivery: { concurrency: 32, maxOutageMs: 300, retryMaxMs: 20 },
    });
    for (const row of rows(60, { customers: 60 })) write(`export-${row.Id}.csv`, csvOf([row]));
    for (const files of [24, 27, 40]) await runWith(files, 'run --json', backhaul);
    const { exitCode, json } = await backhaul('run --json');
    assert.equal(exitCode, 0);
    assert.deepEqual([json<Summary>().balanced, json<Summary>().messages.accepted], [true, 60]);
    assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [60, 0]);
  });

  test('are enough for a large import, whether its writing thread can be started or not', async (t) => {
    const { backhaul, write, simulator } = await project(t, { delivery: { concurrency: 2 } });
    write('export.csv', csvOf(rows(9_000, { customers: 900 })));
    for (const files of [24, 27, 30, 32, 34, 36]) await runWith(files, 'run --json --reread', backhaul);
    const { exitCode, json } = await backhaul('run --json');
    assert.equal(exitCode, 0);
    assert.equal(json<Summary>().balanced, true);
    assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [9_000, 0]);
  });

  test('of a listener, taken by idle clients, cost nobody a delivery that was answered; it goes on without them', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const listener = await startListener(t, directory, [], atMost(48));
    const { port, hostname } = new URL(listener.url);
    const deliver = async (id: string) => {
      const body = eventBody(id);
      const url = listener.document.urls.events as string;
      const signal = AbortSignal.timeout(5_000);
      const answer = fetch(url, { method: 'POST', body, headers: eventHeaders(body), signal });
      return (await answer.catch(() => null))?.status ?? null;
    };
    const idle: Socket[] = [];
    for (let count = 0; count < 60; count += 1) {
      idle.push(connect(Number(port), hostname).on('error', () => {}));
    }
    await Promise.all(idle.map((socket) => once(socket, 'connect').catch(() => {})));
    const statuses = await Promise.all(['a', 'b', 'c'].map(deliver));
    for (const socket of idle) socket.destroy();
    let status = await deliver('after');
    for (let tries = 0; status !== 200 && tries < 20; tries += 1) status = await deliver('after');
    assert.equal(status, 200, listener.stderr());
    assert.equal(listener.child.exitCode, null);
    await listener.stop('SIGTERM');
    const kept = archived(join(directory, 'deliveries')).map(
      ({ body }) => (JSON.parse(body ?? '') as { id: string }).id,
    );
    for (const [index, id] of ['a', 'b', 'c'].entries()) {
      if (statuses[index] === 200) assert.ok(kept.includes(id), `${id} was answered`);
    }
    assert.doesNotMatch(listener.stderr(), /^\s+at /m, 'no stack trace');
  });
});
