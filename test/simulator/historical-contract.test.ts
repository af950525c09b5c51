import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as lists from '../../src/messages/code-lists.ts';
import { CODE_LISTS, type HistoricalItem } from '../../src/simulator/historical-contract.ts';
import { judgeItem } from '../../src/simulator/historical-request.ts';
import { changed, dotted, type Path, walk } from '../support/judged-document.ts';

/** The sample document of the save-historical-message reference, every field filled. */
function sample(): Record<string, unknown> {
  return {
    sourceUuid: 'string',
    callBackPathUrl: 'string',
    sentOn: '2025-03-28T11:34:43.227Z',
    receivedOn: '2025-03-28T11:34:43.227Z',
    userUuid: 'string',
    messageUuid: 'string',
    communicationUid: 'string',
    messageAttributes: {
      body: 'string',
      type: 'DRAFT',
      protocol: 'TEXT',
      purpose: 'F',
      isManual: true,
      subject: 'string',
      metaData: { anything: 'string' },
      tags: ['TRASH'],
      draftAttributes: {
        draftStatus: 'SCHEDULED',
        scheduledOn: 'string',
        draftFailureReason: 'MDL_EVENT_UNDER_TIME_LIMIT_REASON',
      },
      attachments: [
        {
          fileURL: 'string',
          attachmentExtension: 'string',
          mimeType: 'string',
          originalFileName: 'string',
          docSize: 'string',
          thumbnailURL: 'string',
          mediaPreviewURL: 'string',
        },
      ],
      defaultReplyAction: 'string',
      updateThreadTimestamp: true,
      updateTotalMessageCount: true,
      showInCustomerConversation: true,
      messageTags: [
        {
          tagTypeUuid: 'string',
          referenceIdentifier: 'string',
          value: {},
          primaryAttribute: { value: 'string' },
          secondaryAttributes: [{ value: 'string' }],
          parentTags: [{ tagTypeUuid: 'string', referenceIdentifier: 'string' }],
        },
      ],
    },
    notificationAttributes: {
      internalSubscribersNotifierPop: true,
      externalSubscribersNotifierPop: true,
      threadOwnerNotifierPop: true,
      sendPhoneNotification: true,
      additionalNotifierNotificationDAUUIDs: ['string'],
      notificationButtons: [
        {
          buttonTextTranslationWidgetKey: 'string',
          buttonTextTranslationKey: 'string',
          buttonDefaultText: 'string',
          buttonTheme: 'PRIMARY',
          buttonActionEventData: { anything: 'string' },
          isPrimaryButton: true,
        },
      ],
    },
    voiceCallAttributes: {
      callingParty: 'string',
      party2: 'string',
      party1Prompt: 'string',
      party2prompt: 'string',
      callStatus: 0,
      callIdentifier: 'string',
      callDateTime: '2025-03-28T11:34:43.227Z',
      callBroker: 'string',
      recordingUrl: 'string',
      recordCall: true,
      transcribeCall: true,
      transcribeText: 'string',
    },
  };
}

function judge(item: unknown): string[] {
  return judgeItem(item as HistoricalItem).map(({ path, code }) => `${path} ${code}`);
}

/** What is wrong with the sample once the value at `path` is another; undefined leaves it out. */
function judgeWith(path: Path, value: unknown): string[] {
  return judge(changed(sample(), path, value));
}

const PATHS = [...walk(sample())];
const FREE = new Set(['metaData', 'value', 'buttonActionEventData']);
const MAY_NOT_BE_ABSENT = new Set([
  'messageAttributes',
  'messageAttributes.type',
  'messageAttributes.protocol',
]);

suite('the judge of historical items', () => {
  test('accepts the sample of the reference', () => {
    assert.deepEqual(judge(sample()), []);
  });

  test('refuses another JSON type at every path of the sample', () => {
    for (const { path, value } of PATHS) {
      for (const other of [null, 'text', 5, true, [], {}]) {
        const isSameType =
          other !== null && typeof other === typeof value && Array.isArray(other) === Array.isArray(value);
        if (isSameType) continue;
        const found = judgeWith(path, other);
        assert.equal(found[0], `${dotted(path)} WRONG_TYPE`, `${JSON.stringify(other)} at ${dotted(path)}`);
      }
    }
  });

  test('accepts the absence of every field but those that an import cannot do without', () => {
    for (const { path } of PATHS) {
      if (typeof path.at(-1) === 'number') continue;
      const expected = MAY_NOT_BE_ABSENT.has(dotted(path));
      assert.equal(judgeWith(path, undefined).length > 0, expected, dotted(path));
    }
  });

  test('refuses an unknown field in every object whose fields the reference names', () => {
    assert.deepEqual(judge({ ...sample(), extra: 1 }), ['extra UNKNOWN_FIELD']);
    for (const { path, value } of PATHS) {
      const isObject = typeof value === 'object' && !Array.isArray(value);
      if (!isObject || FREE.has(path.at(-1) as string)) continue;
      const found = judgeWith(path, { ...(value as object), extra: 'x' });
      assert.deepEqual(found, [`${dotted(path)}.extra UNKNOWN_FIELD`]);
    }
  });

  test('refuses an own __proto__ field', () => {
    const text = JSON.stringify(sample()).replace('{', '{"__proto__":{},');
    assert.deepEqual(judge(JSON.parse(text)), ['__proto__ UNKNOWN_FIELD']);
  });

  const enums: [keyof typeof CODE_LISTS, Path, readonly string[]][] = [
    ['type', ['messageAttributes', 'type'], lists.MESSAGE_TYPES],
    ['protocol', ['messageAttributes', 'protocol'], lists.PROTOCOLS],
    ['purpose', ['messageAttributes', 'purpose'], lists.PURPOSES],
    ['tags', ['messageAttributes', 'tags', 0], lists.MESSAGE_TAGS],
    ['draftStatus', ['messageAttributes', 'draftAttributes', 'draftStatus'], lists.DRAFT_STATUSES],
    [
      'draftFailureReason',
      ['messageAttributes', 'draftAttributes', 'draftFailureReason'],
      lists.DRAFT_FAILURE_REASONS,
    ],
    ['buttonTheme', ['notificationAttributes', 'notificationButtons', 0, 'buttonTheme'], lists.BUTTON_THEMES],
  ];
  for (const [name, path, values] of enums) {
    test(`accepts every ${name} that the product knows, and no near miss`, () => {
      for (const value of values) {
        assert.deepEqual(judgeWith(path, value), [], value);
        for (const near of [value.toLowerCase(), `${value} `, `${value}S`, value.slice(1), '']) {
          if (values.includes(near)) continue;
          assert.deepEqual(judgeWith(path, near), [`${dotted(path)} NOT_IN_LIST`], near);
        }
      }
    });
  }

  test('knows the same code lists as the product', () => {
    for (const [name, , values] of enums) {
      assert.deepEqual([...CODE_LISTS[name]].sort(), [...values].sort(), name);
    }
  });

  test('takes RFC 3339 date-times that exist, and nothing else', () => {
    for (const good of [
      '2024-02-29T23:59:59Z',
      '2024-01-01T00:00:00.5+05:30',
      '2023-12-31T00:00:00.123456-11:00',
    ]) {
      assert.deepEqual(judgeWith(['sentOn'], good), [], good);
    }
    for (const bad of [
      '2023-02-29T00:00:00Z',
      '2024-04-31T00:00:00Z',
      '2024-13-01T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:00:60Z',
      '2024-01-01 00:00:00Z',
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:00+0000',
      '2024-01-01',
      '1700000000000',
      '',
    ]) {
      assert.deepEqual(judgeWith(['sentOn'], bad), ['sentOn NOT_A_DATE_TIME'], bad);
    }
    assert.deepEqual(judgeWith(['voiceCallAttributes', 'callDateTime'], 'today'), [
      'voiceCallAttributes.callDateTime NOT_A_DATE_TIME',
    ]);
    assert.deepEqual(judgeWith(['messageAttributes', 'draftAttributes', 'scheduledOn'], 'whenever'), []);
  });

  test('takes whole numbers of 64 bits as callStatus', () => {
    for (const good of [0, -1, 2 ** 53]) {
      assert.deepEqual(judgeWith(['voiceCallAttributes', 'callStatus'], good), []);
    }
    for (const bad of [0.5, 2 ** 63, Number.POSITIVE_INFINITY]) {
      assert.deepEqual(judgeWith(['voiceCallAttributes', 'callStatus'], bad), [
        'voiceCallAttributes.callStatus NOT_AN_INTEGER',
      ]);
    }
  });

  test('takes text only in metaData and button data, anything in the value of a tag', () => {
    assert.deepEqual(judgeWith(['messageAttributes', 'metaData'], { a: 1 }), [
      'messageAttributes.metaData.a WRONG_TYPE',
    ]);
    const button = ['notificationAttributes', 'notificationButtons', 0, 'buttonActionEventData'];
    assert.deepEqual(judgeWith(button, { a: {} }), [`${dotted(button)}.a WRONG_TYPE`]);
    assert.deepEqual(judgeWith(['messageAttributes', 'messageTags', 0, 'value'], { a: [1, null] }), []);
  });

  test('refuses the spellings of the message event', () => {
    assert.deepEqual(judgeWith(['voiceCallAttributes', 'party2Prompt'], 'x'), [
      'voiceCallAttributes.party2Prompt UNKNOWN_FIELD',
    ]);
    assert.deepEqual(judgeWith(['voiceCallAttributes', 'transcribedText'], 'x'), [
      'voiceCallAttributes.transcribedText UNKNOWN_FIELD',
    ]);
  });

  test('wants a type, a protocol, a time, and a body unless it is a call or has attachments', () => {
    const attributes = { type: 'INCOMING', protocol: 'TEXT' };
    assert.deepEqual(judge({ sourceUuid: 's' }), [
      'messageAttributes.type REQUIRED',
      'messageAttributes.protocol REQUIRED',
      'sentOn REQUIRED',
      'messageAttributes.body REQUIRED',
    ]);
    const receivedOn = '2024-01-01T00:00:00Z';
    const item = { sourceUuid: 's', receivedOn };
    assert.deepEqual(judge({ ...item, messageAttributes: { ...attributes, body: '' } }), [
      'messageAttributes.body REQUIRED',
    ]);
    assert.deepEqual(judge({ ...item, messageAttributes: { ...attributes, attachments: [] } }), [
      'messageAttributes.body REQUIRED',
    ]);
    assert.deepEqual(judge({ ...item, messageAttributes: { ...attributes, attachments: [{}] } }), []);
    assert.deepEqual(judge({ ...item, messageAttributes: { ...attributes, protocol: 'VOICE_CALL' } }), []);
  });

  test('tells all that is wrong, without quoting it', () => {
    const item = { ...sample(), sentOn: 'SECRET', userUuid: 7, extra: 'SECRET' };
    const problems = judgeItem(item as unknown as HistoricalItem);
    assert.equal(problems.length, 3);
    assert.doesNotMatch(JSON.stringify(problems), /SECRET/);
  });
});
