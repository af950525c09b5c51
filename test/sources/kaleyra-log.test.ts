import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { plainFields, readFileAs } from '../support/source-reading.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SEND = {
  messaging_object: {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: '+13105550142',
    type: 'text',
    text: { preview_url: 'false', body: 'Your car is ready.' },
  },
  extra_info: { ref: 'order-1', wa_source: 'api' },
};
const ANSWER = { code: 'WA202', message: 'Request Accepted', data: { message_id: 'id-1' }, error: {} };
/** As the reference prints it: two commas are missing. */
const PRINTED =
  '{\n"code":"WA202"\n"message":"Request Accepted",\n"data":{\n"message_id":"id-1"\n}\n"error":{}\n}';

const URL = 'https://api.in.kaleyra.io/v2/HXAP16/whatsapp/+13105550100/messages';
const ENTRY = {
  at: '2025-09-27T14:32:00Z',
  request: { body: SEND },
  response: { body: ANSWER },
  recipient: '+13105550142',
  recipients: 1,
};
const WITH_HTTP = { ...ENTRY, request: { url: URL, body: SEND }, response: { status: 202, body: ANSWER } };

async function read(t: TestContext, content: string) {
  const path = join(temporaryDirectory(t), 'sends.ndjson');
  writeFileSync(path, content);
  return (await readFileAs(path, { format: 'kaleyra-log' })).records;
}

const { at } = ENTRY;
const headers = { 'api-key': 'secret', 'content-type': 'application/json' };

for (const [form, logged, expected] of [
  ['bodies under request and response', { at, request: SEND, response: ANSWER }, ENTRY],
  ['both as JSON text', { at, request: JSON.stringify(SEND), response: JSON.stringify(ANSWER) }, ENTRY],
  ['the answer as the reference prints it', { at, request: SEND, response: PRINTED }, ENTRY],
  [
    'whole requests and answers, without their headers',
    {
      at,
      request: { url: URL, headers, body: SEND },
      response: { status: 202, headers, body: ANSWER },
    },
    WITH_HTTP,
  ],
  [
    'whole requests and answers, bodies as JSON text',
    {
      at,
      request: { url: URL, body: JSON.stringify(SEND) },
      response: { status: 202, body: PRINTED },
    },
    WITH_HTTP,
  ],
  [
    'what HTTP clients call data',
    { at, request: { url: URL, data: SEND }, response: { status: 202, data: ANSWER } },
    WITH_HTTP,
  ],
  ['the request beside its answer', { at, ...SEND, response: ANSWER, headers }, ENTRY],
  ['no answer', { at, request: SEND }, { ...ENTRY, response: { body: null } }],
  [
    'an answer that is no JSON',
    { at, request: SEND, response: '<html>' },
    { ...ENTRY, response: { body: '<html>' } },
  ],
  [
    'a status with a body that is no JSON',
    { at, request: SEND, response: { status: 502, body: '<html>' } },
    { ...ENTRY, response: { status: 502, body: '<html>' } },
  ],
  [
    'an answer of another shape',
    { at, request: SEND, response: { status: 'lost' } },
    { ...ENTRY, response: { body: { status: 'lost' } } },
  ],
] as const) {
  test(`an entry is brought into the one form: ${form}`, async (t) => {
    const records = await read(t, `${JSON.stringify(logged)}\n`);
    assert.deepEqual(records.map(plainFields), [expected]);
    assert.deepEqual(
      records.flatMap(({ problems }) => problems ?? []),
      [],
    );
  });
}

test('a line that holds the answer as the reference prints it is read although it is not JSON', async (t) => {
  const line = `{"at":"${at}","request":${JSON.stringify(SEND)},"response":${PRINTED.replaceAll('\n', '')}}`;
  assert.deepEqual((await read(t, `${line}\n`)).map(plainFields), [ENTRY]);
  assert.deepEqual((await read(t, `[${line},\n${line}]`)).map(plainFields), [ENTRY, ENTRY]);
});

test('a request to several recipients is one record each, all of them on the same line', async (t) => {
  const to = '+13105550142, +13105550157,,+13105550163';
  const several = {
    at,
    request: { ...SEND, messaging_object: { ...SEND.messaging_object, to } },
    response: ANSWER,
  };
  const records = await read(
    t,
    `\n${JSON.stringify(several)}\n${JSON.stringify({ ...several, request: SEND })}\n`,
  );
  assert.deepEqual(
    records.map(({ fields, position }) => [
      fields.recipient,
      fields.recipients,
      position.line,
      position.index,
    ]),
    [
      ['+13105550142', 3, 2, 0],
      ['+13105550157', 3, 2, 1],
      ['+13105550163', 3, 2, 2],
      ['+13105550142', 1, 3, 3],
    ],
  );
  for (const { fields } of records) assert.equal(Object.getPrototypeOf(fields), null);
});

test('a request to nobody is a record all the same', async (t) => {
  const nobody = { at, request: { messaging_object: { to: null } }, response: ANSWER };
  const [record] = await read(t, JSON.stringify(nobody));
  assert.deepEqual(Object.keys(record?.fields ?? {}), ['at', 'request', 'response', 'recipients']);
});

test('an entry without a request, and a line that is nothing, are rejected records', async (t) => {
  const records = await read(
    t,
    `{"response":${JSON.stringify(ANSWER)}}\n{"request":\n${JSON.stringify({ request: SEND })}\n`,
  );
  assert.deepEqual(
    records.map(({ problems }) => problems?.map(({ code }) => code)),
    [['NO_REQUEST'], ['INVALID_JSON'], undefined],
  );
});

test('one recipient of several that comes back from an export file is one record', async (t) => {
  const row = { ...ENTRY, recipients: 3, _state: 'rejected', _file: 'sends.ndjson', _line: 7 };
  const records = await read(t, JSON.stringify(row));
  assert.deepEqual(records.map(plainFields), [{ ...ENTRY, recipients: 3 }]);
  assert.equal(records[0]?.origin?.line, 7);
});
