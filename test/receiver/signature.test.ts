import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createTokenCheck, isSigned } from '../../src/receiver/signature.ts';

const bytes = fc.uint8Array({ maxLength: 200 });
const secret = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' });

function sign(body: Uint8Array, key: string): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

suite('signatures', () => {
  test('the value of RFC 4231, test case 2, is taken', () => {
    const body = Buffer.from('what do ya want for nothing?');
    const hex = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    assert.ok(isSigned(body, `sha256=${hex}`, ['Jefe']));
  });

  test('property: a signature under any of the secrets is taken, in either case', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (body, secrets, pick) => {
          const signed = sign(body, secrets[pick % secrets.length] as string);
          assert.ok(isSigned(body, signed, secrets));
          assert.ok(isSigned(body, `sha256=${signed.slice(7).toUpperCase()}`, secrets));
        },
      ),
    );
  });

  test('property: a signature under another secret is refused', () => {
    fc.assert(
      fc.property(bytes, secret, secret, (body, right, wrong) => {
        fc.pre(right !== wrong && !sameKey(right, wrong));
        assert.equal(isSigned(body, sign(body, wrong), [right]), false);
      }),
    );
  });

  test('property: a body that differs in one bit is refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        secret,
        fc.nat(),
        fc.nat(7),
        (body, key, at, bit) => {
          const changed = Uint8Array.from(body);
          changed[at % body.length] = (changed[at % body.length] as number) ^ (1 << bit);
          assert.equal(isSigned(changed, sign(body, key), [key]), false);
        },
      ),
    );
  });

  test('property: whatever else stands in the header is refused, and throws nothing', () => {
    fc.assert(
      fc.property(
        bytes,
        secret,
        fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
        (body, key, given) => {
          assert.equal(isSigned(body, given, [key]), false);
        },
      ),
    );
  });

  test('a right signature is refused when anything stands around it, or when it is cut', () => {
    const body = Buffer.from('body');
    const signed = sign(body, 'key');
    for (const given of [
      signed.slice(7),
      signed.replace('sha256', 'sha512'),
      ` ${signed}`,
      `${signed}\n`,
      `${signed}00`,
      signed.slice(0, -1),
      signed.slice(0, -2),
      `${signed}, ${signed}`,
      'sha256=',
      '',
    ]) {
      assert.equal(isSigned(body, given, ['key']), false, JSON.stringify(given));
    }
  });

  test('without secrets nothing is signed', () => {
    assert.equal(isSigned(Buffer.from('body'), sign(Buffer.from('body'), 'key'), []), false);
  });
});

suite('tokens', () => {
  test('property: exactly the tokens of the list are taken', () => {
    fc.assert(
      fc.property(fc.array(secret, { maxLength: 4 }), secret, (tokens, given) => {
        const isToken = createTokenCheck(tokens);
        const asHeader = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
        for (const token of tokens) assert.ok(isToken(asHeader(token)));
        assert.equal(
          isToken(asHeader(given)),
          tokens.some((token) => sameBytes(token, given)),
        );
      }),
    );
  });

  test('nothing is no token, even if the list has an empty one', () => {
    const isToken = createTokenCheck(['']);
    assert.equal(isToken(undefined), false);
    assert.equal(isToken(''), false);
  });
});

/** Lone surrogates have no UTF-8 of their own. */
function sameBytes(a: string, b: string): boolean {
  return Buffer.from(a, 'utf8').equals(Buffer.from(b, 'utf8'));
}

/** HMAC fills short keys up with NUL (RFC 2104). */
function sameKey(a: string, b: string): boolean {
  return sameBytes(a.replace(/\0+$/, ''), b.replace(/\0+$/, ''));
}
