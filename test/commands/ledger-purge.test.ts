import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { acquireStreamLock } from '../../src/ledger/lock.ts';
import type { CheckSummary, Summary } from '../../src/pipeline/summary.ts';
import { lockArchive } from '../../src/receiver/archive-lock.ts';
import type { PurgeReport } from '../../src/reporting/purge-text.ts';
import { archiveLine, eventLine, saveResult } from '../support/archived-deliveries.ts';
import { inProcess } from '../support/in-process.ts';
import { killWhen, sizeOf } from '../support/killing.ts';
import { csvOf, type Project, project, type Row } from '../support/project.ts';
import { atTerminal, noTerminal } from '../support/terminal.ts';

const THEM = 'customer-to-forget';
const ID = 'source-of-theirs';
/** Whatever would give them away. None of it occurs in what is others'. */
const PLANTED = [THEM, ID, 'Aurelia Quince', '+15550142', 'the lilac coupe'];

const BODY = 'Aurelia Quince at +15550142 asks for the lilac coupe';

/** Another customer's identifier begins with theirs. */
const OTHERS = ['customer-to-forget-not', 'customer-2'];

const THEIR_ROWS: readonly Row[] = [
  { Id: `${ID}-1`, Customer: THEM, Body: BODY },
  { Id: `${ID}-2`, Customer: THEM, Body: `${BODY}, please` },
  { Id: `${ID}-3`, Customer: THEM, Body: BODY, Sent: 'yesterday' },
];
const OTHER_ROWS: readonly Row[] = OTHERS.flatMap((Customer, place) => [
  { Id: `m-${place}-1`, Customer, Body: '=1+1, "quoted"\nand over two lines' },
  { Id: `m-${place}-2`, Customer, Body: 'Grüße', Sent: 'tomorrow' },
]);
const EXPORT = csvOf([...THEIR_ROWS, ...OTHER_ROWS]);

const OTHER_LINES = [
  eventLine('api-uuid-of-others', { customerUuid: OTHERS[0], body: 'Hello' }),
  archiveLine('historical-callback', saveResult('m-0-1')),
];
const THEIR_LINES = [
  eventLine('api-uuid', { customerUuid: THEM, customerName: 'Aurelia Quince', body: BODY }),
  archiveLine('historical-callback', saveResult(`${ID}-1`)),
  archiveLine('historical-callback', '', { query: `id=${ID}-2` }),
  JSON.stringify({
    ...{ receivedAt: '2025-06-15T16:06:40.000Z', kind: 'text-callback' },
    bodyBase64: Buffer.from(`\xff${THEM}`, 'latin1').toString('base64'),
  }),
];

/** A project that knows them in every way: messages, a reject, a conflict, deliveries; and, where asked, exported rows. */
async function knowing(t: TestContext, { isExported = false } = {}): Promise<Project> {
  const made = await project(t, { config: { ledger: { keepPayloads: 'always' } } });
  const { directory, write } = made;
  const env = { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' };
  const backhaul = (words: string) => inProcess(words.split(/ +/), { cwd: directory, env });
  write('export-1.csv', EXPORT);
  write('export-2.csv', csvOf([{ Id: `${ID}-1`, Customer: THEM, Body: `${BODY} again` }]));
  await backhaul('run --quiet');
  mkdirSync(join(directory, 'deliveries'));
  write('deliveries/events-20250614-0001.ndjson', `${OTHER_LINES.join('\n')}\n`);
  write('deliveries/events-20250615-0001.ndjson', MIXED_ARCHIVE);
  write('deliveries/events-20250615-0002.ndjson.gz', gzipSync(MIXED_ARCHIVE));
  write('deliveries/events-20250615-0003.ndjson.zst', zstdCompressSync(MIXED_ARCHIVE));
  if (isExported) {
    await backhaul('export --state accepted -o accepted.csv --quiet');
    await backhaul('export --state rejected -o rejected.ndjson --format ndjson --quiet');
  }
  // The export that they came from is its owner's to erase.
  for (const name of ['export-1.csv', 'export-2.csv']) rmSync(join(directory, name));
  return { ...made, backhaul };
}

const [THEIRS_1, THEIRS_2, ...THEIRS_REST] = THEIR_LINES;
const MIXED_ARCHIVE = `${[THEIRS_1, OTHER_LINES[0], THEIRS_2, ...THEIRS_REST, OTHER_LINES[1]].join('\n')}\n`;
const CLEAN_ARCHIVE = `\n${OTHER_LINES[0]}\n\n\n\n${OTHER_LINES[1]}\n`;

/** Which of the planted values stand in which file, compressed or not. */
function givenAway(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(directory, name);
    if (!statSync(path).isFile()) return [];
    const bytes = contentOf(path)
      .toString('latin1')
      .replaceAll(OTHERS[0] as string, '');
    return PLANTED.filter((value) => bytes.includes(value)).map((value) => `${name}: ${value}`);
  });
}

function contentOf(path: string): Buffer {
  const bytes = readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes);
  return path.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split(/(?<=\n)/);
}

test('nothing of a purged customer is left in any byte of ledger, archives and exports; others’ bytes stay as they were', async (t) => {
  const { directory, backhaul } = await knowing(t, { isExported: true });
  assert.ok(givenAway(directory).length > 10, 'the test looks where something is');
  const untouched = join(directory, 'deliveries/events-20250614-0001.ndjson');
  const before = { untouched: statSync(untouched).ino, ...exportsOf(directory) };

  const { exitCode, stdout, stderr } = await backhaul(`ledger purge --customer ${THEM} --yes --json`);

  assert.equal(exitCode, 0, stderr + stdout);
  assert.deepEqual(givenAway(directory), []);
  assert.ok(!PLANTED.some((value) => (stdout + stderr).includes(value)), 'nor in what it says');
  const report = JSON.parse(stdout) as PurgeReport;
  const { evidence: _, ...erased } = report.erased;
  assert.deepEqual(erased, {
    ...{ messages: 2, rejects: 1, conflicts: 1, attempts: 1, deliveries: 12, exportedRows: 3 },
  });
  assert.deepEqual([report.ok, report.left], [true, []]);

  for (const number of ['1.ndjson', '2.ndjson.gz', '3.ndjson.zst']) {
    const path = join(directory, `deliveries/events-20250615-000${number}`);
    assert.equal(contentOf(path).toString(), CLEAN_ARCHIVE, 'others keep their lines');
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }
  assert.equal(statSync(untouched).ino, before.untouched, 'a file without anything of theirs is not written');
  const isOthers = (line: string) =>
    !PLANTED.some((value) => line.replaceAll(OTHERS[0] as string, '').includes(value));
  assert.deepEqual(linesOf(join(directory, 'accepted.csv')), before.accepted.filter(isOthers));
  assert.deepEqual(linesOf(join(directory, 'rejected.ndjson')), before.rejected.filter(isOthers));

  assert.equal((await backhaul('ledger check')).exitCode, 0);
  const { messages } = (await backhaul('status --json')).json<{ messages: Record<string, number> }>();
  assert.equal(messages.accepted, 2);
});

function exportsOf(directory: string) {
  return {
    accepted: linesOf(join(directory, 'accepted.csv')),
    rejected: linesOf(join(directory, 'rejected.ndjson')),
  };
}

test('a purged customer does not come back with the next cumulative export: skipped as erased, in check as well', async (t) => {
  const { write, backhaul, directory, simulator } = await knowing(t);
  await backhaul(`ledger purge --customer ${THEM} --yes --quiet`);
  const requests = simulator.stats().requests;
  write('export.csv', csvOf([...THEIR_ROWS, ...OTHER_ROWS.slice(0, 1), { Id: `${ID}-4`, Customer: THEM }]));
  for (const command of ['check', 'run']) {
    const { exitCode, stderr, json } = await backhaul(`${command} --json`);
    const { records, skips } = json<Summary | CheckSummary>();
    assert.deepEqual([records.read, records.skipped, records.unchanged], [5, 4, 1], stderr);
    assert.deepEqual(skips, [{ reason: 'erased', count: 4 }]);
    assert.equal(exitCode, command === 'check' ? 0 : 3, 'others’ rejects are still open');
  }
  assert.equal(simulator.stats().requests, requests, 'nothing is sent');
  rmSync(join(directory, 'export.csv'));
  assert.deepEqual(givenAway(directory), []);
});

test('purging again, or somebody whom nobody knows, finds nothing, and says so; the hash is left', async (t) => {
  const { write, backhaul } = await knowing(t);
  await backhaul('export --state conflict -o theirs-alone.ndjson --format ndjson');
  await backhaul(`ledger purge --customer ${THEM} --yes --quiet`);
  for (const customer of [THEM, 'somebody-else']) {
    const { exitCode, stdout } = await backhaul(`ledger purge --customer ${customer} --yes`);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Nothing of 1 customer was found\.\nSearched \d+ files .* nothing is left\./);
  }
  write('export.csv', csvOf([{ Id: 'm-9', Customer: 'somebody-else' }]));
  const { records } = (await backhaul('run --json')).json<Summary>();
  assert.equal(records.skipped, 1);
});

test('without a name, or without a yes and a terminal to ask at, nothing is erased', async (t) => {
  const { backhaul, directory } = await knowing(t);
  const before = givenAway(directory);
  for (const [words, code] of [
    ['', 'BAD_FLAG'],
    [`--customer ${THEM}`, 'NOT_CONFIRMED'],
    [`--customer ${THEM} --yes --ledger other.db`, 'LEDGER_MISSING'],
  ]) {
    const { exitCode, stderr } = await backhaul(`ledger purge ${words}`.trim());
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, new RegExp(code as string));
  }
  assert.deepEqual(givenAway(directory), before);
});

test('at a terminal a person sees how much it is; anything but yes erases nothing', {
  skip: noTerminal,
}, async (t) => {
  const { directory } = await knowing(t);
  const before = givenAway(directory);
  const words = `ledger purge --customer ${THEM}`;
  const no = await atTerminal(words, { cwd: directory, typed: 'no\n' });
  assert.equal(no.exitCode, 4, no.screen);
  assert.match(no.screen, /2 messages, 1 reject, 1 conflict.*Nothing was erased/s);
  assert.deepEqual(givenAway(directory), before);
  const yes = await atTerminal(words, { cwd: directory, typed: 'yes\n' });
  assert.equal(yes.exitCode, 0, yes.screen);
  assert.deepEqual(givenAway(directory), []);
});

test('while a run of any of its streams, or the receiver, is at work, nothing is erased: exit 5', async (t) => {
  const { backhaul, directory } = await knowing(t);
  await backhaul('run --quiet --set stream=another --input nothing.csv --set source.allowEmpty=true');
  const before = givenAway(directory);
  const path = join(directory, 'backhaul.db');
  const locks = [
    () => acquireStreamLock(path, 'project'),
    () => acquireStreamLock(path, 'another'),
    async () => lockArchive(join(directory, 'deliveries')),
  ];
  for (const lock of locks) {
    const held = await lock();
    const { exitCode, stderr } = await backhaul(`ledger purge --customer ${THEM} --yes`);
    await held.release();
    assert.equal(exitCode, 5, stderr);
  }
  assert.deepEqual(givenAway(directory), before);
});

test('killed at any moment, the next purge finishes', async (t) => {
  const { start, backhaul, directory } = await knowing(t);
  const archive = join(directory, 'deliveries/events-20250615-0001.ndjson');
  const line = `${archiveLine('historical-callback', saveResult('m-0-1'))}\n`;
  appendFileSync(archive, line.repeat(5_000));
  const leftovers = () => readdirSync(join(directory, 'deliveries')).filter((name) => name.endsWith('.tmp'));
  const words = `ledger purge --customer ${THEM} --yes --json`;
  const moments: Readonly<Record<string, () => boolean>> = {
    'while an archive is written anew': () => leftovers().length > 0,
    'once it has taken its place': () => readFileSync(archive).subarray(0, 1).toString() === '\n',
    'while the ledger is written': () => sizeOf(join(directory, 'backhaul.db-wal')) > 0,
  };
  for (const [moment, isNow] of Object.entries(moments)) {
    const { exitCode, stdout } = await killWhen(start(words), isNow);
    t.diagnostic(`${moment}: ${exitCode === null ? 'killed' : stdout}`);
  }
  const { exitCode, stdout, stderr } = await backhaul(words);
  assert.equal(exitCode, 0, stderr + stdout);
  assert.deepEqual(givenAway(directory), []);
  assert.deepEqual(leftovers(), []);
  assert.equal((await backhaul('ledger check')).exitCode, 0);
});

test('exported files that are gone, changed or something else by now are told; a killed export leaves nothing', async (t) => {
  const { backhaul, directory, write } = await knowing(t, { isExported: true });
  for (const name of ['gone.csv', 'other.csv', 'killed.csv']) {
    await backhaul(`export --state accepted -o ${name} --quiet`);
  }
  const before = linesOf(join(directory, 'accepted.csv'));
  appendFileSync(join(directory, 'accepted.csv'), (before.at(-1) as string).replace('Grüße', 'Gruß'));
  write('.killed.csv.0123abcd.tmp', `_state\n${THEM}`);
  write('other.csv', 'Name,Price\nsomething,1\n');
  rmSync(join(directory, 'gone.csv'));

  const { exitCode, stdout, json } = await backhaul(`ledger purge --customer ${THEM} --yes --json`);

  assert.equal(exitCode, 0, stdout);
  const told = json<PurgeReport>().files.flatMap(({ kind, file, state, changed }) =>
    kind === 'export' ? [[file.slice(directory.length + 1), state, changed]] : [],
  );
  assert.deepEqual(told, [
    ['accepted.csv', 'done', true],
    ['gone.csv', 'gone', false],
    ['killed.csv', 'done', false],
    ['other.csv', 'no-export', true],
    ['rejected.ndjson', 'done', false],
  ]);
  assert.deepEqual(givenAway(directory), []);
  const again = (await backhaul(`ledger purge --customer ${THEM} --yes --json`)).json<PurgeReport>();
  assert.ok(!again.files.some(({ state }) => state === 'gone'), 'what is gone is told once');
});

test('what is still found is told, and is exit 3: somebody else wrote about them', async (t) => {
  const { backhaul, write, directory } = await knowing(t);
  write('export.csv', csvOf([{ Id: 'm-7', Body: `Ask ${THEM}` }]));
  await backhaul('run --quiet');
  const { exitCode, json } = await backhaul(`ledger purge --customer ${THEM} --yes --json`);
  assert.equal(exitCode, 3);
  const { ok, left } = json<PurgeReport>();
  assert.equal(ok, false);
  assert.deepEqual(
    left.map(({ file, found }) => [file, (found ?? 0) > 0]),
    [[join(directory, 'backhaul.db'), true]],
  );
  const { stdout } = await backhaul(`ledger purge --customer ${THEM} --yes`);
  assert.match(stdout, /Still there:\n {2}.*backhaul\.db +found \d+ times\n/);
});

test('identifiers that are too short to be searched for are erased as whole values, and others who hold them as part stay', async (t) => {
  const { directory, write } = await project(t);
  const backhaul = (words: string) =>
    inProcess(words.split(/ +/), {
      cwd: directory,
      env: { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' },
    });
  const body = (Body: string) => ({ Body, Sent: 'yesterday' });
  write(
    'export.csv',
    csvOf([
      { Id: '17', Customer: '42' },
      { Id: '171', Customer: '421' },
      { Id: '18', Customer: '42', ...body('mine') },
      { Id: '19', Customer: '421', ...body('17 or 42') },
    ]),
  );
  await backhaul('run --quiet');
  await backhaul('export --state rejected -o rejected.csv --quiet');
  mkdirSync(join(directory, 'deliveries'));
  const event = (customerUuid: string) => eventLine('x', { customerUuid, body: '17 or 42' });
  const callback = (id: string) => archiveLine('historical-callback', saveResult(id));
  const archive = 'deliveries/events-20250615-0001.ndjson';
  write(archive, `${[event('421'), event('42'), callback('17'), callback('171')].join('\n')}\n`);

  const { exitCode, json } = await backhaul('ledger purge --customer 42 --yes --json');

  assert.equal(exitCode, 0);
  const { erased, searched } = json<PurgeReport>();
  assert.deepEqual([erased.messages, erased.rejects, erased.deliveries, erased.exportedRows], [1, 1, 2, 1]);
  assert.equal(searched.tooShort, 3, 'and what the API called the message');
  assert.equal(readFileSync(join(directory, archive), 'utf8'), `${event('421')}\n\n\n${callback('171')}\n`);
  assert.doesNotMatch(readFileSync(join(directory, 'rejected.csv'), 'utf8'), /mine/);
});
