import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { backhaul, type CommandResult } from '../support/command-line.ts';
import { startListener, writeListenerConfig } from '../support/listener-process.ts';
import { watchProcessWords } from '../support/process-words.ts';
import { csvOf, MAPPING, type Row } from '../support/project.ts';
import {
  AUTHORIZATION,
  deliverCallback,
  deliverEvent,
  eventBody,
  post,
  SECRET,
} from '../support/receiver.ts';
import { answerJson, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** People's words, numbers and names. They may stand in exports, in payloads, and in what `preview` prints. */
const PEOPLE = {
  body: 'Planted-Body-Quokka',
  phone: '+13105550187',
  name: 'Planted-Name-Zebulon',
  cell: 'Planted-Cell-Narwhal',
};

/** They may stand nowhere at all. */
const CREDENTIALS = {
  username: 'planted-username-okapi',
  password: 'planted-password-axolotl',
  token: 'planted-token-pangolin',
};

const AUTHORIZATION_HEADER = Buffer.from(`${CREDENTIALS.username}:${CREDENTIALS.password}`).toString(
  'base64',
);

const ENV = { PLANTED_USERNAME: CREDENTIALS.username };

const words = `${PEOPLE.name} at ${PEOPLE.phone} wrote ${PEOPLE.body}`;

const ROWS: readonly Row[] = [
  { Id: 'fine-1', Body: words },
  { Id: 'fine-2', Body: words },
  { Id: 'refused', Body: words },
  { Id: 'html', Customer: 'cust-2', Body: words },
  { Id: 'thrown', Body: `throw ${words}` },
  { Id: 'bad-time', Sent: PEOPLE.cell, Body: words },
  { Id: 'bad-direction', Direction: 'sideways', Body: words },
  { Id: 'no-customer', Customer: '', Body: words },
  { Id: 'fine-1', Body: `${words}, otherwise` },
];

const MAPPER = `export default ({ fields }) => {
  if (fields.Body.startsWith('throw ')) JSON.parse(fields.Body);
};`;

function configuration(origin: string) {
  return {
    stream: 'planted',
    source: { format: 'csv', files: ['export*.csv'] },
    mapper: './mapper.js',
    mapping: MAPPING,
    destination: {
      type: 'mykaarma-historical',
      baseUrl: `${origin}/communications`,
      auth: { username: { env: 'PLANTED_USERNAME' }, password: { file: 'password.txt' } },
    },
    delivery: { requestsPerSecond: 1000, retryBaseMs: 5, maxAttempts: 2, maxOutageMs: 500 },
    receiver: { archive: 'deliveries' },
  };
}

/** An API that repeats what it was sent in its answers, as refusals do. */
async function talkativeServer(t: TestContext): Promise<string> {
  const { origin } = await scriptedServer(t, (request, response) => {
    const uuids = uuidsIn(request);
    if (uuids.includes('html')) {
      response.writeHead(500, { 'content-type': 'text/html', server: PEOPLE.name });
      response.end(`<h1>${request.body}</h1>${request.headers.authorization}`);
      return;
    }
    const answer = saveAnswer(uuids, { refused: 'BODY_REFUSED' }) as { saveMessageResponse: object[] };
    for (const item of answer.saveMessageResponse) {
      if ('errors' in item && Array.isArray(item.errors)) item.errors[0].errorDescription = words;
    }
    answerJson(response, 200, { ...answer, warnings: [{ warningCode: 'W', warningDescription: words }] });
  });
  return origin;
}

interface Told extends CommandResult {
  readonly words: string;
}

test('planted values', async (t) => {
  const processes = new Set<string>();
  const told: Told[] = [];
  const directory = temporaryDirectory(t);

  async function run(words: string, given: { cwd?: string; stdin?: string } = {}): Promise<CommandResult> {
    const result = await backhaul([...words.split(' '), '--log-level', 'trace'], {
      cwd: directory,
      env: ENV,
      onStart: (child) => watchProcessWords(child, processes),
      ...given,
    });
    told.push({ ...result, words });
    return result;
  }

  const write = (name: string, content: string) => writeFileSync(join(directory, name), content);
  const origin = await talkativeServer(t);
  write('pipeline.config.json', JSON.stringify(configuration(origin)));
  write('export.csv', csvOf(ROWS));
  write('mapper.js', MAPPER);
  write('package.json', '{ "type": "module" }');
  write('password.txt', `${CREDENTIALS.password}\n`);
  write('damaged.csv', `Id,Body\n1,"${words}`);
  write('damaged.json', `[{ "Id": "1", "Body": "${words}" "Sent" }]`);
  write('damaged.ndjson', `{ "Id": "1", "Body": "${words}" "Sent" }\n`);
  write(
    'archived.ndjson',
    [
      JSON.stringify({
        receivedAt: '2025-01-01T00:00:00Z',
        kind: 'historical-callback',
        body: JSON.stringify({ sourceUuid: 'fine-1', status: words, errors: [words], name: PEOPLE.name }),
      }),
      JSON.stringify({ receivedAt: '2025-01-01T00:00:00Z', kind: 'text-callback', body: `{ ${words}` }),
      `{ "${words}`,
      '',
    ].join('\n'),
  );
  const inTurn = async (...commands: string[]) => {
    for (const words of commands) await run(words);
  };
  await Promise.all([
    inTurn(
      'run',
      'run --reread --json',
      'retry --unknown',
      'status',
      'verify --archive archived.ndjson',
      'export --state rejected',
      'export --state failed -o failed.csv',
      'export --state conflict --format ndjson',
      'resolve --as failed --id html',
      'resolve --dismiss --id bad-time',
      'ledger check',
      'ledger recover',
      'ledger vacuum',
    ),
    inTurn(
      'check',
      'check --json',
      'preview',
      'rehearse --limit 2',
      'check --input damaged.csv',
      'check --input damaged.json --set source.format=json',
      'check --input damaged.ndjson --set source.format=ndjson',
    ),
  ]);

  await t.test('the commands met what they were to meet', () => {
    const outcome = ({ words, exitCode }: Told) => `${words}: ${exitCode}`;
    assert.deepEqual(told.filter(({ exitCode }) => ![0, 3, 4].includes(exitCode ?? -1)).map(outcome), []);
    const exported = told.find(({ words }) => words === 'export --state rejected');
    for (const id of ['bad-time', 'bad-direction', 'no-customer', 'thrown']) {
      assert.ok(exported?.stdout.includes(id), id);
    }
    assert.ok(readFileSync(join(directory, 'failed.csv'), 'utf8').includes(PEOPLE.body));
  });

  await t.test('standard error and logs at trace level hold none of them', () => {
    for (const { words, stderr } of told) assertFree(stderr, words, { ...PEOPLE, ...CREDENTIALS });
  });

  await t.test(
    'what commands print holds no credential, and no words of people unless they were asked for',
    () => {
      for (const { words, stdout } of told) {
        const isAskedFor = /^(preview|export)/.test(words);
        assertFree(stdout, words, isAskedFor ? CREDENTIALS : { ...PEOPLE, ...CREDENTIALS });
      }
    },
  );

  await t.test(
    'the tables of runs, inputs and attempts hold none of them, and the whole directory no credential',
    () => {
      const db = new Database(join(directory, 'backhaul.db'), { readonly: true });
      for (const table of ['run', 'input', 'attempt', 'stream']) {
        const rows = db.prepare(`SELECT * FROM ${table}`).all();
        assert.ok(rows.length > 0, table);
        assertFree(JSON.stringify(rows), table, { ...PEOPLE, ...CREDENTIALS });
      }
      db.close();
      for (const name of readdirSync(directory)) {
        if (name !== 'password.txt') {
          assertFree(readFileSync(join(directory, name), 'latin1'), name, CREDENTIALS);
        }
      }
    },
  );

  await t.test(
    'what others see of the processes holds none of them',
    { skip: process.platform !== 'linux' },
    () => {
      assert.ok([...processes].some((text) => text.includes('verify')));
      for (const text of processes) assertFree(text, 'process', { ...PEOPLE, ...CREDENTIALS });
    },
  );

  await t.test('a credential written where none belongs is not repeated', async () => {
    const before = told.length;
    const config = JSON.parse(readFileSync(join(directory, 'pipeline.config.json'), 'utf8'));
    const misplaced = Object.entries({
      literal: { ...config.destination, auth: { username: 'u', password: CREDENTIALS.password } },
      misplaced: { ...config.destination, password: CREDENTIALS.password },
      inUrl: { ...config.destination, baseUrl: `https://u:${CREDENTIALS.password}@api.example.com` },
      inQuery: { ...config.destination, baseUrl: `https://api.example.com?key=${CREDENTIALS.password}` },
      inNonsense: { ...config.destination, baseUrl: CREDENTIALS.password },
    }).map(([name, destination]) => [name, JSON.stringify({ ...config, destination })]);
    const syntax = ['syntax', `{ "password": "${CREDENTIALS.password}" "b" }`];
    await Promise.all(
      [...misplaced, syntax].map(async ([name, text = '']) => {
        writeFileSync(join(directory, `${name}.json`), text);
        assert.equal((await run(`run -c ${name}.json`)).exitCode, 2, name);
      }),
    );
    const env = { PLANTED_USERNAME: '' };
    const missing = await backhaul(['run', '--json'], { cwd: directory, env });
    for (const { words, stdout, stderr } of [...told.slice(before), { ...missing, words: 'missing' }]) {
      assertFree(stdout + stderr, words, CREDENTIALS);
    }
  });

  await t.test('listen tells nothing of what it receives or was configured with', async (t) => {
    const place = temporaryDirectory(t);
    writeListenerConfig(place);
    const listener = await startListener(t, place, ['--log-level', 'trace']);
    watchProcessWords(listener.child, processes);
    const event = eventBody('e-1', { messageDTO: { uuid: 'm', body: words } });
    assert.equal((await deliverEvent(listener, event)).status, 200);
    assert.equal((await deliverEvent(listener, words)).status, 200);
    await deliverEvent(listener, event, { 'x-authorization-token': CREDENTIALS.token });
    await deliverCallback(listener, words.replaceAll(' ', '-'), words);
    await post(`${listener.document.urls.historicalCallback}?name=${PEOPLE.name}`, words, {}, 'PUT');
    assert.equal(await listener.stop('SIGTERM'), 0);
    const hidden = { ...PEOPLE, ...CREDENTIALS, SECRET, AUTHORIZATION };
    assertFree(listener.stderr(), 'listen', hidden);
    for (const text of processes) assertFree(text, 'process', hidden);
  });
});

/** Nothing of them, nor of what HTTP and JSON make of them. */
function assertFree(text: string, where: string, planted: Readonly<Record<string, string>>): void {
  const forms = Object.entries({ ...planted, AUTHORIZATION_HEADER });
  for (const [name, value] of forms) {
    const at = text.indexOf(value);
    assert.equal(at, -1, `${where} holds ${name}: …${text.slice(Math.max(0, at - 200), at + 60)}…`);
  }
}
