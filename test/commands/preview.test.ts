import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashedSourceUuid, identityDigest } from '../../src/messages/identity.ts';
import { csvOf, project, rows } from '../support/project.ts';

interface PreviewDocument {
  readonly preview: readonly {
    readonly file: string;
    readonly line: number;
    readonly record: Readonly<Record<string, unknown>>;
    readonly becomes: {
      readonly request?: { readonly method: string; readonly url: string; readonly body: SavedBody };
      readonly skipped?: string;
      readonly rejected?: readonly { readonly field: string; readonly code: string; readonly fix: string }[];
    };
  }[];
}

interface SavedBody {
  readonly saveMessageRequestList: readonly { readonly sourceUuid: string }[];
}

test('preview shows each record beside the exact request that it becomes', async (t) => {
  const { backhaul, write, simulator } = await project(t, { delivery: { maxBatchMessages: 1 } });
  write('export.csv', csvOf([{ Id: 'm-1', Customer: 'with/slash', Body: 'Hello, "you"\nthere ☎' }]));

  const { exitCode, stdout, json } = await backhaul('preview --json', { env: { SIMULATOR_PASSWORD: '' } });

  assert.equal(exitCode, 0);
  assert.doesNotMatch(stdout, /authorization/i);
  const [sight] = json<PreviewDocument>().preview;
  assert.equal(sight?.file, 'export.csv');
  assert.equal(sight?.line, 2);
  assert.equal(sight?.record.Body, 'Hello, "you"\nthere ☎');
  const request = sight?.becomes.request;
  assert.equal(request?.method, 'PUT');
  assert.equal(
    request?.url,
    `${simulator.baseUrl}/department/dept/customer/with%2Fslash/communication/historical`,
  );
  assert.equal(simulator.stats().requests, 0, 'nothing is sent');

  await backhaul('run --quiet');
  const [stored] = simulator.stored();
  assert.equal(
    stored?.item,
    JSON.stringify(request?.body.saveMessageRequestList[0]),
    'and it is what a run sends',
  );
});

test('preview shows as many records as asked for, from the first on, five unless told', async (t) => {
  const { backhaul, write } = await project(t);
  write('export-1.csv', csvOf(rows(4)));
  write('export-2.csv', csvOf(rows(4, { first: 5 })));
  const idsOf = async (words: string) =>
    (await backhaul(words)).json<PreviewDocument>().preview.map(({ record }) => record.Id);
  assert.deepEqual(await idsOf('preview --json'), ['m-1', 'm-2', 'm-3', 'm-4', 'm-5']);
  assert.deepEqual(await idsOf('preview --json -n 1'), ['m-1']);
  assert.equal((await idsOf('preview --json --number 100')).length, 8);
});

test('records without an id of their own have the identity that a run gives them, equal ones told apart', async (t) => {
  const hash = ['Customer', 'Body'];
  const { backhaul, write } = await project(t);
  write(
    'export.csv',
    csvOf([
      { Id: 'a', Body: 'Ok' },
      { Id: 'b', Body: 'Ok' },
    ]),
  );
  const { json } = await backhaul(
    `preview --json --set 'mapping.sourceUuid={"hash":${JSON.stringify(hash)}}'`,
  );
  const digest = identityDigest(['cust-1', 'Ok']);
  assert.deepEqual(
    json<PreviewDocument>().preview.map(
      ({ becomes }) => becomes.request?.body.saveMessageRequestList[0]?.sourceUuid,
    ),
    [hashedSourceUuid(digest, 0), hashedSourceUuid(digest, 1)],
  );
});

test('preview tells why a record is skipped or rejected', async (t) => {
  const { backhaul, write } = await project(t, {
    config: { skip: [{ from: 'Id', in: ['m-1'], reason: 'never delivered' }] },
  });
  write(
    'export.csv',
    `${csvOf([...rows(1), { Id: 'bad', Sent: 'yesterday', Direction: 'up' }])}ragged,row\n`,
  );

  const [skipped, rejected, ragged] = (await backhaul('preview --json')).json<PreviewDocument>().preview;

  assert.deepEqual(skipped?.becomes, { skipped: 'never delivered' });
  assert.deepEqual(rejected?.becomes.rejected?.map(({ field, code }) => `${field} ${code}`).toSorted(), [
    'messageAttributes.type NOT_MAPPED',
    'sentOn TIME_UNREADABLE',
  ]);
  assert.deepEqual(
    ragged?.becomes.rejected?.map(({ code }) => code),
    ['RAGGED_ROW'],
  );
});

test('for people the record stands above the request, column by column, and cannot drive the terminal', async (t) => {
  const { backhaul, write } = await project(t);
  write(
    'export.csv',
    csvOf([
      { Id: 'm-1', Body: 'red \u001b[31m\nsecond line' },
      { Id: 'bad', Sent: 'never' },
    ]),
  );
  const { stdout } = await backhaul('preview');
  assert.match(stdout, /^export\.csv:2\n +Id +m-1\n/);
  assert.match(stdout, /Body +red \\x1b\[31m\\nsecond line\n/);
  assert.match(stdout, /^becomes PUT http:.*\/customer\/cust-1\/communication\/historical\n +\{\n/m);
  assert.match(stdout, /"body": "red \\u001b\[31m\\nsecond line"/);
  assert.match(
    stdout,
    /^export\.csv:4\n(?:.*\n)*^is rejected\n +field +code +why +fix\n +sentOn +TIME_UNREADABLE/m,
  );
  assert.ok(!stdout.includes('\u001b'));
});

test('a damaged file is told of, the records before it are shown, and the exit code is 3', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', `${csvOf(rows(2))}m-3,dept,"never closed\n`);
  const { exitCode, stderr, json } = await backhaul('preview --json');
  assert.equal(exitCode, 3);
  assert.equal(json<PreviewDocument>().preview.length, 2);
  assert.match(stderr, /"at":"export\.csv:4"/);
});

test('preview of nothing says so', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf([]));
  assert.equal((await backhaul('preview')).stdout, 'There are no records.\n');
});

test('Ctrl-C ends preview with 130, showing what it has', async (t) => {
  const { backhaul, write } = await project(t);
  write('export.csv', csvOf(rows(60_000)));
  write('broken.csv', `${csvOf(rows(1))}"never closed`);
  // The damaged file is told of on standard error, which is when the long one begins.
  const { exitCode, json } = await backhaul('preview --json -n 60000 --input broken.csv --input export.csv', {
    onStart: (child) => child.stderr?.once('data', () => child.kill('SIGINT')),
  });
  assert.equal(exitCode, 130);
  assert.ok(json<PreviewDocument>().preview.length < 60_000);
});
