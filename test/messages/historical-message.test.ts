import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractAt, contractFields } from '../../src/messages/contract-tree.ts';
import { fieldErrors } from '../../src/messages/field-errors.ts';
import { historicalMessageSchema } from '../../src/messages/historical-message.ts';

const fields = contractFields(historicalMessageSchema);

/** Every field of the reference, in its order. */
function wholeItem() {
  return {
    sourceUuid: 'legacy-1',
    callBackPathUrl: 'https://example.test/callback',
    sentOn: '2025-03-28T11:34:43.227Z',
    receivedOn: '2025-03-28T11:34:44.000Z',
    userUuid: 'u'.repeat(43),
    messageUuid: 'm'.repeat(64),
    communicationUid: 'c',
    messageAttributes: {
      body: 'Your car is ready',
      type: 'OUTGOING',
      protocol: 'TEXT',
      purpose: 'F',
      isManual: true,
      subject: 'Service',
      metaData: { channel: 'sms', constructor: 'kept' },
      tags: ['TRASH'],
      draftAttributes: {
        draftStatus: 'SENT',
        scheduledOn: '2025-03-28T11:34:43.227Z',
        draftFailureReason: 'OLD_INSPECTION',
      },
      attachments: [
        {
          fileURL: 'https://example.test/a.jpg',
          attachmentExtension: 'jpg',
          mimeType: 'image/jpeg',
          originalFileName: 'a.jpg',
          docSize: '12345',
          thumbnailURL: 'https://example.test/t.jpg',
          mediaPreviewURL: 'https://example.test/p.jpg',
        },
      ],
      defaultReplyAction: 'REPLY',
      updateThreadTimestamp: false,
      updateTotalMessageCount: false,
      showInCustomerConversation: true,
      messageTags: [
        {
          tagTypeUuid: 't',
          referenceIdentifier: 'r',
          value: { any: { thing: [1, true, null] } },
          primaryAttribute: { value: 'p' },
          secondaryAttributes: [{ value: 's' }],
          parentTags: [{ tagTypeUuid: 'pt', referenceIdentifier: 'pr' }],
        },
      ],
    },
    notificationAttributes: {
      internalSubscribersNotifierPop: false,
      externalSubscribersNotifierPop: false,
      threadOwnerNotifierPop: false,
      sendPhoneNotification: false,
      additionalNotifierNotificationDAUUIDs: ['d'],
      notificationButtons: [
        {
          buttonTextTranslationWidgetKey: 'w',
          buttonTextTranslationKey: 'k',
          buttonDefaultText: 'Open',
          buttonTheme: 'PRIMARY',
          buttonActionEventData: { event: 'open' },
          isPrimaryButton: true,
        },
      ],
    },
    voiceCallAttributes: {
      callingParty: '+13105550100',
      party2: '+13105550101',
      party1Prompt: 'a',
      party2prompt: 'b',
      callStatus: 3,
      callIdentifier: 'call-1',
      callDateTime: '2025-03-28T11:34:43.227Z',
      callBroker: 'broker',
      recordingUrl: 'https://example.test/r.mp3',
      recordCall: true,
      transcribeCall: false,
      transcribeText: 'hello',
    },
  };
}

type Change = (item: Record<string, never>) => void;

/** Reaches into an item by a dotted path. */
function put(path: string, value: unknown): Change {
  return (item) => {
    const segments = path.split('.');
    const last = segments.pop() as string;
    const parent = segments.reduce<Record<string, unknown>>(
      (inner, segment) => inner[segment] as Record<string, unknown>,
      item,
    );
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
    if (value === undefined) delete parent[last];
  };
}

function codesAfter(...changes: Change[]): string[] {
  const item = wholeItem();
  for (const change of changes) change(item as never);
  const result = historicalMessageSchema.safeParse(item);
  if (result.success) return [];
  return fieldErrors(result.error.issues, item, fields).map(({ field, code }) => `${field} ${code}`);
}

/** Dotted paths of every leaf and branch, list elements at position 0. */
function* pathsOf(value: unknown, prefix = ''): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield prefix + key;
    yield* pathsOf(inner, `${prefix}${key}.`);
  }
}

test('an item with every field of the reference is valid, and comes out as it went in, to the byte', () => {
  const item = wholeItem();
  assert.equal(JSON.stringify(historicalMessageSchema.parse(item)), JSON.stringify(item));
});

test('the order of keys that go in makes no difference to the bytes that come out', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, reversed(inner)]),
    );
  };
  const item = {
    ...wholeItem(),
    messageAttributes: { ...wholeItem().messageAttributes, metaData: { a: '1' } },
  };
  const expected = JSON.stringify(historicalMessageSchema.parse(item)).replace(/"messageTags".*?\]\}\]/, '');
  const actual = JSON.stringify(historicalMessageSchema.parse(reversed(item))).replace(
    /"messageTags".*?\]\}\]/,
    '',
  );
  assert.equal(actual, expected);
});

test('only sourceUuid, type and protocol are required by the shape', () => {
  assert.deepEqual(codesAfter(put('sourceUuid', undefined)), ['sourceUuid REQUIRED']);
  assert.deepEqual(codesAfter(put('messageAttributes', {})), [
    'messageAttributes.type REQUIRED',
    'messageAttributes.protocol REQUIRED',
  ]);
  const minimal = { sourceUuid: '1', messageAttributes: { type: 'NOTE', protocol: 'NONE' } };
  assert.ok(historicalMessageSchema.safeParse(minimal).success);
});

test('null is valid nowhere outside free JSON', () => {
  for (const path of pathsOf(wholeItem())) {
    if (path.includes('messageTags.0.value.')) continue;
    const codes = codesAfter(put(path, null));
    assert.equal(codes.length, 1, path);
    assert.match(codes[0] as string, new RegExp(`^${path} (WRONG_TYPE|NOT_IN_LIST|NOT_AN_INTEGER)$`));
  }
});

test('an unknown field is refused in every closed object', () => {
  const closed = ['', ...pathsOf(wholeItem())].filter(
    (path) => contractAt(fields, path === '' ? [] : path.split('.'))?.kind === 'object',
  );
  assert.equal(closed.length, 11);
  for (const path of closed) {
    for (const name of ['unknown', '__proto__']) {
      const field = path === '' ? name : `${path}.${name}`;
      assert.deepEqual(codesAfter(put(field, { x: 1 })), [`${field} UNKNOWN_FIELD`]);
    }
  }
});

test('an own __proto__ key is refused in free objects too, never dropped without a word', () => {
  for (const path of [
    'messageAttributes.metaData',
    'messageAttributes.messageTags.0.value',
    'messageAttributes.messageTags.0.value.any.thing',
    'notificationAttributes.notificationButtons.0.buttonActionEventData',
  ]) {
    assert.deepEqual(codesAfter(put(`${path}.__proto__`, 'x')), [`${path}.__proto__ UNKNOWN_FIELD`]);
  }
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('times are UTC with milliseconds and exist', () => {
  for (const time of [
    '2025-03-28T11:34:43Z',
    '2025-03-28T11:34:43.227+00:00',
    '2025-02-30T11:34:43.227Z',
    '',
  ]) {
    assert.deepEqual(codesAfter(put('sentOn', time)), ['sentOn NOT_A_DATE_TIME']);
  }
  assert.deepEqual(codesAfter(put('sentOn', '2024-02-29T23:59:59.999Z')), []);
});

test('callStatus is an integer that JSON carries exactly', () => {
  const field = 'voiceCallAttributes.callStatus';
  assert.deepEqual(codesAfter(put(field, 1.5)), [`${field} NOT_AN_INTEGER`]);
  assert.deepEqual(codesAfter(put(field, '3')), [`${field} WRONG_TYPE`]);
  assert.deepEqual(codesAfter(put(field, 2 ** 53)), [`${field} TOO_BIG`]);
  assert.deepEqual(codesAfter(put(field, -(2 ** 53))), [`${field} TOO_SMALL`]);
  assert.deepEqual(codesAfter(put(field, Number.MAX_SAFE_INTEGER)), []);
});

test('docSize is a text', () => {
  const field = 'messageAttributes.attachments.0.docSize';
  assert.deepEqual(codesAfter(put(field, 12345)), [`${field} WRONG_TYPE`]);
});

test('identifiers are opaque: anything but the empty text', () => {
  assert.deepEqual(codesAfter(put('userUuid', 'not a uuid / at all')), []);
  assert.deepEqual(codesAfter(put('userUuid', '')), ['userUuid TOO_SHORT']);
});

test('every fault of an item is told at once', () => {
  const codes = codesAfter(
    put('sentOn', 'yesterday'),
    put('messageAttributes.type', 'Outgoing'),
    put('messageAttributes.tags.0', 'BIN'),
    put('extra', 1),
  );
  assert.deepEqual(codes.sort(), [
    'extra UNKNOWN_FIELD',
    'messageAttributes.tags.0 NOT_IN_LIST',
    'messageAttributes.type NOT_IN_LIST',
    'sentOn NOT_A_DATE_TIME',
  ]);
});

test('a near miss gets a suggestion, and the value itself is never quoted', () => {
  const fixOf = (value: unknown) => {
    const item = wholeItem();
    put('messageAttributes.type', value)(item as never);
    const result = historicalMessageSchema.safeParse(item);
    const [error] = fieldErrors(result.error?.issues ?? [], item, fields);
    assert.ok(!JSON.stringify(error).includes(String(value)));
    return error?.fix ?? '';
  };
  assert.match(fixOf('outgoing'), /^Did you mean OUTGOING\?/);
  assert.match(fixOf('Outgoinng'), /^Did you mean OUTGOING\?/);
  assert.match(fixOf('Discarded draft'), /^Did you mean DISCARDED_DRAFT\?/);
  assert.match(fixOf('Dr. Jane Doe, 1 Example Street'), /^Known values: DRAFT, /);
  assert.match(fixOf('x'.repeat(100_000)), /^Known values/);
});

test('the contract tree knows every field of the schema', () => {
  for (const path of pathsOf(wholeItem())) assert.notEqual(contractAt(fields, path.split('.')), null, path);
  assert.equal(fields.fields.size, 10);
  for (const path of ['messageAttributes.Body', 'body', 'sentOn.x', 'messageAttributes.tags.x', 'toString']) {
    assert.equal(contractAt(fields, path.split('.')), null, path);
  }
});
