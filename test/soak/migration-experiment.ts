/** Programs that find a ledger of an older schema are killed while they bring it up to date. Its messages are sent afterwards. */
import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import type { Experiment } from './experiment.ts';
import { AMBIGUITY, finish, importConfiguration } from './history.ts';
import { assertComplete, assertTrueSoFar } from './judge.ts';
import { migrating } from './moments.ts';
import { migrationFiles, schemaAfter, schemaOf, writeOlderLedger } from './older-ledger.ts';
import { createPlace } from './place.ts';
import { createPlantedExport } from './planted-export.ts';

export const migrationExperiment: Experiment = {
  name: 'migration',
  kills: 6,
  async run(scope, order) {
    const place = await createPlace(scope, order, importConfiguration);
    const { random, ledger, api } = place;
    const latest = migrationFiles().length;
    const { planted, csv } = createPlantedExport(random);
    let version = random.between(1, latest - 1);
    await writeOlderLedger(place, version, planted);
    place.write('export.csv', csv(60));
    await api.setFaults(AMBIGUITY);
    for (let kill = 0; kill < order.kills && version < latest; kill += 1) {
      const moment = random.pick(migrating(latest - version));
      const words = random.pick(['run --json', 'retry --unknown --json', 'ledger vacuum --json']);
      const { killed } = await place.killAt(moment, words);
      const before = version;
      version = assertMigratedWhole(ledger);
      assert.ok(version >= before && (!killed || moment.name.includes('after') || version < latest));
      await assertTrueSoFar(place, planted);
    }
    await finish(place);
    assert.equal(assertMigratedWhole(ledger), latest);
    await assertComplete(place, planted);
  },
};

/** Every migration has happened as its file says, or not at all. @returns the last one that has. */
function assertMigratedWhole(ledger: string): number {
  const db = new Database(ledger, { readonly: true, fileMustExist: true });
  try {
    const versions = db.prepare('SELECT version FROM schema_version ORDER BY version').pluck().all();
    assert.deepEqual(
      versions,
      versions.map((_, index) => index + 1),
    );
    assert.deepEqual(
      schemaOf(db),
      schemaAfter(versions.length),
      `the schema is that of version ${versions.length}`,
    );
    return versions.length;
  } finally {
    db.close();
  }
}
