import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSendResponse } from '../../src/destinations/read-send-response.ts';

/** The answer that the reference prints, with its placeholders. */
const SAMPLE = {
  customerUUID: 'customer',
  errors: [],
  messageUUID: 'message',
  metaData: { additionalProp1: 'string' },
  requestUUID: 'request',
  status: 'SUCCESS',
  warnings: [{ warningCode: 'LONG', warningDescription: 'sent in two parts' }],
};
const ERROR = { errorCode: 'OPTED_OUT', errorDescription: 'does not want texts', errorUID: 'e-1' };

const read = (changes: Record<string, unknown>) =>
  readSendResponse(JSON.stringify({ ...SAMPLE, ...changes }));

test('what the reference prints is accepted, and its identifiers and warnings are kept', () => {
  assert.deepEqual(read({}), {
    requestUuid: 'request',
    outcome: {
      ...{ state: 'accepted', code: null, error: null, messageUuid: 'message' },
      warnings: 'LONG: sent in two parts',
    },
  });
});

const CASES: readonly [string, Record<string, unknown>, string, string | null][] = [
  ['no messageUUID', { messageUUID: undefined }, 'accepted', null],
  ['no errors at all', { errors: null }, 'accepted', null],
  ['SUCCESS with errors', { errors: [ERROR] }, 'unknown', 'OPTED_OUT'],
  ['SUCCESS with errors and no messageUUID', { errors: [ERROR], messageUUID: null }, 'unknown', 'OPTED_OUT'],
  [
    'another status with errors',
    { status: 'FAILURE', errors: [ERROR], messageUUID: null },
    'failed',
    'OPTED_OUT',
  ],
  ['another status without a word', { status: 'FAILURE', messageUUID: '' }, 'failed', 'REFUSED'],
  ['another status with a messageUUID', { status: 'FAILURE' }, 'unknown', 'ANSWER_CONTRADICTORY'],
  ['errors alone', { status: undefined, errors: [ERROR], messageUUID: null }, 'failed', 'OPTED_OUT'],
  ['errors with a messageUUID', { status: null, errors: [ERROR] }, 'unknown', 'OPTED_OUT'],
  ['no status and no errors', { status: undefined }, 'unknown', 'ANSWER_UNREADABLE'],
];
for (const [title, changes, state, code] of CASES) {
  test(`${title}: ${state}`, () => {
    const { outcome } = read(changes);
    assert.deepEqual([outcome.state, outcome.code], [state, code]);
  });
}

test('property: accepted only where nothing speaks against it, failed only where nothing speaks for it', () => {
  const value = fc.oneof(fc.constantFrom('SUCCESS', 'FAILURE', '', null, undefined, 7), fc.jsonValue());
  fc.assert(
    fc.property(
      value,
      value,
      fc.oneof(fc.constantFrom([], [ERROR], [{}], null), fc.jsonValue()),
      (status, messageUUID, errors) => {
        const { outcome } = readSendResponse(JSON.stringify({ status, messageUUID, errors }));
        const hasErrors = Array.isArray(errors) && errors.some((entry) => entry !== null);
        if (outcome.state === 'accepted') assert.ok(status === 'SUCCESS' && !hasErrors);
        if (outcome.state === 'failed') assert.ok(status !== 'SUCCESS' && outcome.messageUuid === null);
      },
    ),
  );
});
