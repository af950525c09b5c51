import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKaleyraWhatsapp } from '../../src/destinations/kaleyra-whatsapp.ts';
import { destinationContract } from '../contracts/destination-contract.ts';
import { answerJson, type Script, scriptedServer } from '../support/scripted-server.ts';

const ITEM = JSON.stringify({
  messaging_object: {
    ...{ messaging_product: 'whatsapp', recipient_type: 'individual', to: '+13105550123', type: 'text' },
    text: { preview_url: 'false', body: 'Your car is ready 🚗' },
  },
});

const BATCH = {
  ...{ departmentUuid: '+16285550191', customerUuid: '+13105550123' },
  messages: [{ id: 1, sourceUuid: 's-1', item: Buffer.from(ITEM), ambiguous: false }],
};

function create(baseUrl: string, timeoutMs: number) {
  return createKaleyraWhatsapp({
    ...{ baseUrl, timeoutMs, connections: 2, maxBatchBytes: 1_000_000 },
    ...{ sid: 'HX/1', sender: '+16285550191', apiKey: 'A-key' },
  });
}

const ACCEPTED = { code: 'WA202', message: 'Request Accepted', data: { message_id: 'A-1' }, error: {} };

destinationContract({
  name: 'kaleyra-whatsapp',
  create,
  batch: () => BATCH,
  accept: (_, response) => answerJson(response, 202, ACCEPTED),
});

async function sendTo(t: TestContext, script: Script) {
  const server = await scriptedServer(t, script);
  const destination = create(server.origin, 1_000);
  t.after(() => destination.close());
  return { result: await destination.send(BATCH), server };
}

async function outcomeOf(t: TestContext, status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { result } = await sendTo(t, (_, response) => void response.writeHead(status).end(text));
  if (result.kind === 'answered') {
    const [outcome] = result.outcomes;
    return [outcome?.state, outcome?.code, outcome?.messageUuid];
  }
  return [result.recovery, result.code, result.stopReason ?? null, result.ambiguous];
}

test('the request is the one of the reference: path, key, body as stored', async (t) => {
  const { server } = await sendTo(t, (_, response) => answerJson(response, 202, ACCEPTED));
  const [request] = server.requests;
  assert.equal(request?.method, 'POST');
  assert.equal(request?.path, '/v2/HX%2F1/whatsapp/%2B16285550191/messages');
  assert.equal(request?.headers['api-key'], 'A-key');
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.equal(request?.headers.authorization, undefined);
  assert.equal(request?.body, ITEM);
});

/** As the reference prints it, commas missing. */
const PRINTED = `{
"code":"WA202"
"message":"Request Accepted",
"data":{
"message_id":"AXXXXXXXXXXXXXXXXXXX"
}
"error":{}
}`;

const said = (code: string, error: Record<string, string>, data: unknown = {}) => ({
  ...{ code, message: 'in the words of the API', data, error },
});

const DOCUMENTED: readonly [string, number, unknown, readonly unknown[]][] = [
  ['accepted', 202, ACCEPTED, ['accepted', null, 'A-1']],
  ['accepted, as the reference prints it', 202, PRINTED, ['accepted', null, 'AXXXXXXXXXXXXXXXXXXX']],
  [
    'incorrect SID or API key',
    401,
    said('RBC001', { error: '' }, []),
    ['stop', 'RBC001', 'credentials-refused', false],
  ],
  [
    'a sender of another account',
    401,
    said('WA401', { phone_number: '' }),
    ['stop', 'WA401', 'credentials-refused', false],
  ],
  ['incorrect payload', 400, said('WA400', { payload: '' }), ['bisect', 'WA400', null, false]],
  ['internal error', 500, said('WA500', { error: '' }), ['retry', 'WA500', null, true]],
  ['low balance', 400, said('E110', { balance: '' }), ['stop', 'E110', 'balance', false]],
  [
    'an account without the API',
    401,
    said('WA-401', { account: '' }),
    ['stop', 'WA-401', 'credentials-refused', false],
  ],
  [
    'a sender of another version',
    401,
    said('WA-401', { phone_number: '' }),
    ['stop', 'WA-401', 'credentials-refused', false],
  ],
];
for (const [title, status, body, expected] of DOCUMENTED) {
  test(`documented answer: ${title}`, async (t) => {
    assert.deepEqual(await outcomeOf(t, status, body), expected);
  });
}

test('the two meanings of WA-401 are told apart in words', async (t) => {
  const messageOf = async (error: Record<string, string>) => {
    const { result } = await sendTo(t, (_, response) => answerJson(response, 401, said('WA-401', error)));
    return result.kind === 'refused' ? result.message : '';
  };
  assert.match(await messageOf({ account: 'x' }), /not available for the account/);
  assert.match(await messageOf({ phone_number: 'x' }), /another version/);
});

const UNDOCUMENTED: readonly [string, number, unknown, readonly unknown[]][] = [
  ['WA202 without an identifier', 202, { ...ACCEPTED, data: [] }, ['unknown', 'WA202', null]],
  ['WA202 with an error', 202, { ...ACCEPTED, error: { x: 'y' } }, ['unknown', 'WA202', 'A-1']],
  ['a 2xx with another code', 200, said('WA400', {}), ['unknown', 'WA400', null]],
  ['a 2xx that says the balance is low', 200, said('E110', {}), ['stop', 'E110', 'balance', true]],
  [
    'a 4xx that names a message',
    400,
    said('WA400', {}, { message_id: 'A-1' }),
    ['bisect', 'WA400', null, true],
  ],
  ['a 400 with another code', 400, said('WA999', {}), ['bisect', 'WA999', null, false]],
  ['WA500 with a 400', 400, said('WA500', {}), ['retry', 'WA500', null, true]],
  ['the account, from a gateway', 502, said('RBC001', {}), ['retry', 'RBC001', null, true]],
  ['a 401 in another form', 401, 'no', ['stop', 'HTTP_401', null, false]],
  ['a 403', 403, '', ['stop', 'HTTP_403', null, false]],
  ['a 404', 404, '', ['stop', 'HTTP_404', null, false]],
  [
    'a code that is the name of something else',
    400,
    said('constructor', {}),
    ['bisect', 'constructor', null, false],
  ],
];
for (const [title, status, body, expected] of UNDOCUMENTED) {
  test(`undocumented answer: ${title}`, async (t) => {
    assert.deepEqual(await outcomeOf(t, status, body), expected);
  });
}
