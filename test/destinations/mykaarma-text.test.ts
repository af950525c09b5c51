import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMykaarmaText } from '../../src/destinations/mykaarma-text.ts';
import { destinationContract } from '../contracts/destination-contract.ts';
import { answerJson, type Script, scriptedServer } from '../support/scripted-server.ts';

const BODY = {
  messageAttributes: { body: 'Your car is ready 🚗', isManual: true, protocol: 'TEXT', type: 'OUTGOING' },
  messageSendingAttributes: { communicationValueOfCustomer: '+13105550123', sendVCard: false },
};

function batch(userUuid = 'user') {
  const item = Buffer.from(JSON.stringify({ userUuid, ...BODY }));
  return {
    ...{ departmentUuid: 'dep', customerUuid: 'cus' },
    messages: [{ id: 1, sourceUuid: 's-1', item, ambiguous: false }],
  };
}

function create(baseUrl: string, timeoutMs: number, callbackUrl: string | null = null) {
  return createMykaarmaText({
    ...{ baseUrl, timeoutMs, connections: 2 },
    ...{ username: 'sender', password: 'pä:ss', maxBatchBytes: 1_000_000, callbackUrl },
  });
}

const SUCCESS = { status: 'SUCCESS', messageUUID: 'm-1', requestUUID: 'r-1', errors: [], warnings: [] };
const accept: Script = (_, response) => answerJson(response, 200, SUCCESS);

destinationContract({
  name: 'mykaarma-text',
  create,
  batch: () => batch(),
  bodiesAreSmaller: true,
  accept,
});

async function sendTo(t: TestContext, script: Script, sent = batch(), path = '') {
  const server = await scriptedServer(t, script);
  const destination = create(`${server.origin}${path}`, 1_000);
  t.after(() => destination.close());
  return { result: await destination.send(sent), server };
}

test('the request is the one of the reference: method, path with the user, credentials, body without the user', async (t) => {
  const sent = { ...batch('u/1 ü'), departmentUuid: 'a/b', customerUuid: 'c#?' };
  const { result, server } = await sendTo(t, accept, sent, '/communications');
  const [request] = server.requests;
  assert.equal(request?.method, 'POST');
  assert.equal(
    request?.path,
    '/communications/department/a%2Fb/user/u%2F1%20%C3%BC/customer/c%23%3F/message',
  );
  assert.equal(request?.headers.authorization, `Basic ${Buffer.from('sender:pä:ss').toString('base64')}`);
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.equal(request?.body, JSON.stringify(BODY));
  assert.ok(result.kind === 'answered');
  assert.equal(result.requestUuid, 'r-1');
  assert.equal(result.outcomes[0]?.messageUuid, 'm-1');
});

test('a 400 that says why fails the message with its code; one that also names a message is ambiguous', async (t) => {
  const errors = [{ errorCode: 'NO_NUMBER', errorDescription: 'no such number' }];
  const refused = await sendTo(t, (_, response) => answerJson(response, 400, { status: 'FAILED', errors }));
  assert.ok(refused.result.kind === 'refused');
  assert.deepEqual(
    [refused.result.recovery, refused.result.code, refused.result.message, refused.result.ambiguous],
    ['bisect', 'NO_NUMBER', 'no such number', false],
  );
  const odd = await sendTo(t, (_, response) => answerJson(response, 400, { messageUUID: 'm-1', errors }));
  assert.equal(odd.result.kind === 'refused' && odd.result.ambiguous, true);
});

test('a callback URL travels with the identity of its message; one of the mapping goes before it', () => {
  const destination = create('http://127.0.0.1:1', 1, 'https://hooks.example.com/t/1');
  const sendingOf = (sending: object | undefined) => {
    const item = { userUuid: 'user', ...BODY, messageSendingAttributes: sending };
    const [message] = batch().messages;
    const messages = [{ ...message, item: Buffer.from(JSON.stringify(item)) }] as ReturnType<
      typeof batch
    >['messages'];
    return JSON.parse(destination.requestOf({ ...batch(), messages }).body.toString())
      .messageSendingAttributes;
  };
  const reported = {
    callbackURL: 'https://hooks.example.com/t/1',
    callbackMetaData: { backhaulSourceUuid: 's-1' },
  };
  assert.deepEqual(sendingOf(undefined), reported);
  assert.deepEqual(sendingOf({ addFooter: true, callbackMetaData: { campaign: 'spring' } }), {
    ...{ addFooter: true, callbackURL: reported.callbackURL },
    callbackMetaData: { campaign: 'spring', backhaulSourceUuid: 's-1' },
  });
  const own = { callbackURL: 'https://elsewhere.example.com' };
  assert.deepEqual(sendingOf(own), own);
});
