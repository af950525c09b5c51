import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readCallback } from '../../src/evidence/callback.ts';
import { callbackShapes, saveResult } from '../support/archived-deliveries.ts';

const { historical, text } = callbackShapes();

/** `sourceUuid verdict code`, one a message. */
function said(document: unknown, shape = historical): string[] {
  return readCallback(document, shape).map(({ sourceUuid, messageUuid, verdict, code }) =>
    [sourceUuid ?? `(${messageUuid})`, verdict, code].filter((part) => part !== null).join(' '),
  );
}

suite('results of historical saves', () => {
  const cases: readonly [title: string, document: unknown, said: readonly string[]][] = [
    ['the documented answer, for one message', saveResult('a'), ['a stored']],
    ['the documented answer, with an error', saveResult('a', 'E1'), ['a failed E1']],
    ['one result alone', { sourceUuid: 'a', messageUuid: 'm' }, ['a stored']],
    ['one result alone, with an error', { sourceUuid: 'a', errors: [{ errorCode: 'E2' }] }, ['a failed E2']],
    [
      'a list of results',
      [{ sourceUuid: 'a', messageUuid: 'm' }, { sourceUuid: 'b' }],
      ['a stored', 'b undecided'],
    ],
    ['only an identifier', { sourceUuid: 'a' }, ['a undecided']],
    ['only the API’s identifier', { messageUuid: 'm' }, ['(m) stored']],
    ['a positive status', { sourceUuid: 'a', status: 'success' }, ['a stored']],
    ['a negative status', { sourceUuid: 'a', messageUuid: 'm', status: 'FAILED' }, ['a failed FAILED']],
    ['a status of its own', { sourceUuid: 'a', messageUuid: 'm', status: 'QUEUED' }, ['a undecided']],
    ['listed as successful only', { succesfullySubmittedSourceUuids: ['a'] }, ['a stored']],
    ['listed as failed only', { failedSourceUuids: ['a'] }, ['a failed REPORTED_FAILED']],
    [
      'in both lists',
      { succesfullySubmittedSourceUuids: ['a'], failedSourceUuids: ['a'] },
      ['a failed REPORTED_FAILED'],
    ],
    [
      'successful beside an error',
      { ...saveResult('a', 'E1'), succesfullySubmittedSourceUuids: ['a'], failedSourceUuids: [] },
      ['a failed E1'],
    ],
    [
      'twice, once against it',
      [
        { sourceUuid: 'a', errors: ['no'] },
        { sourceUuid: 'a', messageUuid: 'm' },
      ],
      ['a failed REPORTED_FAILED'],
    ],
    [
      'two statuses, one negative',
      [
        { sourceUuid: 'a', status: 'FAILED' },
        { sourceUuid: 'a', status: 'SUCCESS' },
      ],
      ['a failed FAILED'],
    ],
    [
      'two statuses, one of its own',
      [
        { sourceUuid: 'a', status: 'SUCCESS' },
        { sourceUuid: 'a', status: 'QUEUED' },
      ],
      ['a undecided'],
    ],
    [
      'errors of the document as a whole',
      { ...saveResult('a'), succesfullySubmittedSourceUuids: [], errors: [{ errorCode: 'X' }] },
      ['a undecided'],
    ],
    ['empty errors', { sourceUuid: 'a', messageUuid: 'm', errors: [null, {}, ''] }, ['a stored']],
    ['an error that is no list', { sourceUuid: 'a', errors: { errorCode: 'E3' } }, ['a failed E3']],
    [
      'JSON inside JSON',
      { saveMessageResponse: JSON.stringify([{ sourceUuid: 'a', messageUuid: 'm' }]) },
      ['a stored'],
    ],
    ['all of it inside a string', JSON.stringify(saveResult('a')), ['a stored']],
    ['lists that are null', { saveMessageResponse: null, failedSourceUuids: null, errors: [{}] }, []],
    [
      'identifiers that are none',
      [{ sourceUuid: 7 }, { sourceUuid: '' }, { sourceUuid: 'x'.repeat(501) }],
      [],
    ],
    ['nothing of a callback', { hello: ['world'] }, []],
    ['no object', 5, []],
  ];
  for (const [title, document, expected] of cases) {
    test(title, () => assert.deepEqual(said(document), expected));
  }

  test('what a failure says of itself is kept on one line, shortened, with a code that can be typed', () => {
    const errors = [
      { errorDescription: `first\n\u202e${'x'.repeat(500)}` },
      { errorCode: 'no such\tthread', errorDescription: 'second' },
    ];
    const [result] = readCallback({ sourceUuid: 'a', errors }, historical);
    assert.equal(result?.code, 'no_such_thread');
    assert.ok((result?.error?.length ?? 0) <= 300);
    assert.doesNotMatch(result?.error ?? '', /[\n\u202e]/);
  });

  test('where things stand can be configured', () => {
    const shape = callbackShapes({
      callbacks: {
        historical: {
          results: ['envelope.items'],
          sourceUuid: ['ref.id'],
          status: ['outcome'],
          positiveStatuses: ['done'],
          negativeStatuses: ['ko'],
          errors: ['why'],
          errorCode: ['n'],
          errorText: ['t'],
          messageUuidCounts: false,
        },
      },
    }).historical;
    const items = [
      { ref: { id: 'a' }, outcome: 'DONE' },
      { ref: { id: 'b' }, outcome: 'KO', why: [{ n: 17, t: 'full' }] },
      { ref: { id: 'c' }, messageUuid: 'm' },
    ];
    assert.deepEqual(said({ envelope: { items } }, shape), ['a stored', 'b failed 17', 'c undecided']);
    assert.deepEqual(said(saveResult('a'), shape), ['a stored'], 'the lists are where they were');
  });
});

suite('status of texts', () => {
  const callbackMetaData = { backhaulSourceUuid: 'a', campaign: 'x' };
  const cases: readonly [title: string, document: unknown, said: readonly string[]][] = [
    ['sent', { status: 'SUCCESS', messageUUID: 'm', errors: [], callbackMetaData }, ['a stored']],
    ['not sent', { status: 'FAILED', errors: [{ errorCode: 'E4' }], callbackMetaData }, ['a failed E4']],
    ['on its way', { status: 'QUEUED', messageUUID: 'm', callbackMetaData }, ['a undecided']],
    ['without a status', { messageUUID: 'm', callbackMetaData }, ['a undecided']],
    ['metadata as the answer calls it', { status: 'SENT', metaData: callbackMetaData }, ['a stored']],
    [
      'of a text that is not ours',
      { status: 'SENT', messageUUID: 'm', callbackMetaData: {} },
      ['(m) stored'],
    ],
  ];
  for (const [title, document, expected] of cases) {
    test(title, () => assert.deepEqual(said(document, text), expected));
  }
});

test('property: whatever a callback holds, it names each message once, and throws nothing', () => {
  const uuid = fc.constantFrom('a', 'b', '__proto__', 'constructor');
  const near = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        saveMessageResponse: fc.oneof(
          fc.array(
            fc.record(
              { sourceUuid: fc.oneof(uuid, fc.jsonValue()), errors: fc.jsonValue(), status: fc.jsonValue() },
              { requiredKeys: [] },
            ),
          ),
          fc.jsonValue(),
        ),
        succesfullySubmittedSourceUuids: fc.oneof(fc.array(fc.oneof(uuid, fc.jsonValue())), fc.jsonValue()),
        failedSourceUuids: fc.oneof(fc.array(uuid), fc.jsonValue()),
        errors: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(near, fc.constantFrom(historical, text), (document, shape) => {
      const results = readCallback(document, shape);
      const keys = results.map(({ sourceUuid, messageUuid }) => sourceUuid ?? messageUuid);
      assert.equal(new Set(keys).size, keys.length);
      for (const { verdict, code } of results) assert.equal(verdict === 'failed', code !== null);
    }),
    { numRuns: 2_000 },
  );
});
