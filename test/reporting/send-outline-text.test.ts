import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SendOutline } from '../../src/pipeline/summary.ts';
import { sendOutlineText } from '../../src/reporting/send-outline-text.ts';

const OUTLINE: SendOutline = {
  messages: 1_234,
  customers: 1_000,
  departments: [{ departmentUuid: 'dept-a', messages: 1_234 }],
  examples: [{ departmentUuid: 'dept-a', customerUuid: '+13105550123', text: 'Ready' }],
};
const textOf = (changes: Partial<SendOutline> = {}) =>
  sendOutlineText({ ...OUTLINE, ...changes }, { destinationType: 'mykaarma-text' });

test('counts and departments are told, most messages first, as many as can be read', () => {
  assert.match(textOf(), /^1,234 messages to 1,000 customers, sent by mykaarma-text/);
  const departments = Array.from({ length: 13 }, (_, index) => {
    return { departmentUuid: `dept-${index}`, messages: 100 - index };
  });
  const text = textOf({ departments });
  assert.match(text, /dept-0 +100/);
  assert.match(text, /dept-9 +91\n +and 3 more departments/);
  assert.doesNotMatch(text, /dept-10/);
});

test('customers stay unnamed, texts are cut after 40 characters, and none of it drives the terminal', () => {
  const example = (customerUuid: string, text: string) =>
    textOf({ examples: [{ departmentUuid: 'd', customerUuid, text }] })
      .split('\n')
      .at(-2);
  assert.match(example('+13105550123', 'Ready') ?? '', /^ +d +…0123 +Ready$/);
  assert.match(example('ab', 'Ready') ?? '', /^ +d +… +Ready$/);
  assert.match(example('c-1234', '🚗'.repeat(41)) ?? '', /…1234 +(?:🚗){40}…$/u);
  assert.match(example('c-1234', '🚗'.repeat(40)) ?? '', /…1234 +(?:🚗){40}$/u);
  assert.match(example('c-1234', 'a\x1b[2Jb\nc') ?? '', /a\\x1b\[2Jb\\nc$/);
});
