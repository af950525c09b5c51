import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashedSourceUuid, identityDigest } from '../../src/messages/identity.ts';

test('a sourceUuid once given is given for ever: these are part of people’s ledgers', () => {
  const digest = identityDigest(['+13105550100', '2024-03-01 09:00:00', 'Ok']);
  assert.equal(digest.toString('hex'), 'bac31e959b2ec9d2761887b81a5a191b');
  assert.equal(hashedSourceUuid(digest, 0), '83fb6227-3e17-502d-a8d3-4b9d76f3aec2');
  assert.equal(hashedSourceUuid(digest, 1), '6a1dbb13-9e90-512e-bbfc-fd5f67507cca');
});

test('a hashed sourceUuid is a UUID of version 5 and of the RFC variant', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.nat(), (values, occurrence) => {
      assert.match(
        hashedSourceUuid(identityDigest(values), occurrence),
        /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }),
  );
});

test('line ends, outer blanks and Unicode composition make no difference', () => {
  const plain = identityDigest(['caf\u00e9\nau lait']);
  assert.deepEqual(identityDigest(['  cafe\u0301\r\nau lait\u00a0']), plain);
  assert.deepEqual(identityDigest(['caf\u00e9\rau lait']), plain);
});

test('where a value ends and the next begins makes a difference', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
      fc.pre(a.trim() !== '' && b.trim() !== '');
      assert.notDeepEqual(identityDigest([a, b]), identityDigest([a + b]));
      assert.notDeepEqual(identityDigest([a, b]), identityDigest([a + b, '']));
    }),
  );
});

test('equal records of one file differ by their number', () => {
  const digest = identityDigest(['Ok']);
  const uuids = Array.from({ length: 1_000 }, (_, occurrence) => hashedSourceUuid(digest, occurrence));
  assert.equal(new Set(uuids).size, 1_000);
});
