import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { csvOf, project, rows } from '../support/project.ts';

test('a rehearsal touches neither the configured API nor a ledger, and needs no credentials', async (t) => {
  const { backhaul, write, simulator, directory } = await project(t);
  write('export.csv', csvOf([...rows(20), { Id: 'bad', Sent: 'yesterday' }]));
  const before = readdirSync(directory);

  const { exitCode, stderr, json } = await backhaul('rehearse --json --fault none', {
    env: { SIMULATOR_USERNAME: '', SIMULATOR_PASSWORD: '' },
  });

  assert.equal(exitCode, 3, stderr);
  const { messages, records, requests } = json<Summary>();
  assert.deepEqual(messages, { accepted: 20, failed: 0, unknown: 0, pending: 0 });
  assert.equal(records.rejected, 1);
  assert.equal(requests.retried, 0);
  assert.equal(simulator.stats().requests, 0);
  assert.deepEqual(readdirSync(directory), before);
});

test('faults can be chosen, and the same seed gives the same end', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(60)));
  const rehearse = async (words: string) =>
    (await backhaul(`rehearse --json ${words}`)).json<Summary>().messages;
  const all = await rehearse('--fault refuse --limit 10');
  assert.deepEqual(all, { accepted: 0, failed: 10, unknown: 0, pending: 50 });
  const some = await rehearse('--fault refuse:30% --seed 5');
  assert.ok(some.failed > 0 && some.accepted > 0);
  assert.deepEqual(await rehearse('--fault refuse:30% --seed 5'), some);
});

test('a rehearsal tells people what happened, and of nothing to type next', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(4)));
  const { exitCode, stdout } = await backhaul('rehearse --fault none');
  assert.equal(exitCode, 0);
  assert.match(stdout, /^Run 1 of project: complete/);
  assert.doesNotMatch(stdout, /Next/);
});
