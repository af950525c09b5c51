import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { judgeText } from '../../src/simulator/text-contract.ts';
import { changed, dotted, type Path, walk } from '../support/judged-document.ts';

/** The sample document of the send-text reference, every field filled. */
const SAMPLE = {
  messageAttributes: { body: 'string', isManual: true, protocol: 'TEXT', type: 'OUTGOING' },
  messageSendingAttributes: {
    communicationValueOfCustomer: '3105550123',
    sendSynchronously: false,
    callbackURL: 'string',
    callbackMetaData: { additionalProp1: 'string' },
    addTCPAFooter: true,
    addSignature: false,
    addFooter: false,
    sendVCard: false,
  },
};
const PATHS = [...walk(SAMPLE)];
const REQUIRED = new Set([
  'messageAttributes',
  'messageAttributes.body',
  'messageAttributes.isManual',
  'messageAttributes.protocol',
  'messageAttributes.type',
]);

function judge(document: unknown): string[] {
  return judgeText(document).map(({ path, code }) => `${path} ${code}`);
}

function judgeWith(path: Path, value: unknown): string[] {
  return judge(changed(SAMPLE, path, value));
}

suite('the judge of texts', () => {
  test('accepts the sample of the reference, and the least that is a text', () => {
    assert.deepEqual(judge(SAMPLE), []);
    assert.deepEqual(judge({ messageAttributes: SAMPLE.messageAttributes }), []);
  });

  test('refuses another JSON type at every path of the sample', () => {
    for (const { path, value } of PATHS) {
      for (const other of [null, 'text', 5, true, [], {}]) {
        if (other !== null && typeof other === typeof value && !Array.isArray(other)) continue;
        assert.deepEqual(judgeWith(path, other), [`${dotted(path)} WRONG_TYPE`], JSON.stringify(other));
      }
    }
  });

  test('accepts the absence of every field that is optional, and of no other', () => {
    for (const { path } of PATHS) {
      assert.equal(judgeWith(path, undefined).length > 0, REQUIRED.has(dotted(path)), dotted(path));
    }
    assert.deepEqual(judge({}), [
      'messageAttributes.body REQUIRED',
      'messageAttributes.isManual REQUIRED',
      'messageAttributes.protocol REQUIRED',
      'messageAttributes.type REQUIRED',
    ]);
    assert.deepEqual(judgeWith(['messageAttributes', 'body'], ''), ['messageAttributes.body REQUIRED']);
  });

  test('refuses an unknown field in every object but the caller’s own', () => {
    assert.deepEqual(judge({ ...SAMPLE, extra: 1 }), ['extra UNKNOWN_FIELD']);
    for (const name of ['messageAttributes', 'messageSendingAttributes']) {
      assert.deepEqual(judgeWith([name, 'extra'], 1), [`${name}.extra UNKNOWN_FIELD`]);
    }
    assert.deepEqual(judgeWith(['messageSendingAttributes', 'callbackMetaData', 'extra'], 'x'), []);
  });

  test('takes outgoing texts only', () => {
    for (const type of ['INCOMING', 'NOTE', 'DRAFT', 'outgoing']) {
      assert.deepEqual(judgeWith(['messageAttributes', 'type'], type), [
        'messageAttributes.type NOT_IN_LIST',
      ]);
    }
    assert.deepEqual(judgeWith(['messageAttributes', 'protocol'], 'EMAIL'), [
      'messageAttributes.protocol NOT_IN_LIST',
    ]);
  });

  test('takes phone numbers as people write them, and nothing else for one', () => {
    const path = ['messageSendingAttributes', 'communicationValueOfCustomer'];
    for (const good of ['+13105550123', '(310) 555-0123', '310.555.0123']) {
      assert.deepEqual(judgeWith(path, good), [], good);
    }
    for (const bad of ['', '555', 'none', 'a@example.com', '3.10817E+09x', '1'.repeat(16)]) {
      assert.deepEqual(judgeWith(path, bad), [`${dotted(path)} NOT_A_PHONE`], bad);
    }
  });

  test('refuses what history may hold and a text may not', () => {
    for (const field of ['subject', 'metaData', 'attachments', 'tags', 'purpose']) {
      assert.deepEqual(judgeWith(['messageAttributes', field], 'x'), [
        `messageAttributes.${field} UNKNOWN_FIELD`,
      ]);
    }
    assert.deepEqual(judgeWith(['sourceUuid'], 'x'), ['sourceUuid UNKNOWN_FIELD']);
  });
});
