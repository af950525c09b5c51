import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../../src/config/schema.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import { configOf, faultsOf, messageOf, recordOf, rejectOf } from '../support/compiled-mapping.ts';

const TYPE = 'messageAttributes.type';
const codes = { direction: { in: 'INCOMING', ' out ': 'OUTGOING' } };

function mappingWith(rule: unknown, tables: object = codes) {
  const config = configSchema.parse({ ...configOf({ rules: { [TYPE]: rule } }), codes: tables });
  return compileMapping({ config, lookups: new Map(), mapper: null, clock: { nowMs: () => 0 } });
}

test('a code table replaces codes as a map does', () => {
  const mapping = mappingWith({ from: 'Dir', codes: 'direction' });
  for (const [Dir, type] of [
    ['in', 'INCOMING'],
    ['out ', 'OUTGOING'],
  ]) {
    assert.equal(messageOf(mapping.map(recordOf({ Dir }))).item.messageAttributes.type, type);
  }
});

test('an unknown code rejects the record, and the fix names the key to add, not the code', () => {
  const result = mappingWith({ from: 'Dir', codes: 'direction' }).map(recordOf({ Dir: 'sideways' }));
  assert.deepEqual(faultsOf(result), [`${TYPE} NOT_MAPPED`]);
  assert.match(rejectOf(result).errors[0]?.fix ?? '', /codes\.direction/);
  assert.doesNotMatch(JSON.stringify(result), /sideways/);
});

test('a table that is not there, and a meaning that the API refuses, are told before the first record', () => {
  assert.throws(() => mappingWith({ from: 'Dir', codes: 'directions' }), {
    code: 'UNKNOWN_CODE_TABLE',
    fix: /Did you mean direction\?/,
  });
  assert.throws(() => mappingWith({ from: 'Dir', codes: 'direction' }, { direction: { in: 'INCOMMING' } }), {
    code: 'BAD_CONSTANT',
    message: /codes\.direction\["in"\]/,
  });
});

test('a changed table changes the fingerprint', () => {
  const rule = { from: 'Dir', codes: 'direction' };
  const other = { direction: { ...codes.direction, back: 'INCOMING' } };
  assert.notEqual(mappingWith(rule).fingerprint, mappingWith(rule, other).fingerprint);
});

test('a rule has either a map or a code table', () => {
  assert.throws(() => mappingWith({ from: 'Dir', map: {}, codes: 'direction' }), /at most one of/);
});

test('sightings tell each code of type and protocol, what it is taken for, and whatever becomes of the record', () => {
  const mapping = mappingWith({ from: 'Dir', map: { in: 'INCOMING' }, otherwise: 'NOTE' });
  const sighted = (Dir: unknown) => mapping.codesOf(recordOf({ Dir }));
  const nobody = { from: null, to: null };
  assert.deepEqual(sighted('in'), [{ field: TYPE, code: 'in', meaning: 'INCOMING', ...nobody }]);
  assert.deepEqual(sighted('x'), [{ field: TYPE, code: 'x', meaning: 'NOTE', ...nobody }]);
  assert.deepEqual(sighted(''), []);
  assert.deepEqual(mappingWith({ value: 'NOTE' }).codesOf(recordOf()), []);
  const unknown = mappingWith({ from: 'Dir', codes: 'direction' }).codesOf(recordOf({ Dir: 'x' }));
  assert.deepEqual(unknown, [{ field: TYPE, code: 'x', meaning: null, ...nobody }]);
});
