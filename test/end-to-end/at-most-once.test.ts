/**
 * Nobody gets a live message twice, whatever the API, the network and the power do: runs are killed in the middle of
 * sending, connections are reset after the message was taken, gateways lose answers, and run follows upon run.
 *
 * These are experiments of `npm run soak`, one short run of each; BACKHAUL_SEED chooses other moments and faults.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conduct } from '../soak/experiment.ts';
import { liveExperiments } from '../soak/live-experiments.ts';
import { createTally } from '../soak/tally.ts';

const SEED = Number(process.env.BACKHAUL_SEED ?? 1);
const KILLS = 5;

for (const experiment of liveExperiments) {
  test(`${experiment.name}: nobody gets a message twice, over runs with ${KILLS} kills and lost answers`, async (t) => {
    const tally = createTally();
    await conduct(experiment, t, { seed: SEED, kills: KILLS, tally });
    assert.equal(tally.liveTwice, 0);
    assert.ok(tally.live > tally.messages / 2, 'most get through');
  });
}
