import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { textProject, whatsappProject } from '../support/live-project.ts';
import { csvOf, type Project, rows } from '../support/project.ts';
import { atTerminal, noTerminal } from '../support/terminal.ts';

const FIRST = 'run --live --yes --new-ledger --json';

async function refused(
  { backhaul }: Project,
  words: string,
): Promise<{ code: string; message: string; fix: string }> {
  const { exitCode, json } = await backhaul(`${words} --json`);
  assert.equal(exitCode, 2, words);
  return json<{ error: { code: string; message: string; fix: string } }>().error;
}

test('people get nothing unless configuration and command line both say so; what would be sent is told', async (t) => {
  for (const [live, flag, lacking] of [
    [false, '', 'destination.live is not true and --live is not given'],
    [false, '--live', 'destination.live is not true'],
    [true, '', '--live is not given'],
  ] as const) {
    const created = await textProject(t, { destination: { live } });
    created.write('export.csv', csvOf(rows(5)));
    const error = await refused(created, `run --yes --new-ledger ${flag}`);
    assert.equal(error.code, 'NOT_LIVE');
    assert.match(error.message, /5 messages to 3 customers of 1 department would go out/);
    assert.ok(error.message.endsWith(`but ${lacking}`), error.message);
    assert.equal(created.simulator.stats().requests, 0);
    assert.ok(!existsSync(join(created.directory, 'backhaul.db')), 'no ledger is made');
  }
});

test('without a terminal and without --yes nothing is sent', async (t) => {
  const created = await textProject(t);
  created.write('export.csv', csvOf(rows(2)));
  assert.equal((await refused(created, 'run --live --new-ledger')).code, 'NOT_CONFIRMED');
  assert.equal(created.simulator.stats().requests, 0);
});

test('a ledger that is not there, or knows nothing of the stream, needs --new-ledger', async (t) => {
  const created = await textProject(t);
  created.write('export.csv', csvOf(rows(2)));
  assert.equal((await refused(created, 'run --live --yes')).code, 'NEW_LEDGER');
  assert.ok(!existsSync(join(created.directory, 'backhaul.db')));
  assert.equal((await created.backhaul(FIRST)).exitCode, 0);
  assert.equal((await created.backhaul('run --live --yes')).exitCode, 0, 'known from now on');
  assert.equal((await refused(created, 'run --live --yes --set stream=other')).code, 'NEW_LEDGER');
  assert.equal((await refused(created, 'run --live --yes --ledger other.db')).code, 'NEW_LEDGER');
  assert.equal(created.simulator.stats().delivered, 2);
});

test('texts are sent once, in reading order, and a second run sends nothing', async (t) => {
  const created = await textProject(t, { delivery: { concurrency: 1 } });
  const said = ['first', 'second', 'third'].map((Body, index) => ({ Id: `m-${index}`, Body }));
  created.write('export.csv', csvOf(said));
  const { exitCode, json } = await created.backhaul(FIRST);
  assert.equal(exitCode, 0);
  assert.deepEqual(json<Summary>().messages, { accepted: 3, failed: 0, unknown: 0, pending: 0 });
  assert.deepEqual(
    [...created.simulator.delivered()].map(({ body }) => body),
    ['first', 'second', 'third'],
  );
  assert.equal((await created.backhaul('run --live --yes')).exitCode, 0);
  assert.equal(created.simulator.stats().requests, 3);
});

test('history is refused record by record', async (t) => {
  const created = await textProject(t, { mapping: { 'messageAttributes.type': 'Direction' } });
  const types = ['OUTGOING', 'INCOMING', 'NOTE', 'DRAFT', 'DISCARDED_DRAFT'];
  created.write(
    'export.csv',
    csvOf(types.map((Direction, index) => ({ Id: `m-${index}`, Direction, Body: `${index}` }))),
  );
  const { exitCode, json } = await created.backhaul(FIRST);
  assert.equal(exitCode, 3);
  assert.equal(json<Summary>().records.rejected, 4);
  assert.equal(created.simulator.stats().delivered, 1);
});

test('the same text to the same customer is refused within a run, unless that is allowed', async (t) => {
  const texts = csvOf([
    { Id: 'm-1', Body: 'Ready' },
    { Id: 'm-2', Body: 'Ready' },
    { Id: 'm-3', Body: 'Ready', Customer: 'cust-2' },
  ]);
  const created = await textProject(t);
  created.write('export.csv', texts);
  const { exitCode, json } = await created.backhaul(FIRST);
  assert.equal(exitCode, 3);
  assert.deepEqual([json<Summary>().records.new, json<Summary>().records.rejected], [2, 1]);
  const exported = await created.backhaul('export --state rejected');
  assert.match(exported.stdout, /^m-2,.*DUPLICATE_TEXT/m);
  const again = await created.backhaul('run --live --yes --reread --json');
  assert.deepEqual(
    [again.exitCode, again.json<Summary>().messages.accepted],
    [3, 2],
    'read again, it stays refused',
  );

  const allowed = await textProject(t, { destination: { allowDuplicateTexts: true } });
  allowed.write('export.csv', texts);
  assert.equal((await allowed.backhaul(FIRST)).exitCode, 0);
});

test('what may have been sent stays unknown until a person decides, message by message', async (t) => {
  const created = await textProject(t, {
    simulator: {
      faults: [
        { fault: 'reset-after', customerUuid: 'cust-1' },
        { fault: 'http-503', customerUuid: 'cust-2' },
      ],
    },
  });
  const { backhaul, simulator } = created;
  created.write('export.csv', csvOf(rows(3)));
  const first = await backhaul(FIRST);
  assert.equal(first.exitCode, 3);
  assert.deepEqual(first.json<Summary>().messages, { accepted: 1, failed: 0, unknown: 2, pending: 0 });
  simulator.setFaults([]);
  for (const words of ['run --live --yes', 'run --live --yes --reread', 'retry --live --yes']) {
    assert.equal((await backhaul(words)).exitCode, 3, words);
  }
  assert.equal(simulator.stats().requests, 3, 'nothing is sent again');
  for (const words of ['retry --unknown --live --yes', 'retry --missing --live --yes']) {
    assert.equal((await refused(created, words)).code, 'LIVE_RESEND');
  }
  const stubborn = await refused(created, 'run --live --yes --set delivery.resendUnknown=true');
  assert.equal(stubborn.code, 'LIVE_RESEND');

  await backhaul('resolve --as accepted --id m-1');
  await backhaul('resolve --as resend --id m-2');
  const last = await backhaul('run --live --yes --json');
  assert.deepEqual([last.exitCode, last.json<Summary>().messages.accepted], [0, 3]);
  assert.deepEqual([simulator.stats().delivered, simulator.stats().deliveredTwice], [3, 0]);
});

test('a text that the API refuses fails, and retry sends it once more; a dry look needs no leave', async (t) => {
  const created = await textProject(t, { simulator: { faults: [{ fault: 'refuse', sourceUuid: '*' }] } });
  created.write('export.csv', csvOf(rows(1)));
  const { backhaul, simulator } = created;
  assert.deepEqual((await backhaul(FIRST)).json<Summary>().messages.failed, 1);
  simulator.setFaults([]);
  const error = await refused(created, 'retry');
  assert.equal(error.code, 'NOT_LIVE');
  assert.match(error.message, /up to 1 failed message would go out/);
  for (const words of ['check', 'preview', 'status', 'export --state failed']) {
    const { exitCode, stdout } = await backhaul(words);
    assert.equal(exitCode, 0, words);
    assert.doesNotMatch(stdout, /1970|by day/, 'texts have no times of their own');
  }
  assert.equal(simulator.stats().requests, 1);
  assert.equal((await backhaul('retry --live --yes')).exitCode, 0);
  assert.equal(simulator.stats().delivered, 1);
});

for (const [typed, isSent] of [
  ['yes\n', true],
  ['no\n', false],
  ['\n', false],
  ['', false],
] as const) {
  test(`at a terminal a person sees what would be sent; ${JSON.stringify(typed)} ${isSent ? 'sends it' : 'leaves it pending'}`, {
    skip: noTerminal,
  }, async (t) => {
    const created = await textProject(t);
    const Body = 'Your car is ready: please come before six o’clock, we close early today';
    const texts = [1, 2, 3, 4].map((number) => ({
      ...{ Id: `m-${number}`, Customer: `customer-000${number}`, Body: `${number} ${Body}` },
      Department: number === 4 ? 'dept-b' : 'dept-a',
    }));
    created.write('export.csv', csvOf(texts));
    const env = { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' };
    const given = { cwd: created.directory, env, typed };
    const { exitCode, screen } = await atTerminal('run --live --new-ledger --no-progress', given);
    assert.match(screen, /4 messages.* to 4 customers, sent by mykaarma-text/);
    assert.match(screen, /dept-a +3\r?\n +dept-b +1/);
    assert.match(screen, /…0001 +1 Your car is ready: please come before …/);
    assert.equal(screen.match(/…000\d/g)?.length, 3);
    assert.ok(!screen.includes('customer-0001') && !screen.includes('before six'));
    assert.equal(created.simulator.stats().delivered, isSent ? 4 : 0);
    assert.equal(exitCode, isSent ? 0 : 4);
    if (!isSent) assert.match(screen, /nobody confirmed/);
  });
}

test('a question is not asked where nothing is due', { skip: noTerminal }, async (t) => {
  const created = await textProject(t);
  created.write('export.csv', csvOf(rows(1)));
  await created.backhaul(FIRST);
  const env = { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' };
  const { exitCode, screen } = await atTerminal('run --live', { cwd: created.directory, env });
  assert.equal(exitCode, 0);
  assert.doesNotMatch(screen, /Type yes/);
});

const WHATSAPP = 'Id,To,Body\nw-1,"+13105550123,+13105550124",Hello\nw-2,+13105550125,Hi\nw-3,12,No\n';

test('several recipients of one record have a fate each', async (t) => {
  const created = await whatsappProject(t, {
    simulator: { faults: [{ fault: 'kaleyra-wa400', customerUuid: '13105550124' }] },
  });
  created.write('export.csv', WHATSAPP);
  const { backhaul, simulator } = created;
  const { preview } = (await backhaul('preview --json')).json<{ preview: { becomes: object }[] }>();
  assert.equal(preview.filter(({ becomes }) => 'request' in becomes).length, 3, 'a request for each of them');
  const { exitCode, json } = await backhaul(FIRST);
  assert.equal(exitCode, 3);
  const { records, messages, balanced } = json<Summary>();
  assert.deepEqual([records.read, records.new, records.rejected, balanced], [4, 3, 1, true]);
  assert.deepEqual(messages, { accepted: 2, failed: 1, unknown: 0, pending: 0 });
  await backhaul('export --state failed -o failed.csv');
  const failed = readFileSync(join(created.directory, 'failed.csv'), 'utf8');
  assert.match(failed, /w-1~\+13105550124/);
  simulator.setFaults([]);
  created.write('failed.csv', failed.replace('Hello', 'Hello again'));
  const fedBack = await backhaul('run --live --yes --input failed.csv --json');
  assert.equal(fedBack.json<Summary>().records.replaced, 1, 'the other recipient is left alone');
  assert.deepEqual(
    [...simulator.delivered()].map(({ customerUuid, body }) => [customerUuid, body]),
    [
      ['13105550123', 'Hello'],
      ['13105550125', 'Hi'],
      ['13105550124', 'Hello again'],
    ],
  );
});

for (const [fault, stopReason, said] of [
  ['kaleyra-rbc001', 'credentials-refused', /the SID or the API key is not right/],
  ['kaleyra-wa401', 'credentials-refused', /not a number of this account/],
  ['kaleyra-wa-401', 'credentials-refused', /not available for the account/],
  ['kaleyra-wa-401-phone', 'credentials-refused', /another version of the API/],
  ['kaleyra-e110', 'balance', /balance is too low/],
] as const) {
  test(`${fault} stops the run, says why, leaves everything pending and blames nobody`, async (t) => {
    const created = await whatsappProject(t, { simulator: { faults: [{ fault }] } });
    created.write('export.csv', WHATSAPP);
    const { exitCode, json, stderr } = await created.backhaul(FIRST);
    assert.equal(exitCode, 4);
    assert.equal(json<Summary>().stopReason, stopReason);
    assert.deepEqual(json<Summary>().messages, { accepted: 0, failed: 0, unknown: 0, pending: 3 });
    assert.match(stderr, said);
    created.simulator.setFaults([]);
    assert.equal((await created.backhaul('run --live --yes --json')).json<Summary>().messages.accepted, 3);
  });
}

for (const [fault, messages] of [
  ['kaleyra-wa400', { accepted: 0, failed: 3, unknown: 0, pending: 0 }],
  ['kaleyra-wa500', { accepted: 0, failed: 0, unknown: 3, pending: 0 }],
  ['kaleyra-wa500-after', { accepted: 0, failed: 0, unknown: 3, pending: 0 }],
  ['kaleyra-as-printed', { accepted: 3, failed: 0, unknown: 0, pending: 0 }],
] as const) {
  test(`${fault} ends as documented, message by message`, async (t) => {
    const created = await whatsappProject(t, { simulator: { faults: [{ fault }] } });
    created.write('export.csv', WHATSAPP);
    assert.deepEqual((await created.backhaul(FIRST)).json<Summary>().messages, messages);
  });
}

test('a live configuration can be rehearsed without leave', async (t) => {
  for (const create of [textProject, whatsappProject]) {
    const created = await create(t, { destination: { live: false } });
    created.write('export.csv', create === textProject ? csvOf(rows(3)) : WHATSAPP);
    const { exitCode, json } = await created.backhaul('rehearse --fault none --json');
    assert.equal(exitCode, create === textProject ? 0 : 3);
    assert.equal(json<Summary>().messages.accepted, 3);
    assert.equal(created.simulator.stats().requests, 0);
  }
});
