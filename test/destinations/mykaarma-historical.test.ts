import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMykaarmaHistorical } from '../../src/destinations/mykaarma-historical.ts';
import { destinationContract } from '../contracts/destination-contract.ts';
import { outgoing } from '../support/outgoing-messages.ts';
import { answerJson, type Script, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';

function create(baseUrl: string, timeoutMs: number, callbackUrl: string | null = null) {
  return createMykaarmaHistorical({
    baseUrl,
    callbackUrl,
    username: 'importer',
    password: 'pä:ss',
    limits: { maxBatchMessages: 50, maxBatchBytes: 1_000_000 },
    timeoutMs,
    connections: 2,
    clock: { nowMs: () => Date.UTC(2030, 0, 1), monotonicMs: () => 0, sleep: async () => {} },
  });
}

const batchOf = (count: number) => ({
  departmentUuid: 'dep',
  customerUuid: 'cus',
  messages: Array.from({ length: count }, (_, index) => outgoing(index)),
});

async function sendTo(t: TestContext, script: Script, batch = batchOf(2), path = '') {
  const server = await scriptedServer(t, script);
  const destination = create(`${server.origin}${path}`, 1_000);
  t.after(() => destination.close());
  return { result: await destination.send(batch), server };
}

destinationContract({
  name: 'mykaarma-historical',
  create,
  batch: batchOf,
  accept: (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))),
});

const CALLBACK_URL = 'https://hooks.example.com/callbacks/tökën/historical?a=1&b="2"';

destinationContract({
  name: 'mykaarma-historical with callbacks',
  create: (baseUrl, timeoutMs) => create(baseUrl, timeoutMs, CALLBACK_URL),
  batch: batchOf,
  accept: (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))),
});

test('every item carries the callback URL, unless it has one of its own, and is else as stored', () => {
  const plain = outgoing(1, 'u-1', 'says "callBackPathUrl": nothing');
  const own = {
    ...outgoing(2),
    item: Buffer.from('{"sourceUuid":"u-2","callBackPathUrl":"https://elsewhere.example.com"}'),
  };
  const nested = {
    ...outgoing(3),
    item: Buffer.from('{"sourceUuid":"u-3","metaData":{"callBackPathUrl":"no"}}'),
  };
  const messages = [plain, own, nested];
  const { body } = create('http://127.0.0.1:1', 1, CALLBACK_URL).requestOf({ ...batchOf(0), messages });
  const { saveMessageRequestList: items } = JSON.parse(body.toString()) as {
    saveMessageRequestList: unknown[];
  };
  assert.deepEqual(items, [
    { ...(JSON.parse(plain.item.toString()) as object), callBackPathUrl: CALLBACK_URL },
    JSON.parse(own.item.toString()),
    { ...(JSON.parse(nested.item.toString()) as object), callBackPathUrl: CALLBACK_URL },
  ]);
  assert.ok(body.includes(plain.item.subarray(0, -1)), 'the stored bytes');
});

test('the request is the one of the reference: method, path, credentials, headers, items as stored', async (t) => {
  const messages = [outgoing(1), { ...outgoing(2), item: Buffer.from('{ "sourceUuid":"u-2", "n":1.0 }') }];
  const { server } = await sendTo(
    t,
    (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))),
    { departmentUuid: 'a/b c?', customerUuid: 'ü#%', messages },
    '/communications/',
  );
  const [request] = server.requests;
  assert.equal(request?.method, 'PUT');
  assert.equal(
    request?.path,
    '/communications/department/a%2Fb%20c%3F/customer/%C3%BC%23%25/communication/historical',
  );
  assert.equal(request?.headers.authorization, `Basic ${Buffer.from('importer:pä:ss').toString('base64')}`);
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.equal(request?.headers.accept, 'application/json');
  assert.equal(request?.headers['accept-encoding'], 'identity');
  assert.equal(
    request?.body,
    `{"saveMessageRequestList":[${messages.map((m) => m.item.toString()).join(',')}]}`,
  );
});

test('a redirect is not followed, so the credentials go nowhere else', async (t) => {
  let elsewhere = 0;
  const other = await scriptedServer(t, (_, response) => {
    elsewhere++;
    response.end();
  });
  const { result } = await sendTo(t, (_, response) => {
    response.writeHead(307, { location: other.origin }).end();
  });
  assert.equal(result.kind === 'refused' && result.recovery, 'stop');
  assert.equal(elsewhere, 0);
});

test('a 400 that names its guilty items blames these alone', async (t) => {
  const { result } = await sendTo(
    t,
    (request, response) =>
      answerJson(response, 400, saveAnswer(uuidsIn(request).slice(1, 2), { 'u-1': 'BAD' })),
    batchOf(3),
  );
  assert.ok(result.kind === 'refused');
  assert.equal(result.recovery, 'bisect');
  assert.deepEqual(
    result.guilty?.map((outcome) => outcome && [outcome.state, outcome.code]),
    [null, ['failed', 'BAD'], null],
  );
  assert.equal(result.ambiguous, false);
});

test('a 400 that lists messages as submitted contradicts itself and is ambiguous', async (t) => {
  const { result } = await sendTo(t, (request, response) =>
    answerJson(response, 400, saveAnswer(uuidsIn(request), { 'u-1': 'BAD' })),
  );
  assert.equal(result.kind === 'refused' && result.ambiguous, true);
});

test('a 422 that names nobody carries the request-level code, and is bisected', async (t) => {
  const { result } = await sendTo(t, (_, response) =>
    answerJson(response, 422, { errors: [{ errorCode: 'NOPE', errorDescription: 'some\nreason' }] }),
  );
  assert.ok(result.kind === 'refused');
  assert.deepEqual([result.recovery, result.code, result.message], ['bisect', 'NOPE', 'some reason']);
  assert.equal(result.guilty, undefined);
});

test('Retry-After is read in seconds and as a date, and makes the refusal free', async (t) => {
  for (const header of ['7', 'Tue, 01 Jan 2030 00:00:07 GMT']) {
    const { result } = await sendTo(t, (_, response) => {
      response.writeHead(503, { 'retry-after': header }).end();
    });
    assert.ok(result.kind === 'refused');
    assert.deepEqual([result.retryAfterMs, result.consumesAttempt], [7_000, false]);
  }
});

test('an answer beyond all measure, or compressed unasked, cannot be read', async (t) => {
  const large = Buffer.alloc(9_000_000, ' ');
  const scripts: Script[] = [
    (_, response) => void response.writeHead(200).end(large),
    (request, response) =>
      answerJson(response, 200, saveAnswer(uuidsIn(request)), { 'content-encoding': 'gzip' }),
  ];
  for (const script of scripts) {
    const { result } = await sendTo(t, script);
    assert.ok(result.kind === 'answered');
    assert.deepEqual(
      result.outcomes.map(({ state, code }) => [state, code]),
      [
        ['unknown', 'ANSWER_UNREADABLE'],
        ['unknown', 'ANSWER_UNREADABLE'],
      ],
    );
  }
});

test('a host that does not exist is no attempt; a server that does not speak TLS stops the run', async (t) => {
  const nowhere = create('http://nowhere.invalid', 1_000);
  t.after(() => nowhere.close());
  const lost = await nowhere.send(batchOf(1));
  assert.ok(lost.kind === 'refused');
  assert.deepEqual([lost.recovery, lost.ambiguous, lost.consumesAttempt], ['retry', false, false]);

  const plain = await scriptedServer(t, (_, response) => void response.end());
  const secure = create(plain.origin.replace('http:', 'https:'), 1_000);
  t.after(() => secure.close());
  const refused = await secure.send(batchOf(1));
  assert.ok(refused.kind === 'refused');
  assert.deepEqual([refused.code, refused.recovery, refused.ambiguous], ['TLS_FAILED', 'stop', false]);
});

test('an answer that is not HTTP is ambiguous', async (t) => {
  const { result } = await sendTo(t, (_, response) => void response.socket?.end('SSH-2.0-hello\r\n'));
  assert.ok(result.kind === 'refused');
  assert.deepEqual([result.code, result.ambiguous, result.consumesAttempt], ['CONNECTION_LOST', true, true]);
});
