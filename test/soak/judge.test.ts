/** The judge of the kill experiments sees what it is there to see. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { finish, importConfiguration } from './history.ts';
import { assertComplete, assertTrueSoFar } from './judge.ts';
import { createPlace, type Place } from './place.ts';
import { createPlantedExport, type Planted } from './planted-export.ts';
import { sendDirectly } from './send-directly.ts';
import { createTally } from './tally.ts';

async function imported(t: TestContext, words: string): Promise<{ place: Place; planted: Planted }> {
  const order = { seed: 1, kills: 0, tally: createTally(), journal: [] };
  const place = await createPlace(t, order, importConfiguration);
  const { planted, csv } = createPlantedExport(place.random);
  place.write('export.csv', csv(30));
  await place.backhaul(`run --json ${words}`);
  return { place, planted };
}

test('a message that is sent once more without a reason counts as doubled', async (t) => {
  const { place, planted } = await imported(t, '');
  const { api, tally } = place;
  const [message] = await Array.fromAsync(api.stored());
  assert.ok(message?.item);
  await sendDirectly(api.baseUrl, message, [message.item]);

  await assert.rejects(assertComplete(place, planted), /1 messages were sent again for no reason/);

  assert.deepEqual([tally.doubled, tally.lost], [1, 0]);
});

test('a message that the ledger takes for accepted and the API has not counts as lost', async (t) => {
  const { place, planted } = await imported(t, '--limit 10');
  await assertTrueSoFar(place, planted);
  const db = new Database(place.ledger);
  db.exec('UPDATE message SET state = 2 WHERE id = (SELECT max(id) FROM message WHERE state = 0)');
  db.close();

  await assert.rejects(assertTrueSoFar(place, planted), /accepted but not stored: 1/);
  assert.equal(place.tally.lost, 1);

  await finish(place);
  await assert.rejects(assertComplete(place, planted), /1 messages of the export are not at the API/);
});
