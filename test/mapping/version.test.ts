import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, mappingWith, messageOf, recordOf } from '../support/compiled-mapping.ts';

const NEWEST = Date.UTC(2025, 8, 27, 14, 32);

function versionOf(rule: unknown, cell: unknown): number | null {
  return messageOf(mappingWith({ rules: { version: rule } }).map(recordOf({ Changed: cell }))).version;
}

test('without a rule no message has a version', () => {
  assert.equal(messageOf(mappingWith().map(recordOf())).version, null);
});

test('a version is Unix milliseconds, as a number or as text', () => {
  for (const cell of [NEWEST, String(NEWEST), ` ${NEWEST} `])
    assert.equal(versionOf('Changed', cell), NEWEST);
});

test('a version may be a time in any format that a rule can read', () => {
  const time = { formats: ['yyyy-MM-dd HH:mm:ss'], zone: 'UTC' };
  assert.equal(versionOf({ from: 'Changed', time }, '2025-09-27 14:32:00'), NEWEST);
});

test('a record without a version is a message without one', () => {
  for (const cell of [undefined, null, '', ' ']) assert.equal(versionOf('Changed', cell), null);
});

test('what is neither rejects the record, and is not quoted', () => {
  const result = mappingWith({ rules: { version: 'Changed' } }).map(recordOf({ Changed: 'yesterday' }));
  assert.deepEqual(faultsOf(result), ['version VERSION_UNREADABLE']);
  assert.doesNotMatch(JSON.stringify(result), /yesterday/);
});
