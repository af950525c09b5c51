import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT } from '../src/exit-codes.ts';
import type { Summary } from '../src/pipeline/summary.ts';
import { REPOSITORY } from './docs/pages.ts';
import { backhaul } from './support/command-line.ts';
import { simulatorFor } from './support/simulator-client.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

/** Runs an example from rehearsal to delivery, against a simulator and a ledger of the test's own. */
async function example(t: TestContext, name: string) {
  const simulator = await simulatorFor(t, { keepBodies: true });
  const ledger = join(temporaryDirectory(t), 'ledger.db');
  const run = (...words: string[]) =>
    backhaul([...words, '-c', join('examples', name), '--ledger', ledger, '--json', '--quiet'], {
      cwd: REPOSITORY,
      env: {
        SIMULATOR_USERNAME: 'simulator',
        SIMULATOR_PASSWORD: 'simulator',
        SIMULATOR_API_KEY: 'simulator',
      },
    });
  const baseUrl = name.startsWith('whatsapp') ? simulator.origin : simulator.baseUrl;
  const there = ['--set', 'destination.live=true', '--set', `destination.baseUrl=${baseUrl}`];
  return { run, simulator, there, toPeople: ['run', '--live', '--yes', '--new-ledger', ...there] };
}

test('reminders: two people get their texts; the note and the repeat go nowhere', async (t) => {
  const { run, simulator, there, toPeople } = await example(t, 'text-reminders.jsonc');
  const rehearsed = await run('rehearse', '--fault', 'none');
  assert.equal(rehearsed.exitCode, EXIT.incomplete, rehearsed.stderr);

  const { exitCode, json, stderr } = await run(...toPeople);

  assert.equal(exitCode, EXIT.incomplete, stderr);
  assert.deepEqual(json<Summary>().messages, { accepted: 3, failed: 0, unknown: 0, pending: 0 });
  assert.deepEqual(rehearsed.json<Summary>().messages, json<Summary>().messages);
  assert.equal(json<Summary>().records.rejected, 2);
  const status = (await run('status', ...there)).json<{ codes: readonly { readonly code: string }[] }>();
  assert.deepEqual(status.codes.map(({ code }) => code).sort(), ['DUPLICATE_TEXT', 'NOT_SENDABLE']);
  const bodies = [...simulator.delivered()].map(({ body }) => body);
  assert.equal(bodies.length, 3);
  assert.ok(bodies.includes('Your car is ready 🚗\nWe close at six.'));
});

test('pickups: each number of a cell gets its message; a number that is none is told', async (t) => {
  const { run, simulator, toPeople } = await example(t, 'whatsapp-pickups.jsonc');
  const rehearsed = await run('rehearse', '--fault', 'none');
  assert.equal(rehearsed.exitCode, EXIT.incomplete, rehearsed.stderr);

  const { exitCode, json, stderr } = await run(...toPeople);

  assert.equal(exitCode, EXIT.incomplete, stderr);
  assert.deepEqual(json<Summary>().messages, { accepted: 3, failed: 0, unknown: 0, pending: 0 });
  assert.deepEqual(rehearsed.json<Summary>().messages, json<Summary>().messages);
  assert.deepEqual(
    [...simulator.delivered()].map(({ customerUuid, sourceUuid }) => [customerUuid, sourceUuid]).sort(),
    [
      ['13105550142', 'p-2001'],
      ['13105550157', 'p-2002'],
      ['13105550163', 'p-2002'],
    ],
  );
});
