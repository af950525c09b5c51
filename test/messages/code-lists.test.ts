import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BUTTON_THEMES,
  DRAFT_FAILURE_REASONS,
  DRAFT_STATUSES,
  MESSAGE_TAGS,
  MESSAGE_TYPES,
  PROTOCOLS,
  PURPOSES,
} from '../../src/messages/code-lists.ts';

/** Counted in the save-historical-message reference: list, number of values, first, last. */
const EXPECTED: Record<string, [readonly string[], number, string, string]> = {
  type: [MESSAGE_TYPES, 5, 'DRAFT', 'NOTE'],
  protocol: [PROTOCOLS, 4, 'TEXT', 'NONE'],
  purpose: [PURPOSES, 113, 'F', 'VOICEBOT_CALL_SUMMARY'],
  tags: [MESSAGE_TAGS, 1, 'TRASH', 'TRASH'],
  draftStatus: [DRAFT_STATUSES, 6, 'SCHEDULED', 'QUEUED'],
  draftFailureReason: [
    DRAFT_FAILURE_REASONS,
    24,
    'MDL_EVENT_UNDER_TIME_LIMIT_REASON',
    'USER_NOT_FOUND_OR_INVALID',
  ],
  buttonTheme: [BUTTON_THEMES, 4, 'PRIMARY', 'QUATERNARY'],
};

for (const [field, [list, count, first, last]] of Object.entries(EXPECTED)) {
  test(`the list of ${field} holds the ${count} values of the reference, each once`, () => {
    assert.equal(list.length, count);
    assert.equal(new Set(list).size, count);
    assert.equal(list[0], first);
    assert.equal(list.at(-1), last);
  });
}

test('spellings of the reference that look like slips are kept', () => {
  assert.ok(DRAFT_FAILURE_REASONS.includes('USER_DOES_NOT_HAVE_AUTHORITY_TEXING_MANUAL'));
  assert.ok(PURPOSES.includes('CASessStrt'));
  assert.ok(PURPOSES.includes('FinInviteM'));
});
