/** An API in trouble over real HTTP: every run ends as documented, and nothing is lost. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Summary } from '../../src/pipeline/summary.ts';
import { assertGoodManners, assertImportIsTrue } from '../support/oracle.ts';
import { csvOf, type Project, type ProjectOptions, project, rows } from '../support/project.ts';

const MESSAGES = 200;

/** @param meanwhile what happens once the first requests have come. */
async function importInto(t: TestContext, options: ProjectOptions, meanwhile?: (place: Project) => unknown) {
  const place = await project(t, {
    ...options,
    delivery: {
      ...{ maxBatchMessages: 2, requestsPerSecond: 200, concurrency: 16 },
      ...{ retryBaseMs: 20, retryMaxMs: 200, maxAttempts: 30, maxOutageMs: 60_000 },
      ...options.delivery,
    },
  });
  place.write('export.csv', csvOf(rows(MESSAGES, { customers: 50 })));
  const running = place.start('run --json --no-progress');
  while (place.simulator.stats().requests < 10) await delay(2);
  await meanwhile?.(place);
  const ended = await running.result;
  assert.notEqual(ended.stdout, '', ended.stderr);
  const summary = ended.json<Summary>();
  assert.equal(summary.balanced, true);
  const verdict = await assertImportIsTrue({
    ledger: join(place.directory, 'backhaul.db'),
    baseUrl: place.simulator.baseUrl,
  });
  await assertGoodManners(place.simulator.baseUrl);
  return { exitCode: ended.exitCode, summary, verdict, stats: place.simulator.stats() };
}

const ALL = { accepted: MESSAGES, failed: 0, unknown: 0, pending: 0, stored: MESSAGES };

for (const [trouble, options, resubmits] of [
  ['loses half its answers', { faults: [{ fault: 'reset-after', probability: 0.5 }] }, true],
  ['allows less than the configured rate', { requestsPerSecond: 90, retryAfter: 'none' }, false],
] as const) {
  test(`an API that ${trouble} gets everything, once each as far as it says what it took`, async (t) => {
    const { exitCode, summary, verdict, stats } = await importInto(t, { simulator: options });
    assert.deepEqual([exitCode, summary.status, summary.stopReason], [0, 'complete', null]);
    assert.deepEqual(verdict, ALL);
    assert.equal(stats.resubmitted > 0, resubmits);
  });
}

test('an API that goes away in the middle is waited for', async (t) => {
  const away = ({ simulator }: Project) =>
    simulator.setFaults([{ fault: 'outage', during: { startMs: 0, durationMs: 800 } }]);
  const { exitCode, summary, verdict } = await importInto(t, { simulator: { latencyMs: 20 } }, away);
  assert.deepEqual([exitCode, summary.status, summary.stopReason], [0, 'complete', null]);
  assert.deepEqual(verdict, ALL);
  assert.ok(summary.requests.retried > 0, 'it was away');
  assert.ok(summary.durationMs >= 800, `${summary.durationMs}`);
});
