import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, messageOf } from '../../support/compiled-mapping.ts';
import { type OwnConfig, presetMapping, sourceRecord } from '../../support/preset-mapping.ts';

const LOOKUPS = {
  customers: { '+13105550142': 'mara', '+13105550157': 'tomas' },
  departments: { '+13105550100': 'service' },
};
const DEPARTMENT = { departmentUuid: { from: 'derived.businessNumber', lookup: 'departments' } };

const report = (own: OwnConfig = {}) =>
  presetMapping('kaleyra-report', { ...own, mapping: { ...DEPARTMENT, ...own.mapping } }, LOOKUPS);
const log = (own: OwnConfig = {}) =>
  presetMapping('kaleyra-log', { ...own, mapping: { ...DEPARTMENT, ...own.mapping } }, LOOKUPS);

const ROW = {
  ...{
    WABA_ID: '81',
    WHATSAPP_ID: 'id-1:0',
    FROM: '13105550100',
    TO: '13105550142',
    MESSAGE_DIRECTION: 'false',
  },
  ...{
    SOURCE: 'api',
    FORMAT: 'template',
    REASON_FOR_FAILURE: '',
    COUNTRY: 'US',
    TEMPLATE_NAME: 'visit_reminder',
  },
  ...{ MESSAGE: 'See you tomorrow.', CREATED_AT: '2025-09-26T16:00:00.000Z', FAILED_AT: '' },
  ...{ SENT_AT: '2025-09-26T16:00:01.000Z', DELIVERED_AT: '2025-09-26T16:00:03.000Z', SEEN_AT: '' },
};
const row = (changes: Record<string, unknown> = {}) => sourceRecord({ ...ROW, ...changes });
const incoming = {
  FROM: '13105550142',
  TO: '13105550100',
  MESSAGE_DIRECTION: 'true',
  SENT_AT: '',
  DELIVERED_AT: '',
};

test('a sent row of the report is an outgoing text that says it was WhatsApp', () => {
  const { identity, envelope, item } = messageOf(report().map(row()));
  assert.deepEqual(identity, { kind: 'given', sourceUuid: 'id-1:0' });
  assert.deepEqual(envelope, { departmentUuid: 'service', customerUuid: 'mara' });
  assert.equal(item.sentOn, '2025-09-26T16:00:01.000Z');
  assert.deepEqual(item.messageAttributes, {
    body: 'See you tomorrow.',
    type: 'OUTGOING',
    protocol: 'TEXT',
    isManual: false,
    metaData: {
      channel: 'WHATSAPP',
      country: 'US',
      createdAt: '2025-09-26T16:00:00.000Z',
      deliveredAt: '2025-09-26T16:00:03.000Z',
      format: 'template',
      fromNumber: '13105550100',
      sentAt: '2025-09-26T16:00:01.000Z',
      source: 'api',
      templateName: 'visit_reminder',
      toNumber: '13105550142',
      wabaId: '81',
      whatsAppId: 'id-1:0',
    },
  });
});

for (const direction of ['true', 'True', 'TRUE', ' true ']) {
  test(`MESSAGE_DIRECTION “${direction}” is incoming: the customer is the sender`, () => {
    const { envelope, item } = messageOf(report().map(row({ ...incoming, MESSAGE_DIRECTION: direction })));
    assert.equal(item.messageAttributes.type, 'INCOMING');
    assert.deepEqual(envelope, { departmentUuid: 'service', customerUuid: 'mara' });
    assert.equal(item.sentOn, '2025-09-26T16:00:00.000Z', 'created, where nothing was sent');
  });
}

test('a direction that is not known rejects the row; a corrected table also says whose number is the customer’s', () => {
  const result = report().map(row({ MESSAGE_DIRECTION: 'MO' }));
  assert.ok(faultsOf(result).includes('messageAttributes.type NOT_MAPPED'));
  const codes = { direction: { MO: 'INCOMING' } };
  const { envelope } = messageOf(report({ codes }).map(row({ ...incoming, MESSAGE_DIRECTION: 'MO' })));
  assert.equal(envelope.customerUuid, 'mara');
});

test('numbers are found with and without plus sign', () => {
  for (const TO of ['13105550157', '+13105550157', '+1 310-555-0157']) {
    assert.equal(messageOf(report().map(row({ TO }))).envelope.customerUuid, 'tomas');
  }
  assert.deepEqual(faultsOf(report().map(row({ TO: '1.3105550157E+10' }))), [
    'customerUuid PHONE_SPREADSHEET',
  ]);
  assert.deepEqual(faultsOf(report().map(row({ TO: '13105550199' }))), ['customerUuid NOT_FOUND']);
});

test('a failed send is skipped; one that was delivered after all is not, nor is an empty reason', () => {
  const kindOf = (changes: Record<string, unknown>, own: OwnConfig = {}) =>
    report(own).map(row(changes)).kind;
  const never = { SENT_AT: '', DELIVERED_AT: '', SEEN_AT: '' };
  assert.equal(kindOf({ ...never, FAILED_AT: '2025-09-26T16:00:02.000Z' }), 'skipped');
  assert.equal(kindOf({ ...never, REASON_FOR_FAILURE: 'Template params not matching.' }), 'skipped');
  assert.equal(kindOf({ FAILED_AT: '2025-09-26T16:00:02.000Z' }), 'message');
  for (const REASON_FOR_FAILURE of ['-', 'NA', 'null', ' ']) {
    assert.equal(kindOf({ ...never, REASON_FOR_FAILURE }), 'message');
  }
  const skip = [{ from: 'derived.outcome', in: [], reason: 'the send failed' }];
  assert.equal(kindOf({ ...never, FAILED_AT: '2025-09-26T16:00:02.000Z' }, { skip }), 'message');
});

test('a later report on the same message is a newer version of it', () => {
  const versionOf = (changes: Record<string, unknown>) => messageOf(report().map(row(changes))).version;
  assert.equal(versionOf({}), Date.UTC(2025, 8, 26, 16, 0, 3));
  assert.equal(versionOf({ SEEN_AT: '2025-09-27T08:00:00.000Z' }), Date.UTC(2025, 8, 27, 8));
  assert.equal(versionOf({ SENT_AT: '', DELIVERED_AT: 'soon' }), Date.UTC(2025, 8, 26, 16));
});

test('a person wrote what neither the API nor a campaign sent', () => {
  const isManual = (SOURCE: string) =>
    messageOf(report().map(row({ SOURCE }))).item.messageAttributes.isManual;
  assert.deepEqual(['api', 'API', 'Campaign', 'webhook', ''].map(isManual), [
    false,
    false,
    false,
    true,
    true,
  ]);
});

test('a report that lacks columns of the preset is no matter; a user’s own column is', () => {
  const header = { file: 'report.csv', columns: ['WHATSAPP_ID', 'MESSAGE'], duplicates: [] };
  assert.deepEqual(report().checkHeader(header), []);
  const own = { mapping: { 'messageAttributes.metaData.wallet': 'WALLET' } };
  assert.deepEqual(
    report(own)
      .checkHeader(header)
      .map(({ code }) => code),
    ['UNKNOWN_COLUMN'],
  );
});

test('without a lookup of customers, and without a department, it says what to add', () => {
  assert.throws(() => presetMapping('kaleyra-report', { mapping: { departmentUuid: { value: 'd' } } }), {
    code: 'UNKNOWN_LOOKUP',
    fix: /lookups\.customers/,
  });
  assert.throws(() => presetMapping('kaleyra-report', {}, LOOKUPS), {
    code: 'MISSING_RULE',
    message: /departmentUuid/,
  });
});

const URL = 'https://api.in.kaleyra.io/v2/HXAP16/whatsapp/+13105550100/messages';
const ENTRY = {
  sentAt: '2025-09-27T14:32:00Z',
  request: {
    url: URL,
    body: {
      messaging_object: { to: '+13105550142', type: 'text', text: { body: 'Your car is ready.' } },
      extra_info: { ref: 'order-1', ref2: 'c', wa_source: 'api' },
    },
  },
  response: { status: 202, body: { code: 'WA202', data: { message_id: 'id-1' }, error: {} } },
  recipient: '+13105550142',
  recipients: 1,
};
const entry = (changes: Record<string, unknown> = {}) => sourceRecord({ ...ENTRY, ...changes });

test('an accepted request of the log is an outgoing text that says it was WhatsApp', () => {
  const { identity, envelope, item } = messageOf(log().map(entry()));
  assert.deepEqual(identity, { kind: 'given', sourceUuid: 'id-1' });
  assert.deepEqual(envelope, { departmentUuid: 'service', customerUuid: 'mara' });
  assert.equal(item.sentOn, '2025-09-27T14:32:00.000Z');
  assert.deepEqual(item.messageAttributes, {
    body: 'Your car is ready.',
    type: 'OUTGOING',
    protocol: 'TEXT',
    isManual: false,
    metaData: {
      channel: 'WHATSAPP',
      format: 'text',
      fromNumber: '+13105550100',
      ref: 'order-1',
      ref2: 'c',
      sentAt: '2025-09-27T14:32:00Z',
      source: 'api',
      toNumber: '+13105550142',
      whatsAppId: 'id-1',
    },
  });
});

test('of several recipients each has a message of its own', () => {
  const identityOf = (recipient: string) =>
    messageOf(log().map(entry({ recipient, recipients: 2 }))).identity;
  assert.deepEqual(identityOf('13105550142'), { kind: 'given', sourceUuid: 'id-1:+13105550142' });
  assert.notDeepEqual(identityOf('13105550157'), identityOf('13105550142'));
});

test('every documented refusal is a failed send, and skipped', () => {
  for (const code of ['RBC001', 'WA400', 'WA401', 'WA-401', 'E110']) {
    const result = log().map(entry({ response: { body: { code, data: [] } } }));
    assert.deepEqual(
      [result.kind, 'reason' in result && result.reason],
      ['skipped', 'the send failed'],
      code,
    );
  }
});

test('where no answer says whether it was sent, the entry is rejected: a person has to know', () => {
  for (const body of [
    null,
    '<html>',
    { code: 'WA500', data: {} },
    { code: 'WA202', data: {} },
    { data: { message_id: 'x' } },
  ]) {
    assert.deepEqual(
      faultsOf(log().map(entry({ response: { body } }))),
      ['sourceUuid REQUIRED'],
      JSON.stringify(body),
    );
  }
});

for (const [name, time] of Object.entries({
  timestamp: 1_758_983_520,
  time: '1758983520.5',
  at: 1_758_983_520_000,
  created_at: 'Sat, 27 Sep 2025 14:32:00 +0000',
  date: '2025-09-27 07:32:00',
})) {
  test(`the time of an entry may be called ${name}`, () => {
    const own = { presetOptions: { zone: 'America/Los_Angeles' } };
    const { item } = messageOf(log(own).map(entry({ sentAt: undefined, [name]: time })));
    assert.match(String(item.sentOn), /^2025-09-27T14:32:00\.[05]00Z$/);
  });
}

test('the sender is in the request’s path, or named by the log', () => {
  const departmentOf = (changes: Record<string, unknown>) =>
    messageOf(log().map(entry(changes))).envelope.departmentUuid;
  const { body } = ENTRY.request;
  assert.equal(departmentOf({ request: { url: URL.replace('+', '%2B'), body } }), 'service');
  assert.equal(departmentOf({ request: { body }, url: URL.replace('+', '') }), 'service');
  assert.equal(departmentOf({ request: { body }, phone_number: '13105550100' }), 'service');
});

test('a caption stands for the body of a picture; a template has none, and its name is kept', () => {
  const bodyOf = (messaging_object: object) => {
    const request = { url: URL, body: { messaging_object } };
    return log({ mapping: { 'messageAttributes.body': { from: 'derived.none', default: '[no text]' } } }).map(
      entry({ request }),
    );
  };
  const template = messageOf(bodyOf({ type: 'template', template: { name: 'visit_reminder' } }));
  assert.equal(template.item.messageAttributes.metaData?.templateName, 'visit_reminder');
  const request = { url: URL, body: { messaging_object: { type: 'image', image: { caption: 'Look!' } } } };
  assert.equal(messageOf(log().map(entry({ request }))).item.messageAttributes.body, 'Look!');
});
