import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageRuleErrors, type RuledItem } from '../../src/messages/historical-rules.ts';

const NOW_MS = Date.UTC(2025, 2, 28);
const SENT = { sentOn: '2025-03-01T00:00:00.000Z' };

function codes(item: RuledItem, allowScheduledDrafts = false): string[] {
  return messageRuleErrors(item, { nowMs: NOW_MS, allowScheduledDrafts }).map(
    ({ field, code }) => `${field} ${code}`,
  );
}

test('one of sentOn and receivedOn is required', () => {
  assert.deepEqual(codes({ messageAttributes: { body: 'Hi' } }), ['sentOn REQUIRED']);
  assert.deepEqual(codes({ receivedOn: SENT.sentOn, messageAttributes: { body: 'Hi' } }), []);
});

test('a body is required unless the message is a call or has attachments', () => {
  assert.deepEqual(codes({ ...SENT, messageAttributes: {} }), ['messageAttributes.body REQUIRED']);
  assert.deepEqual(codes(SENT), ['messageAttributes.body REQUIRED']);
  assert.deepEqual(codes({ ...SENT, messageAttributes: { body: '', attachments: [] } }), [
    'messageAttributes.body REQUIRED',
  ]);
  assert.deepEqual(codes({ ...SENT, messageAttributes: { protocol: 'VOICE_CALL' } }), []);
  assert.deepEqual(codes({ ...SENT, messageAttributes: { attachments: [{}] } }), []);
});

for (const [title, draftAttributes, field] of [
  ['SCHEDULED', { draftStatus: 'SCHEDULED' }, 'draftStatus'],
  ['QUEUED', { draftStatus: 'QUEUED' }, 'draftStatus'],
  ['scheduled a millisecond from now', { scheduledOn: '2025-03-28T00:00:00.001Z' }, 'scheduledOn'],
  ['scheduled for a time that cannot be read', { scheduledOn: 'tomorrow at ten' }, 'scheduledOn'],
  ['scheduled for a time without offset', { scheduledOn: '2020-01-01T00:00:00' }, 'scheduledOn'],
] as const) {
  test(`a draft that is ${title} is refused unless the user allows it`, () => {
    const item = { ...SENT, messageAttributes: { body: 'Hi', draftAttributes } };
    assert.deepEqual(codes(item), [`messageAttributes.draftAttributes.${field} LIVE_DRAFT`]);
    assert.deepEqual(codes(item, true), []);
  });
}

test('drafts of the past are history', () => {
  const draftAttributes = { draftStatus: 'SENT', scheduledOn: '2025-03-27T16:59:59-07:00' };
  assert.deepEqual(codes({ ...SENT, messageAttributes: { body: 'Hi', draftAttributes } }), []);
});
