import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { historicalMessageSchema } from '../../src/messages/historical-message.ts';
import { identityDigest } from '../../src/messages/identity.ts';
import {
  faultsOf,
  mappingWith,
  messageOf,
  NOW_MS,
  PLAIN_RULES,
  recordOf,
  rejectOf,
} from '../support/compiled-mapping.ts';

test('a record becomes an item in the order of the contract, silent, with both times', () => {
  const { kind, envelope, item, sentAtUtcMs, identity } = messageOf(mappingWith().map(recordOf()));
  assert.equal(kind, 'message');
  assert.deepEqual(envelope, { departmentUuid: 'department-1', customerUuid: 'customer-1' });
  assert.deepEqual(identity, { kind: 'given', sourceUuid: 'id-1' });
  assert.equal(sentAtUtcMs, Date.UTC(2024, 2, 1, 9, 5, 7));
  assert.equal(
    JSON.stringify(item),
    '{"sentOn":"2024-03-01T09:05:07.000Z","receivedOn":"2024-03-01T09:05:07.000Z",' +
      '"messageAttributes":{"body":"Hello","type":"INCOMING","protocol":"TEXT"},' +
      '"notificationAttributes":{"internalSubscribersNotifierPop":false,"externalSubscribersNotifierPop":false,' +
      '"threadOwnerNotifierPop":false,"sendPhoneNotification":false}}',
  );
});

test('the order of rules, and of keys in a JSON cell, makes no difference to the bytes', () => {
  const extra = { userUuid: 'User', 'messageAttributes.metaData': { from: 'Meta', json: true } };
  const forwards = mappingWith({ rules: extra });
  const backwards = mappingWith({
    rules: Object.fromEntries(Object.entries({ ...PLAIN_RULES, ...extra }).reverse()),
  });
  const one = messageOf(forwards.map(recordOf({ User: 'u', Meta: '{"b":"2","a":"1"}' })));
  const other = messageOf(backwards.map(recordOf({ User: 'u', Meta: '{"a":"1","b":"2"}' })));
  assert.equal(JSON.stringify(one.item), JSON.stringify(other.item));
  assert.equal(forwards.fingerprint, backwards.fingerprint);
});

test('receivedOn alone gives sentOn, and two times stay two', () => {
  const time = { formats: ['iso'] };
  const received = mappingWith({ rules: { sentOn: undefined, receivedOn: { from: 'At', time } } });
  assert.equal(messageOf(received.map(recordOf())).item.sentOn, '2024-03-01T09:05:07.000Z');
  const both = mappingWith({ rules: { receivedOn: { from: 'Later', time } } });
  const { item } = messageOf(both.map(recordOf({ Later: '2024-03-01T09:06:00Z' })));
  assert.deepEqual([item.sentOn, item.receivedOn], ['2024-03-01T09:05:07.000Z', '2024-03-01T09:06:00.000Z']);
});

test('people are notified only where the mapping says so', () => {
  const rules = { 'notificationAttributes.sendPhoneNotification': 'Notify' };
  const notified = (Notify: string) =>
    messageOf(mappingWith({ rules }).map(recordOf({ Notify }))).item.notificationAttributes;
  assert.equal(notified('yes')?.sendPhoneNotification, true);
  assert.equal(notified('')?.sendPhoneNotification, false);
  assert.equal(notified('yes')?.threadOwnerNotifierPop, false);
});

test('bodies pass to the byte', () => {
  const mapping = mappingWith();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (Text) => {
      assert.equal(messageOf(mapping.map(recordOf({ Text }))).item.messageAttributes.body, Text);
    }),
  );
});

test('everything that is wrong with a record is told at once, with the columns to look at', () => {
  const mapping = mappingWith({
    rules: {
      departmentUuid: 'Department',
      customerUuid: { from: 'Phone', phone: 'US' },
      'messageAttributes.type': 'Direction',
      'messageAttributes.protocol': 'Channel',
    },
  });
  const result = rejectOf(
    mapping.map(recordOf({ Id: '', At: '30.2.2024', Text: '', Phone: '-1', Direction: 'Incomming' })),
  );
  assert.deepEqual(result.errors.map(({ field, code }) => `${field} ${code}`).sort(), [
    'customerUuid PHONE_WITHHELD',
    'departmentUuid REQUIRED',
    'messageAttributes.body REQUIRED',
    'messageAttributes.protocol REQUIRED',
    'messageAttributes.type NOT_IN_LIST',
    'sentOn TIME_UNREADABLE',
    'sourceUuid REQUIRED',
  ]);
  const errorOf = (field: string) => result.errors.find((error) => error.field === field);
  assert.match(errorOf('departmentUuid')?.fix ?? '', /Fill "Department"/);
  assert.match(errorOf('messageAttributes.type')?.fix ?? '', /Did you mean INCOMING\?/);
  assert.match(errorOf('messageAttributes.type')?.message ?? '', /^"Direction": /);
  assert.equal(result.identity, null);
});

test('a missing body is told, unless an unreadable protocol leaves open whether there must be one', () => {
  const rules = {
    'messageAttributes.protocol': { from: 'Channel', map: { call: 'VOICE_CALL', sms: 'TEXT' } },
  };
  const mapping = mappingWith({ rules });
  assert.deepEqual(faultsOf(mapping.map(recordOf({ Channel: 'sms', Text: '' }))), [
    'messageAttributes.body REQUIRED',
  ]);
  assert.deepEqual(faultsOf(mapping.map(recordOf({ Channel: 'fax', Text: '' }))), [
    'messageAttributes.protocol NOT_MAPPED',
  ]);
  messageOf(mapping.map(recordOf({ Channel: 'call', Text: '' })));
});

test('a record that its reader found broken is rejected unmapped, with no identity', () => {
  const problems = [{ field: '#3', code: 'RAGGED_ROW', message: 'too many cells', fix: 'quote it' }];
  const result = rejectOf(mappingWith().map(recordOf({}, { problems })));
  assert.deepEqual(result, { kind: 'rejected', errors: problems, identity: null });
});

test('drafts that may still be sent are refused unless the destination allows them', () => {
  const rules = {
    'messageAttributes.type': { value: 'DRAFT' },
    'messageAttributes.draftAttributes.scheduledOn': { from: 'Due', time: { formats: ['iso'] } },
    'messageAttributes.draftAttributes.draftStatus': 'State',
  };
  const fields = { State: 'QUEUED', Due: new Date(NOW_MS + 1).toISOString() };
  assert.deepEqual(faultsOf(mappingWith({ rules }).map(recordOf(fields))), [
    'messageAttributes.draftAttributes.draftStatus LIVE_DRAFT',
    'messageAttributes.draftAttributes.scheduledOn LIVE_DRAFT',
  ]);
  messageOf(mappingWith({ rules, allowScheduledDrafts: true }).map(recordOf(fields)));
  messageOf(mappingWith({ rules }).map(recordOf({ State: 'SENT', Due: new Date(NOW_MS).toISOString() })));
});

test('bodies of notes, and of nothing else, become note documents where the rule says so', () => {
  const rules = {
    'messageAttributes.body': { from: 'Text', noteDocument: true },
    'messageAttributes.type': 'Type',
    'messageAttributes.protocol': { value: 'NONE' },
  };
  const body = (Type: string) =>
    messageOf(mappingWith({ rules }).map(recordOf({ Type, Text: 'Call "back"\n' }))).item.messageAttributes
      .body;
  assert.equal(body('INCOMING'), 'Call "back"\n');
  assert.equal(
    body('NOTE'),
    '{"text":[{"type":{"code":"PLAIN_TEXT","value":"text/plain"},"value":"Call \\"back\\"\\n"}],' +
      '"version":0,"previewText":"Call \\"back\\"\\n","annotations":[]}',
  );
});

/* -------------------------------------------------------------- identity */

test('a given identity loses its outer blanks; so do the identifiers of the envelope', () => {
  const { identity, envelope } = messageOf(
    mappingWith({ rules: { customerUuid: 'Customer' } }).map(recordOf({ Id: ' 7\u00a0', Customer: 'c 1 ' })),
  );
  assert.deepEqual(identity, { kind: 'given', sourceUuid: '7' });
  assert.equal(envelope.customerUuid, 'c 1');
  assert.deepEqual(faultsOf(mappingWith().map(recordOf({ Id: ' ' }))), ['sourceUuid REQUIRED']);
});

const HASHED = { sourceUuid: { hash: ['From', 'Text'] } };

test('a hashed identity is the digest of the cells, present or not, in the order of the rule', () => {
  const { identity } = messageOf(mappingWith({ rules: HASHED }).map(recordOf({ From: 7 })));
  assert.deepEqual(identity, { kind: 'hashed', digest: identityDigest(['7', 'Hello']) });
  const nothing = rejectOf(mappingWith({ rules: HASHED }).map(recordOf({ From: ' ', Text: '' })));
  assert.equal(nothing.identity, null);
  assert.match(nothing.errors[0]?.fix ?? '', /"From" or "Text"/);
});

test('nested cells hash alike whatever the order of their keys', () => {
  const mapping = mappingWith({ rules: HASHED });
  const one = messageOf(mapping.map(recordOf({ From: { a: 1, b: [2] } })));
  const other = messageOf(mapping.map(recordOf({ From: { b: [2], a: 1 } })));
  assert.deepEqual(one.identity, other.identity);
});

test('a record of an export file keeps its identity where identities are hashed, and only there', () => {
  const origin = { file: 'export.csv', line: 2, sourceUuid: 'as-before' };
  const hashed = messageOf(mappingWith({ rules: HASHED }).map(recordOf({}, { origin })));
  assert.deepEqual(hashed.identity, { kind: 'given', sourceUuid: 'as-before' });
  const given = messageOf(mappingWith().map(recordOf({}, { origin })));
  assert.deepEqual(given.identity, { kind: 'given', sourceUuid: 'id-1' });
});

test('skipped and rejected records have their identity too', () => {
  const skip = [{ from: 'Status', in: ['failed'], reason: 'never delivered' }];
  const mapping = mappingWith({ rules: HASHED, skip });
  const identity = { kind: 'hashed', digest: identityDigest(['a', 'Hello']) };
  assert.deepEqual(mapping.map(recordOf({ From: 'a', Status: 'failed' })), {
    kind: 'skipped',
    reason: 'never delivered',
    identity,
  });
  assert.deepEqual(rejectOf(mapping.map(recordOf({ From: 'a', At: 'never' }))).identity, identity);
});

/* ------------------------------------------------------------------ skip */

test('the first skip rule that applies gives the reason', () => {
  const mapping = mappingWith({
    skip: [
      { from: 'Status', in: ['failed', 'canceled'], reason: 'never delivered' },
      { from: 'Kind', notIn: ['message', 'note'], reason: 'no message' },
      { from: 'Text', empty: true, reason: 'empty' },
      { from: 'Text', matches: '^STOP$', reason: 'opt-out' },
    ],
  });
  const reason = (fields: Record<string, unknown>) => {
    const result = mapping.map(recordOf({ Kind: 'message', ...fields }));
    return result.kind === 'skipped' ? result.reason : result.kind;
  };
  assert.equal(reason({}), 'message');
  assert.equal(reason({ Status: ' failed\u00a0', Kind: 'assign' }), 'never delivered');
  assert.equal(reason({ Status: 'Failed' }), 'message');
  assert.equal(reason({ Kind: '' }), 'no message');
  assert.equal(reason({ Text: ' \u00a0' }), 'empty');
  assert.equal(reason({ Text: null }), 'empty');
  assert.equal(reason({ Text: 'STOP' }), 'opt-out');
});

test('skip compares the text form, and empty: false skips what is filled', () => {
  const skip = [
    { from: 'meta.public', in: ['false'], reason: 'internal' },
    { from: 'Deleted', empty: false, reason: 'deleted' },
  ];
  const mapping = mappingWith({ skip });
  assert.equal(mapping.map(recordOf({ meta: { public: false } })).kind, 'skipped');
  assert.equal(mapping.map(recordOf({ Deleted: 0 })).kind, 'skipped');
  assert.equal(mapping.map(recordOf({ Deleted: '' })).kind, 'message');
  assert.throws(() => mappingWith({ skip: [{ from: 'A', matches: '(', reason: 'r' }] }), {
    code: 'BAD_PATTERN',
  });
});

/* --------------------------------------------------- header, advice, fingerprint */

test('columns that an input does not have are advised on, with the nearest name', () => {
  const mapping = mappingWith({
    rules: { 'messageAttributes.subject': { template: '{Subject} {a}' } },
    skip: [{ from: 'Status', in: ['x'], reason: 'r' }],
  });
  const columns = ['Id', 'At', 'text', 'Subject', 'Statuss'];
  const advice = mapping.checkHeader({ file: 'export.csv', columns, duplicates: [] });
  assert.deepEqual(
    advice.map(({ code, message, fix }) => [code, /"(.*?)"/.exec(message)?.[1], /"(.*?)"/.exec(fix)?.[1]]),
    [
      ['UNKNOWN_COLUMN', 'Text', 'text'],
      ['UNKNOWN_COLUMN', 'a', undefined],
      ['UNKNOWN_COLUMN', 'Status', 'Statuss'],
    ],
  );
});

test('a rule that names a column that occurs twice is refused; one that numbers it is not', () => {
  const header = { file: 'export.csv', columns: ['Id', 'At', 'Text', 'Text#2'], duplicates: ['Text'] };
  assert.throws(() => mappingWith().checkHeader(header), {
    name: 'UsageError',
    code: 'AMBIGUOUS_COLUMN',
    fix: /Text#1.*Text#2/,
  });
  for (const name of ['Text#1', 'Text#2']) {
    const mapping = mappingWith({ rules: { 'messageAttributes.body': name } });
    assert.deepEqual(mapping.checkHeader(header), []);
  }
});

test('what the API may refuse later is advised on before', () => {
  assert.deepEqual(
    mappingWith().advice.map(({ code }) => code),
    ['NO_USER_UUID', 'NO_IS_MANUAL'],
  );
  const rules = { userUuid: { value: 'u' }, 'messageAttributes.isManual': { value: true } };
  assert.deepEqual(mappingWith({ rules }).advice, []);
});

test('the fingerprint changes with everything that decides what a record becomes', () => {
  const values = new Map([['a', 'b']]);
  const settings = [
    {},
    { rules: { userUuid: { value: 'u' } } },
    { skip: [{ from: 'A', in: ['x'], reason: 'r' }] },
    { lookups: { l: { values } } },
    { lookups: { l: { values, sha256: 'other contents' } } },
    { lookups: { l: { values, region: 'US' } } },
    { mapper: () => undefined },
    { allowScheduledDrafts: true },
  ];
  const fingerprints = settings.map((setting) => mappingWith(setting).fingerprint);
  assert.equal(new Set(fingerprints).size, settings.length);
  assert.deepEqual(
    settings.map((setting) => mappingWith(setting).fingerprint),
    fingerprints,
  );
});

/* ------------------------------------------------------------------ any record at all */

test('whatever a record holds, mapping it never throws, never pollutes, and repeats itself', () => {
  const mapping = mappingWith({
    rules: {
      departmentUuid: { firstOf: ['a', 'b.c'], trim: true },
      customerUuid: { from: 'a', phone: 'US', lookup: 'l', otherwise: 'nobody' },
      sourceUuid: { hash: ['a', 'b'] },
      sentOn: { from: 'b', time: { formats: ['iso', 'epoch-ms', 'M/d/yy'], zone: 'Europe/London' } },
      'messageAttributes.body': { template: '{a} {b}' },
      'messageAttributes.type': 'c',
      'messageAttributes.protocol': { from: 'c', map: { TEXT: 'TEXT' }, otherwise: 'EMAIL' },
      'messageAttributes.isManual': 'd',
      'messageAttributes.subject': { firstOf: ['constructor.name', 'toString'] },
      'messageAttributes.metaData': { from: 'a', json: true },
      'messageAttributes.messageTags': 'b',
      'messageAttributes.tags': { from: 'd', split: ',' },
      'voiceCallAttributes.callStatus': 'c',
    },
    lookups: { l: { region: 'US', values: new Map([['+13105550100', 'customer']]) } },
    skip: [{ from: 'd', matches: 'skip', reason: 'r' }],
  });
  const cell = fc.oneof(
    fc.constantFrom(
      'TEXT',
      'INCOMING',
      '+13105550100',
      '2024-03-01T09:05:07Z',
      '{"__proto__":{"polluted":1}}',
      'skip',
    ),
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
    fc.object({ withNullPrototype: true }),
  );
  const records = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'b.c', '__proto__', 'constructor'), cell);
  fc.assert(
    fc.property(records, (fields) => {
      const result = mapping.map(recordOf(fields));
      assert.deepEqual(mapping.map(recordOf(fields)), result);
      const ordinary = { ...recordOf().fields, ...fields };
      assert.deepEqual(
        mapping.map({ ...recordOf(), fields: ordinary }),
        result,
        'nothing inherited is a field',
      );
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      if (result.kind === 'message') historicalMessageSchema.parse({ sourceUuid: 's', ...result.item });
      if (result.kind === 'rejected') assert.ok(result.errors.length > 0);
    }),
    { numRuns: 1_000 },
  );
});
