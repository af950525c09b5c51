/** An export that grows from run to run, through an API that misbehaves; most of the runs are killed. */
import type { Experiment } from './experiment.ts';
import { AMBIGUITY, finish, importConfiguration } from './history.ts';
import { assertComplete, assertEveryRecordInOnePlace, assertTrueSoFar } from './judge.ts';
import { killRepeatedly } from './kill-repeatedly.ts';
import { type Moment, QUEUEING, SENDING, STAGING, STARTING, WRITING_ASIDE } from './moments.ts';
import { createPlace } from './place.ts';
import { createPlantedExport } from './planted-export.ts';

/** `run`, killed while it stages and while it sends. */
export const importExperiment = growingImport('import', 24, [STARTING, ...STAGING, ...SENDING], [50, 250]);

/** The same with files so large that one thread reads and sends while another writes. */
export const largeImportExperiment = growingImport('large-import', 6, WRITING_ASIDE, [9_000, 12_000]);

function growingImport(
  name: string,
  kills: number,
  moments: readonly Moment[],
  [fewest, most]: readonly [number, number],
): Experiment {
  const run: Experiment['run'] = async (scope, order) => {
    const place = await createPlace(scope, order, importConfiguration);
    const { random } = place;
    const { planted, csv } = createPlantedExport(random);
    await place.api.setFaults(AMBIGUITY);
    let files = 0;
    await killRepeatedly(place, order.kills, moments, async (moment) => {
      files += 1;
      place.write(`export-${String(files).padStart(4, '0')}.csv`, csv(random.between(fewest, most)));
      const { killed } = await place.killAt(moment, 'run --json --no-progress');
      await assertTrueSoFar(place, planted);
      return killed;
    });
    await finish(place);
    await assertComplete(place, planted);
    await assertEveryRecordInOnePlace(place, planted);
  };
  return { name, kills, run };
}

/** `retry`, killed while it queues and while it sends; half of the messages are refused until the end. */
export const retryExperiment: Experiment = {
  name: 'retry',
  kills: 12,
  async run(scope, order) {
    const place = await createPlace(scope, order, importConfiguration);
    const { planted, csv } = createPlantedExport(place.random);
    place.write('export.csv', csv(500));
    await place.api.setFaults(`refuse:0.5,${AMBIGUITY}`);
    await place.backhaul('run --json --no-progress');
    await killRepeatedly(place, order.kills, [...QUEUEING, ...SENDING], async (moment) => {
      const { killed } = await place.killAt(moment, 'retry --unknown --json --no-progress');
      await assertTrueSoFar(place, planted);
      return killed;
    });
    await finish(place);
    await assertComplete(place, planted);
  },
};
