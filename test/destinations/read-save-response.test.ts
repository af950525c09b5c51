import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readNamedFaults, readSaveResponse } from '../../src/destinations/read-save-response.ts';

const read = (document: unknown, uuids: readonly string[] = ['a']) =>
  readSaveResponse(JSON.stringify(document), uuids);
const stateOf = (document: unknown) => read(document).outcomes[0]?.state;
const withError = { sourceUuid: 'a', errors: [{ errorCode: 'E1', errorDescription: 'why' }] };

test('accepted: listed as submitted, not as failed, and without item errors', () => {
  assert.deepEqual(
    read({
      saveMessageResponse: [{ sourceUuid: 'a', messageUuid: 'm', errors: [], warnings: null }],
      succesfullySubmittedSourceUuids: ['a'],
      failedSourceUuids: null,
    }),
    {
      outcomes: [{ state: 'accepted', code: null, error: null, messageUuid: 'm', warnings: null }],
      strangers: 0,
    },
  );
  assert.equal(stateOf({ succesfullySubmittedSourceUuids: ['a'] }), 'accepted');
});

test('failed: listed as failed, as both, or as submitted with item errors', () => {
  assert.equal(stateOf({ failedSourceUuids: ['a'] }), 'failed');
  assert.equal(stateOf({ succesfullySubmittedSourceUuids: ['a'], failedSourceUuids: ['a'] }), 'failed');
  assert.equal(
    stateOf({ succesfullySubmittedSourceUuids: ['a'], saveMessageResponse: [withError] }),
    'failed',
  );
  assert.equal(
    stateOf({
      succesfullySubmittedSourceUuids: ['a'],
      saveMessageResponse: [{ sourceUuid: 'a', errors: [{}] }],
    }),
    'failed',
  );
});

test('unknown: listed nowhere, whatever else the answer says', () => {
  for (const document of [
    {},
    { succesfullySubmittedSourceUuids: null, failedSourceUuids: null },
    { succesfullySubmittedSourceUuids: [], failedSourceUuids: [] },
    { succesfullySubmittedSourceUuids: 'a' },
    { succesfullySubmittedSourceUuids: { a: true } },
    { successfullySubmittedSourceUuids: ['a'] },
    { succesfullySubmittedSourceUuids: ['A', ' a', null, 7] },
    { saveMessageResponse: [withError] },
    { saveMessageResponse: [{ sourceUuid: 'a', messageUuid: 'm' }] },
    { errors: [{ errorCode: 'E' }] },
  ]) {
    assert.equal(stateOf(document), 'unknown', JSON.stringify(document));
  }
});

test('a message listed nowhere carries the request-level error', () => {
  const [outcome] = read({ errors: [{ errorCode: 'DOWN', errorDescription: 'later' }] }).outcomes;
  assert.deepEqual([outcome?.state, outcome?.code, outcome?.error], ['unknown', 'DOWN', 'later']);
});

test('an answer that is no JSON object leaves everything unknown', () => {
  for (const text of [null, '', 'OK', 'null', '[]', '"a"', '{"succesfullySubmittedSourceUuids":["a"]']) {
    assert.equal(readSaveResponse(text, ['a']).outcomes[0]?.code, 'ANSWER_UNREADABLE');
  }
});

test('codes, descriptions, identifiers and warnings are kept', () => {
  const { outcomes } = read({
    saveMessageResponse: [
      {
        sourceUuid: 'a',
        messageUuid: 'm',
        errors: [
          { errorCode: 'E1', errorDescription: 'first' },
          { errorCode: 'E2', errorDescription: 'second' },
        ],
        warnings: [{ warningCode: 'W1', warningDescription: 'careful' }, { warningCode: 'W2' }],
      },
    ],
    failedSourceUuids: ['a'],
  });
  assert.deepEqual(outcomes, [
    { state: 'failed', code: 'E1', error: 'first; second', messageUuid: 'm', warnings: 'W1: careful; W2' },
  ]);
});

test('descriptions are shortened and lose their control characters; codes are one word', () => {
  const { outcomes } = read({
    saveMessageResponse: [
      {
        sourceUuid: 'a',
        errors: [{ errorCode: 'NOT\u0000 OK', errorDescription: `a\u001b[31mb\r\n${'x'.repeat(5_000)}` }],
      },
    ],
    failedSourceUuids: ['a'],
  });
  assert.equal(outcomes[0]?.code, 'NOT_OK');
  assert.match(outcomes[0]?.error ?? '', /^a \[31mb x+…$/);
  assert.equal(outcomes[0]?.error?.length, 300);
});

test('identifiers that were never sent are counted once each and otherwise ignored', () => {
  const { outcomes, strangers } = read(
    {
      saveMessageResponse: [{ sourceUuid: 'x' }, { sourceUuid: 'y' }],
      succesfullySubmittedSourceUuids: ['a', 'x', 'x'],
      failedSourceUuids: ['z'],
    },
    ['a', 'b'],
  );
  assert.deepEqual(
    outcomes.map((outcome) => outcome.state),
    ['accepted', 'unknown'],
  );
  assert.equal(strangers, 3);
});

test('a refusal names the messages that it lists as failed or gives errors for', () => {
  const text = JSON.stringify({ saveMessageResponse: [withError], failedSourceUuids: ['c', 'stranger'] });
  const { guilty, submitted } = readNamedFaults(text, ['a', 'b', 'c']);
  assert.deepEqual(
    guilty?.map((outcome) => outcome?.code ?? null),
    ['E1', null, 'REFUSED'],
  );
  assert.equal(submitted, false);
  assert.equal(readNamedFaults(text, ['b']).guilty, null);
  assert.equal(readNamedFaults('<html>', ['a']).guilty, null);
});

test('property: one outcome per message, accepted only if listed so and nowhere against it', () => {
  const uuid = fc.constantFrom('a', 'b', 'c', 'x', '__proto__');
  const anything = fc.oneof(fc.jsonValue(), fc.array(uuid));
  const item = fc.record({
    sourceUuid: uuid,
    errors: fc.oneof(fc.constant([]), fc.constant(null), fc.jsonValue()),
  });
  const document = fc.record(
    {
      saveMessageResponse: fc.oneof(fc.array(item), fc.jsonValue()),
      succesfullySubmittedSourceUuids: anything,
      failedSourceUuids: anything,
      errors: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const sent = ['a', 'b', 'c', '__proto__'];
  fc.assert(
    fc.property(document, (answer) => {
      const { outcomes } = read(answer, sent);
      assert.equal(outcomes.length, sent.length);
      const listed = (value: unknown, name: string) => Array.isArray(value) && value.includes(name);
      for (const [index, outcome] of outcomes.entries()) {
        const name = sent[index] as string;
        const yes = listed(answer.succesfullySubmittedSourceUuids, name);
        const no = listed(answer.failedSourceUuids, name);
        if (outcome.state === 'accepted') assert.ok(yes && !no);
        assert.equal(outcome.state === 'unknown', !yes && !no);
      }
    }),
  );
});
