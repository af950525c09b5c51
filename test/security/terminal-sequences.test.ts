import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backhaul, type CommandResult } from '../support/command-line.ts';
import { csvOf } from '../support/project.ts';
import { answerJson, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { atTerminal, noTerminal } from '../support/terminal.ts';

/** Sets the window's title; colours by a C1 control; turns the direction of what follows. */
const EVIL = '\x1b]0;owned\x07\x9b31m\u202eowned';

/** Each of them alone would be too much. */
const SEQUENCES = ['\x1b]0;', '\x07', '\x9b', '\u202e'];

const configuration = (origin: string) => ({
  stream: 'evil',
  source: { format: 'csv', files: ['export*.csv'] },
  lookups: { [`users${EVIL}`]: { file: 'users.csv', key: 'name', value: 'uuid' } },
  skip: [{ from: 'Direction', in: ['skip'], reason: `never ${EVIL} delivered` }],
  mapping: {
    departmentUuid: 'Department',
    customerUuid: 'Customer',
    userUuid: { value: 'user-1' },
    sourceUuid: 'Id',
    sentOn: { from: 'Sent', time: { formats: ['iso'] } },
    'messageAttributes.body': 'Body',
    'messageAttributes.subject': `Subject ${EVIL}`,
    'messageAttributes.type': { from: 'Direction', map: { in: 'INCOMING', out: 'OUTGOING' } },
    'messageAttributes.protocol': { value: 'TEXT' },
    'messageAttributes.isManual': { value: true },
  },
  destination: {
    type: 'mykaarma-historical',
    baseUrl: origin,
    auth: { username: { env: 'USER_NAME' }, password: { env: 'PASSWORD' } },
  },
  delivery: { requestsPerSecond: 1000, retryBaseMs: 5, maxAttempts: 1, maxOutageMs: 500 },
});

const ENV = { USER_NAME: 'u', PASSWORD: 'p' };

test('no command lets what data, names and answers hold drive the terminal', async (t) => {
  const directory = temporaryDirectory(t);
  const { origin } = await scriptedServer(t, (request, response) => {
    const uuids = uuidsIn(request);
    const failed = Object.fromEntries(
      uuids.filter((uuid) => uuid.includes('refused')).map((uuid) => [uuid, EVIL]),
    );
    const answer = saveAnswer(uuids, failed) as { saveMessageResponse: Record<string, unknown>[] };
    for (const item of answer.saveMessageResponse) item.messageUuid = `m-${EVIL}`;
    answerJson(response, 200, {
      ...answer,
      warnings: [EVIL],
      errors: [{ errorCode: EVIL, errorDescription: EVIL }],
    });
  });
  const write = (name: string, content: string) => writeFileSync(join(directory, name), content);
  const config = configuration(origin);
  write('pipeline.config.json', JSON.stringify(config));
  const rows = [
    { Id: `fine ${EVIL}` },
    { Id: `refused ${EVIL}`, Customer: `cust-${EVIL}` },
    { Id: 'odd', Direction: `in${EVIL}` },
    { Id: 'skipped', Direction: 'skip' },
    { Id: `bad ${EVIL}`, Sent: EVIL },
    { Id: `far ${EVIL}`, Department: `dept ${EVIL}` },
  ];
  write(`export ${EVIL}.csv`, csvOf(rows));
  write(`export-2 ${EVIL}.csv`, csvOf([{ Id: `fine ${EVIL}`, Body: 'another' }]));
  write(`damaged ${EVIL}.csv`, `Id,"${EVIL}`);
  write(`ragged ${EVIL}.csv`, `Id,${EVIL}\n1,2,3,4\n`);
  write('users.csv', 'name,uuid\na,b\n');
  write(
    'unknown-key.json',
    JSON.stringify({ ...config, [EVIL]: 1, mapping: { ...config.mapping, [EVIL]: EVIL } }),
  );
  write('syntax.json', `{ "a": ${EVIL} }`);
  write(`name ${EVIL}.json`, '{');
  const callback = { receivedAt: '2025-01-01T00:00:00Z', kind: 'historical-callback' };
  const body = JSON.stringify({ sourceUuid: `fine ${EVIL}`, errors: [{ errorCode: EVIL }], status: EVIL });
  write(`archive ${EVIL}.ndjson`, `${JSON.stringify({ ...callback, body })}\n{ "${EVIL}\n`);

  const shown: (CommandResult & { words: readonly string[] })[] = [];
  const run = async (...words: string[]) => {
    shown.push({ ...(await backhaul(words, { cwd: directory, env: ENV })), words });
  };
  const delivered = async () => {
    await run('run');
    await run('retry');
    await run('status');
    await run('verify', '--archive', `archive ${EVIL}.ndjson`, '--older-than', '0s');
    await run('export', '--state', 'rejected', '-o', `${EVIL}.csv`);
    await run('resolve', '--as', 'failed', '--id', EVIL);
    await run('run', '--reread', '--json');
    await run('status', '--json');
    await run('export', '--state', 'rejected', '--format', 'ndjson');
    await run('export', '--state', 'rejected', '--json', '-o', `${EVIL}.ndjson`);
    await run('ledger', 'check');
  };
  const looked = async () => {
    await run('check');
    await run('preview', '-n', '20');
    await run('check', '--json');
    await run('preview', '-n', '20', '--json');
    await run('check', '--input', `damaged ${EVIL}.csv`);
    await run('preview', '--input', `ragged ${EVIL}.csv`);
    await run('rehearse', '--limit', '1');
  };
  const mistaken = async () => {
    await run(EVIL);
    await run('run', `--${EVIL}`);
    await run('run', EVIL);
    await run('run', EVIL, '--json');
    await run('run', '--limit', EVIL);
    await run('run', '--set', `${EVIL}=1`);
    await run('run', '--input', EVIL);
    await run('status', '--ledger', EVIL);
    await run('status', '--ledger', `${EVIL}/${EVIL}`);
    await run('check', '-c', 'unknown-key.json');
    await run('check', '-c', 'syntax.json');
    await run('check', '-c', `name ${EVIL}.json`);
    await run('export', '--state', 'accepted', '-o', `${EVIL}/x.csv`);
    await run('listen', '--archive', `pipeline.config.json/${EVIL}`, '--set', 'receiver.port=0');
  };
  await Promise.all([delivered(), looked(), mistaken()]);

  const said = shown.map(({ stdout, stderr }) => stdout + stderr).join('');
  assert.ok(said.includes('\\x1b'), 'what is evil is shown, not hidden');
  assert.ok(shown.some(({ words: [name], exitCode }) => name === 'run' && exitCode === 3));
  for (const { words, exitCode, stdout, stderr } of shown) {
    const name = JSON.stringify(words);
    assert.notEqual(exitCode, 1, `${name}: ${stderr}`);
    assertHarmless(stdout, name);
    assertHarmless(stderr, name);
  }

  await t.test('nor does the log, at a terminal', { skip: noTerminal }, async () => {
    for (const words of ['run --reread --log-level trace', 'check']) {
      const { screen } = await atTerminal(words, { cwd: directory, env: ENV });
      assert.ok(screen.includes('\\x1b'), screen);
      assertHarmless(screen, words);
    }
  });
});

function assertHarmless(text: string, where: string): void {
  for (const sequence of SEQUENCES) {
    const at = text.indexOf(sequence);
    assert.equal(at, -1, `${where}: ${JSON.stringify(text.slice(Math.max(0, at - 80), at + 20))}`);
  }
}
