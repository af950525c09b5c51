import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { assertTold } from '../support/told.ts';
import { until } from '../support/until.ts';

test('while one program writes, every other that would is told whose turn it is, and whoever reads can', async (t) => {
  const { backhaul, start, write, simulator } = await project(t, {
    delivery: { maxBatchMessages: 1, requestsPerSecond: 1000, concurrency: 2, timeoutMs: 60_000 },
  });
  write('export.csv', csvOf(rows(30)));
  simulator.setFaults([{ fault: 'hang-before', first: 2 }]);
  const first = start('run --json');
  await until(() => simulator.stats().requests >= 2);

  const writers = [
    'run',
    'retry',
    'resolve --as failed',
    'ledger vacuum',
    'ledger purge --customer cust-1 --yes',
  ];
  const turnedAway = async (words: string) => {
    const second = await backhaul(words);
    assertTold(second, 5, 'STREAM_LOCKED');
    assert.match(second.stderr, new RegExp(`process ${first.child.pid} on .+, started \\d{4}-.+Z`));
  };
  const served = async (words: string) => {
    const { exitCode, stderr } = await backhaul(words);
    assert.equal(exitCode, 0, `${words}: ${stderr}`);
  };
  const readers = ['status', 'check --quiet', 'export --state pending', 'ledger check'];
  await Promise.all([...writers.map(turnedAway), ...readers.map(served)]);

  first.child.kill('SIGKILL');
  await first.result;
  const { exitCode, json } = await backhaul('run --json');
  assert.equal(exitCode, 0);
  assert.deepEqual([json<Summary>().balanced, json<Summary>().messages.accepted], [true, 30]);
  assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [30, 0]);
});
