/** Programs that find a ledger of an older schema are killed while they bring it up to date. Its messages are sent afterwards. */
import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { createScope, type Scope } from '../support/scope.ts';
import type { Experiment, ExperimentOrder } from './experiment.ts';
import { AMBIGUITY, finish, importConfiguration } from './history.ts';
import { assertComplete, assertTrueSoFar } from './judge.ts';
import { migrating } from './moments.ts';
import { migrationFiles, schemaAfter, schemaOf, writeOlderLedger } from './older-ledger.ts';
import { createPlace } from './place.ts';
import { createPlantedExport } from './planted-export.ts';
import { killsOf } from './tally.ts';

/** One ledger after the other, until enough has been killed: of some there is little to migrate. */
export const migrationExperiment: Experiment = {
  name: 'migration',
  kills: 8,
  async run(scope, order) {
    const { seed, kills, tally } = order;
    const killsBefore = killsOf(tally);
    for (let ledgers = 0; killsOf(tally) < killsBefore + kills; ledgers += 1) {
      const own = createScope();
      scope.after(own.end);
      await migrateOne(own, { ...order, seed: seed * 1_000 + ledgers });
      await own.end();
    }
  },
};

async function migrateOne(scope: Scope, order: ExperimentOrder): Promise<void> {
  const place = await createPlace(scope, order, importConfiguration);
  const { random, ledger, api } = place;
  const latest = migrationFiles().length;
  const { planted, csv } = createPlantedExport(random);
  let version = random.between(1, latest - 1);
  await writeOlderLedger(place, version, planted);
  place.write('export.csv', csv(60));
  await api.setFaults(AMBIGUITY);
  for (let kill = 0; kill < order.kills && version < latest; kill += 1) {
    const words = random.pick(['run --json', 'retry --unknown --json', 'ledger vacuum --json']);
    const { killed } = await place.killAt(random.pick(migrating(latest - version)), words);
    const before = version;
    version = assertMigratedWhole(ledger);
    assert.ok(
      killed ? version >= before : version === latest,
      `of ${latest} migrations ${before}, then ${version}`,
    );
    await assertTrueSoFar(place, planted);
  }
  await finish(place);
  assert.equal(assertMigratedWhole(ledger), latest);
  await assertComplete(place, planted);
}

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
