/** Commands that send nothing: `export`, `verify` and `ledger vacuum`, killed at their work on a finished import. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../support/scope.ts';
import type { Experiment, ExperimentOrder } from './experiment.ts';
import { finish, importConfiguration } from './history.ts';
import { assertComplete, assertTrueSoFar } from './judge.ts';
import { killRepeatedly } from './kill-repeatedly.ts';
import { EXPORTING, VACUUMING, VERIFYING } from './moments.ts';
import { createPlace, type Place, readLedger } from './place.ts';
import { createPlantedExport, type Planted } from './planted-export.ts';

interface Imported {
  readonly place: Place;
  readonly planted: Planted;
}

/** @param faults that the one run meets */
async function imported(
  scope: Scope,
  order: ExperimentOrder,
  records: number,
  faults = '',
): Promise<Imported> {
  const place = await createPlace(scope, order, importConfiguration);
  const { planted, csv } = createPlantedExport(place.random);
  place.write('export.csv', csv(records));
  await place.api.setFaults(faults);
  await place.backhaul('run --json --no-progress --set delivery.maxAttempts=1');
  return { place, planted };
}

const BEFORE = 'as it was';

/** `export -o`: the file is as it was, or whole. */
export const exportExperiment: Experiment = {
  name: 'export',
  kills: 12,
  async run(scope, order) {
    const { place, planted } = await imported(scope, order, 800, 'refuse:0.8');
    const output = join(place.directory, 'failed.csv');
    const words = 'export --state failed -o failed.csv';
    assert.equal((await place.backhaul(words)).exitCode, 0);
    const whole = readFileSync(output, 'utf8');
    await killRepeatedly(place, order.kills, EXPORTING, async (moment) => {
      writeFileSync(output, BEFORE);
      const { killed } = await place.killAt(moment, words);
      assert.ok([BEFORE, whole].includes(readFileSync(output, 'utf8')), 'never a part of it');
      return killed;
    });
    await finish(place, 'retry');
    await assertComplete(place, planted);
  },
};

const SLICE_MESSAGES = 50;
const STORED = 5;

/** `verify`: what callbacks prove counts once, and all of it in the end. Some of the messages were unknown. */
export const verifyExperiment: Experiment = {
  name: 'verify',
  kills: 12,
  async run(scope, order) {
    const { place, planted } = await imported(
      scope,
      order,
      SLICE_MESSAGES * order.kills * 2,
      'http-500-after:0.1',
    );
    const uuids = (await Array.fromAsync(place.api.stored())).map(({ sourceUuid }) => sourceUuid);
    mkdirSync(join(place.directory, 'deliveries'));
    let slices = 0;
    const callbacksOf = (some: readonly string[]) => {
      slices += 1;
      const name = `events-20250601-${String(slices).padStart(4, '0')}.ndjson`;
      place.write(join('deliveries', name), some.map(callbackLine).join(''));
    };
    await killRepeatedly(place, order.kills, VERIFYING, async (moment) => {
      callbacksOf(uuids.splice(0, SLICE_MESSAGES));
      const { killed } = await place.killAt(moment, 'verify --json');
      await assertTrueSoFar(place, planted);
      return killed;
    });
    callbacksOf(uuids);
    await finish(place);
    await place.backhaul('verify --json');
    await assertComplete(place, planted);
    const sql = `SELECT count(*) FROM message WHERE state = ${STORED}`;
    assert.equal(
      readLedger(place.ledger, (db) => db.prepare(sql).pluck().get()),
      planted.messages.size,
      'all are known to be stored',
    );
  },
};

/** As `listen` archives it: the result of a save, in the shape of the answer. */
function callbackLine(sourceUuid: string): string {
  const body = {
    succesfullySubmittedSourceUuids: [sourceUuid],
    failedSourceUuids: [],
    saveMessageResponse: [],
  };
  const receivedAt = new Date().toISOString();
  return `${JSON.stringify({ receivedAt, kind: 'historical-callback', body: JSON.stringify(body) })}\n`;
}

/** `ledger vacuum`. */
export const vacuumExperiment: Experiment = {
  name: 'vacuum',
  kills: 8,
  async run(scope, order) {
    const { place, planted } = await imported(scope, order, 800, 'refuse:0.8');
    await killRepeatedly(place, order.kills, VACUUMING, async (moment) => {
      const { killed } = await place.killAt(moment, 'ledger vacuum --json');
      await assertTrueSoFar(place, planted);
      return killed;
    });
    assert.equal((await place.backhaul('ledger vacuum --json')).exitCode, 0);
    await finish(place, 'retry');
    await assertComplete(place, planted);
  },
};
