import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, messageOf, rejectOf } from '../../support/compiled-mapping.ts';
import { type Event, eventWith } from '../../support/message-event.ts';
import { type OwnConfig, presetMapping, sourceRecord } from '../../support/preset-mapping.ts';

const MESSAGE = 'payload.messageDTO';

const presetWith = (own: OwnConfig = {}) => presetMapping('mykaarma-message-events', own);
const mapped = (changes: Record<string, unknown> = {}, own: OwnConfig = {}) =>
  presetWith(own).map(sourceRecord(eventWith(changes)));
const attributesOf = (changes: Record<string, unknown> = {}, own: OwnConfig = {}) =>
  messageOf(mapped(changes, own)).item.messageAttributes;

test('identity, envelope, version and times of an event', () => {
  const { identity, envelope, item, version, sentAtUtcMs } = messageOf(mapped());
  assert.deepEqual(identity, { kind: 'given', sourceUuid: 'Bq7xKfVt3YnLw9rCzE5hJs2MdGpU8aToiXk6HbRcN4v' });
  assert.equal(envelope.customerUuid, 'Kf3nQvXw8ZtLrB2yHs6MdJc9PuGaE4oTiS7lNkWxR1m');
  assert.equal(version, 1_758_983_525_000);
  assert.deepEqual([item.sentOn, item.receivedOn], ['2025-09-27T14:32:00.000Z', '2025-09-27T14:32:05.000Z']);
  assert.equal(sentAtUtcMs, Date.UTC(2025, 8, 27, 14, 32));
});

test('the department of the message comes before that of the envelope', () => {
  const departmentOf = (changes: Record<string, unknown>) =>
    messageOf(mapped(changes)).envelope.departmentUuid;
  assert.equal(
    departmentOf({ [`${MESSAGE}.dealerDepartmentUuid`]: 'mine', departmentuuid: 'other' }),
    'mine',
  );
  assert.equal(departmentOf({ [`${MESSAGE}.dealerDepartmentUuid`]: null, departmentuuid: 'other' }), 'other');
});

test('an event with nothing but what it must have is a message with nothing else', () => {
  const bare: Event = {
    ...{ id: 'e', timestamp: 1, dealeruuid: null, departmentuuid: 'department', type: 'messages' },
    payload: {
      messageDTO: {
        ...{
          uuid: 'message',
          messageType: 'I',
          protocol: 'X',
          customerUuid: 'customer',
          sentOn: '2025-01-02 03:04:05',
        },
        ...{
          messageExtnDTO: { messageBody: 'Hi', subject: null },
          docFiles: null,
          messageTags: null,
          tags: null,
        },
        ...{ messageMetaDataDTO: null, whatsAppMessageDTO: null, messagePurpose: null, isManual: null },
      },
      voiceCallDTO: null,
    },
  };
  const { item } = messageOf(presetWith().map(sourceRecord(bare)));
  assert.deepEqual(item.messageAttributes, { body: 'Hi', type: 'INCOMING', protocol: 'TEXT' });
  assert.deepEqual(Object.keys(item), [
    'sentOn',
    'receivedOn',
    'messageAttributes',
    'notificationAttributes',
  ]);
});

test('nobody is notified', () => {
  const { notificationAttributes } = messageOf(mapped()).item;
  assert.deepEqual(new Set(Object.values(notificationAttributes ?? {})), new Set([false]));
});

for (const [code, type] of [
  ['S', 'OUTGOING'],
  ['I', 'INCOMING'],
  ['N', 'NOTE'],
]) {
  test(`messageType ${code} is taken for ${type}`, () => {
    assert.equal(attributesOf({ [`${MESSAGE}.messageType`]: code }).type, type);
  });
}

for (const [code, protocol] of [
  ['X', 'TEXT'],
  ['E', 'EMAIL'],
  ['V', 'VOICE_CALL'],
]) {
  test(`protocol ${code} is taken for ${protocol}`, () => {
    assert.equal(attributesOf({ [`${MESSAGE}.protocol`]: code }).protocol, protocol);
  });
}

test('an unknown code rejects the record and names the key to add; once added it is known', () => {
  const unknown = { [`${MESSAGE}.protocol`]: 'W', [`${MESSAGE}.messageType`]: 'D' };
  const result = mapped(unknown);
  assert.deepEqual(faultsOf(result), [
    'messageAttributes.type NOT_MAPPED',
    'messageAttributes.protocol NOT_MAPPED',
  ]);
  const [type, protocol] = rejectOf(result).errors;
  assert.match(type?.fix ?? '', /codes\.messageType/);
  assert.match(protocol?.fix ?? '', /codes\.protocol/);
  const codes = { messageType: { D: 'DRAFT' }, protocol: { W: 'TEXT' } };
  const { type: known, protocol: also } = attributesOf(unknown, { codes });
  assert.deepEqual([known, also], ['DRAFT', 'TEXT']);
  assert.equal(attributesOf({}, { codes }).type, 'OUTGOING', 'the others stay known');
});

test('codes are told to be assumed until a person has written them down', () => {
  const codesOf = ({ advice }: { readonly advice: readonly { readonly code: string }[] }) =>
    advice.map(({ code }) => code);
  const messageType = { S: 'INCOMING', I: 'OUTGOING', N: 'NOTE' };
  const protocol = { X: 'TEXT', E: 'EMAIL', V: 'VOICE_CALL' };
  const presetOptions = { attachmentsBaseUrl: 'https://files.example.com' };
  assert.deepEqual(codesOf(presetWith({ presetOptions })), ['ASSUMED_CODES']);
  assert.deepEqual(codesOf(presetWith({ presetOptions, codes: { messageType } })), ['ASSUMED_CODES']);
  assert.deepEqual(codesOf(presetWith({ presetOptions, codes: { messageType, protocol } })), []);
});

test('a purpose that a request knows is its purpose; any other is kept in metaData', () => {
  const known = attributesOf({ [`${MESSAGE}.messagePurpose`]: 'RECALL' });
  assert.deepEqual([known.purpose, known.metaData?.messagePurpose], ['RECALL', undefined]);
  const other = attributesOf({ [`${MESSAGE}.messagePurpose`]: 'SMALL_TALK' });
  assert.deepEqual([other.purpose, other.metaData?.messagePurpose], [undefined, 'SMALL_TALK']);
});

test('tags that a request knows are its tags; others are kept in metaData', () => {
  const { tags, metaData } = attributesOf({ [`${MESSAGE}.tags`]: 'TRASH, VIP,URGENT' });
  assert.deepEqual([tags, metaData?.tags], [['TRASH'], 'VIP,URGENT']);
});

test('message tags of the form of a request are sent as such; what does not fit is kept whole', () => {
  const fitting = {
    tagTypeUuid: 't',
    referenceIdentifier: 'r',
    value: { a: 1 },
    parentTags: [],
    secondaryAttributes: null,
  };
  const only = attributesOf({ [`${MESSAGE}.messageTags`]: { tagTypes: [], tags: [fitting] } });
  assert.deepEqual(only.messageTags, [{ tagTypeUuid: 't', referenceIdentifier: 'r', value: { a: 1 } }]);
  assert.equal(only.metaData?.messageTags, undefined);
  for (const strange of [{ tagTypeUuid: 't', value: 'text' }, { name: 'VIP' }, 'VIP', {}]) {
    const given = { tagTypes: [], tags: [fitting, strange] };
    const both = attributesOf({ [`${MESSAGE}.messageTags`]: given });
    assert.equal(both.messageTags?.length, 1);
    assert.deepEqual(JSON.parse(both.metaData?.messageTags ?? ''), given);
  }
});

test('the event’s own metaData comes with it: texts as they are, anything else as JSON text', () => {
  const path = `${MESSAGE}.messageMetaDataDTO`;
  const metaDataOf = (metaData: unknown) => {
    const changes = { [path]: { metaData }, [`${MESSAGE}.fromName`]: 'Harbor Motors' };
    const { a, b, n, fromName, metaData: whole } = attributesOf(changes).metaData ?? {};
    return { a, b, n, fromName, whole };
  };
  const nothing = { a: undefined, b: undefined, n: undefined, fromName: 'Harbor Motors', whole: undefined };
  const own = { a: 'x', b: { c: [1] }, n: 3, fromName: 'theirs', absent: null };
  const expected = { ...nothing, a: 'x', b: '{"c":[1]}', n: '3' };
  assert.deepEqual(metaDataOf(own), expected);
  assert.deepEqual(metaDataOf(JSON.stringify(own)), expected, 'also as JSON text');
  assert.deepEqual(metaDataOf('just words'), { ...nothing, whole: 'just words' });
  assert.deepEqual(metaDataOf(null), nothing);
});

test('attachments: names in metaData without a base URL, with the advice; attachments with one', () => {
  const without = attributesOf();
  assert.deepEqual([without.attachments, without.metaData?.attachmentNames], [undefined, 'rattle.jpg']);
  assert.ok(presetWith().advice.some(({ code }) => code === 'NO_ATTACHMENTS_BASE_URL'));
  for (const attachmentsBaseUrl of ['https://files.example.com/media', 'https://files.example.com/media/']) {
    const own = { presetOptions: { attachmentsBaseUrl } };
    const { attachments, metaData } = attributesOf({ [`${MESSAGE}.docFiles.docFileName`]: 'a b/ü.jpg' }, own);
    assert.deepEqual(attachments, [
      {
        fileURL: 'https://files.example.com/media/a%20b%2F%C3%BC.jpg',
        attachmentExtension: 'jpg',
        mimeType: 'image/jpeg',
        originalFileName: 'rattle.jpg',
        docSize: '204800',
        thumbnailURL: 'https://files.example.com/media/thumb_7c1e.jpg',
        mediaPreviewURL: 'https://media.example.com/preview/7c1e',
      },
    ]);
    assert.equal(metaData?.attachmentNames, undefined);
    assert.ok(!presetWith(own).advice.some(({ code }) => code === 'NO_ATTACHMENTS_BASE_URL'));
  }
});

test('a size that comes as a number is the text that a request wants, and a file without a name keeps its own', () => {
  const own = { presetOptions: { attachmentsBaseUrl: 'https://files.example.com' } };
  assert.equal(attributesOf({ [`${MESSAGE}.docFiles.docSize`]: 7 }, own).attachments?.[0]?.docSize, '7');
  const nameless = attributesOf({ [`${MESSAGE}.docFiles.docFileName`]: null }, own);
  assert.deepEqual([nameless.attachments, nameless.metaData?.attachmentNames], [undefined, 'rattle.jpg']);
});

test('times without a zone are in the configured one', () => {
  const own = { presetOptions: { zone: 'America/Los_Angeles' } };
  const { item } = messageOf(mapped({}, own));
  assert.equal(item.sentOn, '2025-09-27T21:32:00.000Z');
  assert.equal(item.voiceCallAttributes?.callDateTime, '2025-09-27T21:30:00.000Z');
  assert.equal(
    messageOf(mapped({ [`${MESSAGE}.sentOn`]: '2025-09-27T14:32:00Z' }, own)).item.sentOn,
    '2025-09-27T14:32:00.000Z',
  );
});

test('events of another type are skipped; one that tells none is read', () => {
  assert.equal(mapped({ type: 'customers' }).kind, 'skipped');
  assert.equal(mapped({ type: undefined }).kind, 'message');
});

test('a rule of the user takes the place of the preset’s, and a null takes one away', () => {
  const own = {
    mapping: {
      userUuid: { value: 'migration' },
      'messageAttributes.subject': { value: null },
      'messageAttributes.metaData.deliveryStatus': { value: null },
      'messageAttributes.metaData.own': `${MESSAGE}.fromName`,
      'messageAttributes.attachments.0.fileURL': { template: `https://x.example/{${MESSAGE}.uuid}` },
    },
  };
  const { item } = messageOf(mapped({}, own));
  assert.equal(item.userUuid, 'migration');
  const { subject, metaData, attachments, body } = item.messageAttributes;
  assert.deepEqual(
    [subject, metaData?.deliveryStatus, metaData?.own, metaData?.channel, attachments?.length, typeof body],
    [undefined, undefined, 'Harbor Motors', 'WHATSAPP', 1, 'string'],
  );
});

test('a rule for all metaData takes the place of the event’s own; one for messageAttributes of all below it', () => {
  const all = attributesOf({}, { mapping: { 'messageAttributes.metaData': { value: { a: 'b' } } } });
  assert.deepEqual(
    [all.metaData?.a, all.metaData?.appointmentUuid, all.metaData?.channel],
    ['b', undefined, 'WHATSAPP'],
  );
  const value = { type: 'NOTE', protocol: 'NONE', body: 'replaced' };
  assert.deepEqual(attributesOf({}, { mapping: { messageAttributes: { value } } }), {
    body: 'replaced',
    type: 'NOTE',
    protocol: 'NONE',
  });
});

test('a skip rule of the user takes the place of the preset’s with the same reason; others are added', () => {
  const other = { type: 'customers' };
  const skip = [{ from: 'type', in: [], reason: 'an event of another type' }];
  assert.equal(mapped(other, { skip }).kind, 'message');
  const failed = { from: `${MESSAGE}.deliveryStatus`, in: ['failed'], reason: 'never delivered' };
  assert.equal(mapped({ [`${MESSAGE}.deliveryStatus`]: 'failed' }, { skip: [failed] }).kind, 'skipped');
  assert.equal(mapped(other, { skip: [failed] }).kind, 'skipped');
});

test('options, codes and rules are part of the fingerprint', () => {
  const fingerprints = [
    {},
    { presetOptions: { zone: 'Europe/Berlin' } },
    { presetOptions: { attachmentsBaseUrl: 'https://files.example.com' } },
    { codes: { protocol: { W: 'TEXT' } } },
    { mapping: { userUuid: { value: 'x' } } },
  ].map((own) => presetWith(own).fingerprint);
  assert.equal(new Set(fingerprints).size, fingerprints.length);
  assert.equal(presetWith().fingerprint, fingerprints[0]);
});

test('a sighting of a code comes with both ends of the message', () => {
  const [type, protocol] = presetWith().codesOf(sourceRecord(eventWith({ [`${MESSAGE}.protocol`]: 'W' })));
  const ends = { from: '3105550100', to: '3105550142' };
  assert.deepEqual(type, { field: 'messageAttributes.type', code: 'S', meaning: 'OUTGOING', ...ends });
  assert.deepEqual(protocol, { field: 'messageAttributes.protocol', code: 'W', meaning: null, ...ends });
});

test('whatever an event holds, it is a message, a skip or a reject', () => {
  for (const payload of [
    null,
    'text',
    [],
    7,
    { messageDTO: [] },
    { messageDTO: { docFiles: [null, 1], tags: [1] } },
  ]) {
    const { kind } = presetWith().map(sourceRecord({ type: 'messages', payload }));
    assert.equal(kind, 'rejected', JSON.stringify(payload));
  }
});
