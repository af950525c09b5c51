import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/errors.ts';
import { faultsOf, recordOf, rejectOf } from '../support/compiled-mapping.ts';
import { TEXT_RULES, textMapping } from '../support/live-mapping.ts';

const record = (fields: Record<string, unknown> = {}) => recordOf({ Customer: 'customer-1', ...fields });

function itemOf(rules: Record<string, unknown> = {}, fields: Record<string, unknown> = {}) {
  const mapping = textMapping(rules);
  const result = mapping.map(record(fields));
  assert.ok(result.kind === 'message', JSON.stringify(result));
  return { ...result, wire: JSON.stringify(mapping.contract.identified(result.item, 'id-1')) };
}

test('a record becomes a text with its user, in the order of the reference, and nothing is filled in', () => {
  const { envelope, sentAtUtcMs, wire } = itemOf();
  assert.deepEqual(envelope, { departmentUuid: 'department-1', customerUuid: 'customer-1' });
  assert.equal(sentAtUtcMs, 0, 'reading order decides');
  assert.equal(
    wire,
    '{"userUuid":"user-1","messageAttributes":{"body":"Hello","isManual":false,"protocol":"TEXT","type":"OUTGOING"}}',
  );
});

test('every sending attribute of the reference can be given, sendVCard included', () => {
  const sending = {
    communicationValueOfCustomer: '+13105550123',
    sendSynchronously: true,
    callbackURL: 'https://hooks.example.com/t/1',
    callbackMetaData: { campaign: 'spring' },
    addTCPAFooter: false,
    addSignature: true,
    addFooter: true,
    sendVCard: true,
  };
  const rules = Object.entries(sending).map(([name, value]) => [
    `messageSendingAttributes.${name}`,
    { value },
  ]);
  const { item } = itemOf(Object.fromEntries(rules));
  assert.deepEqual(item.messageSendingAttributes, sending);
});

test('with a callback URL the message’s identity travels along, and comes back with the callback', () => {
  const url = { 'messageSendingAttributes.callbackURL': { value: 'https://hooks.example.com/t/1' } };
  const sent = (rules: Record<string, unknown>) => JSON.parse(itemOf(rules).wire).messageSendingAttributes;
  assert.deepEqual(sent(url).callbackMetaData, { backhaulSourceUuid: 'id-1' });
  const more = { ...url, 'messageSendingAttributes.callbackMetaData.campaign': { value: 'spring' } };
  assert.deepEqual(sent(more).callbackMetaData, { campaign: 'spring', backhaulSourceUuid: 'id-1' });
  assert.equal(sent({ 'messageSendingAttributes.addFooter': { value: true } }).callbackMetaData, undefined);
});

for (const type of ['INCOMING', 'NOTE', 'DRAFT', 'DISCARDED_DRAFT']) {
  test(`${type} is history and is not sent to anybody`, () => {
    const mapping = textMapping({ 'messageAttributes.type': 'Type' });
    assert.deepEqual(faultsOf(mapping.map(record({ Type: type }))), ['messageAttributes.type NOT_SENDABLE']);
    assert.match(rejectOf(mapping.map(record({ Type: type }))).errors[0]?.fix ?? '', /mykaarma-historical/);
  });
}

const REFUSED: readonly [string, Record<string, unknown>, Record<string, unknown>, string][] = [
  [
    'an unknown type',
    { 'messageAttributes.type': 'Type' },
    { Type: 'SENT' },
    'messageAttributes.type NOT_IN_LIST',
  ],
  [
    'a call',
    { 'messageAttributes.protocol': 'Protocol' },
    { Protocol: 'VOICE_CALL' },
    'messageAttributes.protocol NOT_IN_LIST',
  ],
  ['no body', {}, { Text: '' }, 'messageAttributes.body REQUIRED'],
  ['a blank body', {}, { Text: ' \n ' }, 'messageAttributes.body REQUIRED'],
  ['no customer', {}, { Customer: ' ' }, 'customerUuid REQUIRED'],
  ['no user', { userUuid: 'User' }, { User: '' }, 'userUuid REQUIRED'],
  [
    'an e-mail address for a text',
    { 'messageSendingAttributes.communicationValueOfCustomer': 'To' },
    { To: 'jane@example.com' },
    'messageSendingAttributes.communicationValueOfCustomer NOT_A_PHONE_NUMBER',
  ],
  [
    'a phone number for an e-mail',
    {
      'messageAttributes.protocol': { value: 'EMAIL' },
      'messageSendingAttributes.communicationValueOfCustomer': 'To',
    },
    { To: '+13105550123' },
    'messageSendingAttributes.communicationValueOfCustomer NOT_AN_EMAIL',
  ],
  [
    'an e-mail to nobody',
    { 'messageAttributes.protocol': { value: 'EMAIL' } },
    {},
    'messageSendingAttributes.communicationValueOfCustomer NOT_AN_EMAIL',
  ],
  [
    'a callback to nowhere',
    { 'messageSendingAttributes.callbackURL': 'Url' },
    { Url: 'ftp://hooks.example.com' },
    'messageSendingAttributes.callbackURL NOT_A_URL',
  ],
];
for (const [what, rules, fields, fault] of REFUSED) {
  test(`${what} is refused`, () => {
    assert.deepEqual(faultsOf(textMapping(rules).map(record(fields))), [fault]);
  });
}

test('an e-mail goes to its address', () => {
  const { item } = itemOf(
    {
      'messageAttributes.protocol': { value: 'EMAIL' },
      'messageSendingAttributes.communicationValueOfCustomer': 'To',
    },
    { To: 'jane@example.com' },
  );
  assert.deepEqual(item.messageSendingAttributes, { communicationValueOfCustomer: 'jane@example.com' });
});

test('rules for everything that a text needs are asked for, and fields of history are unknown', () => {
  for (const key of Object.keys(TEXT_RULES)) {
    assert.throws(
      () => textMapping({ [key]: undefined }),
      (error: unknown) =>
        error instanceof UsageError && error.code === 'MISSING_RULE' && error.message.includes(key),
    );
  }
  for (const key of ['sentOn', 'messageAttributes.draftAttributes.draftStatus', 'notificationAttributes']) {
    assert.throws(
      () => textMapping({ [key]: 'At' }),
      (error: unknown) => error instanceof UsageError && error.code === 'UNKNOWN_REQUEST_FIELD',
    );
  }
});

test('whether texts may repeat is part of the fingerprint', () => {
  const allowed = textMapping({}, { allowDuplicateTexts: true });
  assert.notEqual(textMapping().fingerprint, allowed.fingerprint);
  assert.deepEqual(
    [textMapping().contract.allowsRepeatedTexts, allowed.contract.allowsRepeatedTexts],
    [false, true],
  );
});
