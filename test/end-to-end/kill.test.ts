/**
 * Processes that are killed at any moment, as by a power cut, learn nothing of it. The next one finds a ledger that is
 * true and finishes the work, whatever the one before was doing.
 *
 * These are the experiments of `npm run soak`, one short run of each; BACKHAUL_SEED chooses other moments.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { conduct, type Experiment } from '../soak/experiment.ts';
import { importExperiment, retryExperiment } from '../soak/import-experiment.ts';
import { migrationExperiment } from '../soak/migration-experiment.ts';
import { exportExperiment, vacuumExperiment, verifyExperiment } from '../soak/reading-experiments.ts';
import { createTally, killsOf } from '../soak/tally.ts';
import { killWhen } from '../support/killing.ts';
import { csvOf, project, rows } from '../support/project.ts';

const SEED = Number(process.env.BACKHAUL_SEED ?? 1);

async function hold(t: TestContext, experiment: Experiment, kills: number): Promise<void> {
  const tally = createTally();
  await conduct(experiment, t, { seed: SEED, kills, tally });
  const { lost, doubled } = tally;
  assert.deepEqual({ lost, doubled }, { lost: 0, doubled: 0 });
  assert.ok(killsOf(tally) > 0 && tally.messages > 0, 'it was tried');
}

test('kill -9 while staging and delivering loses nothing, and run again finishes', (t) =>
  hold(t, importExperiment, 5));

test('kill -9 during retry keeps what was queued for the next run', (t) => hold(t, retryExperiment, 2));

test('kill -9 during a migration leaves a ledger that the next program brings up to date', (t) =>
  hold(t, migrationExperiment, 2));

test('kill -9 during export leaves the file as it was, or whole', (t) => hold(t, exportExperiment, 2));

test('kill -9 during verify leaves evidence that counts once', (t) => hold(t, verifyExperiment, 2));

test('kill -9 during ledger vacuum leaves a ledger that is whole', (t) => hold(t, vacuumExperiment, 2));

test('messages that were under way at many deaths are not given up', async (t) => {
  const { simulator, start, backhaul, write } = await project(t, { delivery: { timeoutMs: 20_000 } });
  write('export.csv', csvOf(rows(3, { customers: 1 })));
  for (let death = 0; death < 6; death++) {
    simulator.setFaults([{ fault: death % 2 === 0 ? 'hang-after' : 'hang-before' }]);
    const requestsBefore = simulator.stats().requests;
    const killed = await killWhen(start('run'), () => simulator.stats().requests > requestsBefore);
    assert.equal(killed.exitCode, null);
  }
  simulator.setFaults([]);

  const result = await backhaul('run --json');

  assert.equal(result.exitCode, 0, result.stdout);
  assert.deepEqual(result.json<Summary>().messages, { accepted: 3, failed: 0, unknown: 0, pending: 0 });
});
