import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UsageError } from '../../src/errors.ts';
import type { MappedMessages } from '../../src/mapping/mapping.ts';
import { faultsOf, recordOf } from '../support/compiled-mapping.ts';
import { SENDER, WHATSAPP_RULES, whatsappMapping } from '../support/live-mapping.ts';

const TO = '+13105550123';
const record = (fields: Record<string, unknown> = {}) => recordOf({ To: TO, ...fields });

function itemOf(rules: Record<string, unknown> = {}, fields: Record<string, unknown> = {}) {
  const result = whatsappMapping(rules).map(record(fields));
  assert.ok(result.kind === 'message', JSON.stringify(result));
  return result;
}

function severalOf(To: unknown, rules: Record<string, unknown> = {}): MappedMessages {
  const result = whatsappMapping(rules).map(record({ To }));
  assert.ok(result.kind === 'several', JSON.stringify(result));
  return result;
}

test('a record becomes a message to its recipient, in the order of the reference; sender and recipient are the conversation', () => {
  const { envelope, item, sentAtUtcMs } = itemOf();
  assert.deepEqual(envelope, { departmentUuid: SENDER, customerUuid: TO });
  assert.equal(sentAtUtcMs, 0, 'reading order decides');
  assert.equal(
    JSON.stringify(item),
    `{"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"${TO}","type":"text","text":{"body":"Hello"}}}`,
  );
});

test('preview_url is true or false in the mapping, and a text on the wire', () => {
  const rules = { 'messaging_object.text.preview_url': 'Preview' };
  const sent = (Preview: unknown) =>
    JSON.stringify((itemOf(rules, { Preview }).item.messaging_object as { text: unknown }).text);
  assert.equal(sent('yes'), '{"preview_url":"true","body":"Hello"}');
  assert.equal(sent(false), '{"preview_url":"false","body":"Hello"}');
  assert.deepEqual(faultsOf(whatsappMapping(rules).map(record({ Preview: 'maybe' }))), [
    'messaging_object.text.preview_url WRONG_TYPE',
  ]);
});

test('refs and source travel along', () => {
  const info = { ref: 'customer1', ref1: 'marketing', ref2: 'x'.repeat(255), wa_source: 'salesforce' };
  const rules = Object.entries(info).map(([name, value]) => [`extra_info.${name}`, { value }]);
  assert.deepEqual(itemOf(Object.fromEntries(rules)).item.extra_info, info);
});

test('property: a body is taken up to 4,096 UTF-16 units, whatever characters they make', () => {
  fc.assert(
    fc.property(fc.constantFrom('a', 'é', '🚗'), fc.integer({ min: 4_090, max: 4_100 }), (letter, units) => {
      const Text = letter
        .repeat(Math.ceil(units / letter.length))
        .slice(0, units)
        .toWellFormed();
      const result = whatsappMapping().map(record({ Text }));
      assert.equal(result.kind, units <= 4_096 ? 'message' : 'rejected');
    }),
  );
});

const REFUSED: readonly [string, Record<string, unknown>, Record<string, unknown>, string][] = [
  ['a body of 4,097 units', {}, { Text: 'x'.repeat(4_097) }, 'messaging_object.text.body TOO_LONG'],
  ['no body', {}, { Text: '' }, 'messaging_object.text.body REQUIRED'],
  ['a blank body', {}, { Text: '\n' }, 'messaging_object.text.body REQUIRED'],
  ['nobody to get it', {}, { To: '' }, 'messaging_object.to REQUIRED'],
  ['nobody but commas', {}, { To: ' , ' }, 'messaging_object.to REQUIRED'],
  ['a number without its country', {}, { To: '3105550123' }, 'messaging_object.to NOT_E164'],
  ['a number with letters', {}, { To: '+1310555CARS' }, 'messaging_object.to NOT_E164'],
  ['one bad number among several', {}, { To: `${TO},12` }, 'messaging_object.to NOT_E164'],
  ['a number that is none', {}, { To: [7] }, 'messaging_object.to NOT_E164'],
  ['the sender itself', {}, { To: SENDER }, 'messaging_object.to RECIPIENT_IS_SENDER'],
  [
    'a ref that the API would cut',
    { 'extra_info.ref1': 'Ref' },
    { Ref: 'x'.repeat(256) },
    'extra_info.ref1 TOO_LONG',
  ],
  [
    'a source of its own',
    { 'extra_info.wa_source': 'S' },
    { S: 'backhaul' },
    'extra_info.wa_source NOT_IN_LIST',
  ],
  ['another type', { 'messaging_object.type': 'T' }, { T: 'template' }, 'messaging_object.type NOT_IN_LIST'],
  [
    'a group',
    { 'messaging_object.recipient_type': 'R' },
    { R: 'group' },
    'messaging_object.recipient_type NOT_IN_LIST',
  ],
];
for (const [what, rules, fields, fault] of REFUSED) {
  test(`${what} is refused`, () => {
    assert.deepEqual(faultsOf(whatsappMapping(rules).map(record(fields))), [fault]);
  });
}

test('several recipients are several messages with one identity, each recipient once', () => {
  const OTHER = '+13105550124';
  const [first, second, ...more] = severalOf(`${TO}, ${OTHER},${TO}`).messages;
  assert.deepEqual(more, []);
  assert.deepEqual([first?.recipient, second?.recipient], [TO, OTHER]);
  assert.deepEqual(second?.envelope, { departmentUuid: SENDER, customerUuid: OTHER });
  assert.match(JSON.stringify(second?.item), /"to":"\+13105550124"/);
  const split = { 'messaging_object.to': { from: 'To', split: ';', phone: 'US' } };
  for (const given of [severalOf([TO, OTHER]), severalOf('(310) 555-0123; 310 555 0124', split)]) {
    assert.deepEqual(
      given.messages.map(({ recipient }) => recipient),
      [TO, OTHER],
    );
  }
});

test('rules for everything that a message needs are asked for; departments and customers are none', () => {
  for (const key of Object.keys(WHATSAPP_RULES)) {
    assert.throws(
      () => whatsappMapping({ [key]: undefined }),
      (error: unknown) =>
        error instanceof UsageError && error.code === 'MISSING_RULE' && error.message.includes(key),
    );
  }
  for (const key of ['departmentUuid', 'customerUuid', 'messageAttributes.body']) {
    assert.throws(
      () => whatsappMapping({ [key]: 'Text' }),
      (error: unknown) => error instanceof UsageError && error.code === 'UNKNOWN_REQUEST_FIELD',
    );
  }
});
