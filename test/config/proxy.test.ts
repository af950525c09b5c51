import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, proxyFor } from '../../src/config/proxy.ts';
import { UsageError } from '../../src/errors.ts';

const API = 'https://api.example.com/base';
const PROXY = 'http://proxy.example.com:3128';

const via = (env: Environment, baseUrl = API) => proxyFor(baseUrl, env)?.href ?? null;

test('HTTPS_PROXY is for https, HTTP_PROXY for http; lower case comes first', () => {
  assert.equal(via({}), null);
  assert.equal(via({ HTTPS_PROXY: PROXY }), `${PROXY}/`);
  assert.equal(via({ https_proxy: PROXY, HTTPS_PROXY: 'http://other:1' }), `${PROXY}/`);
  assert.equal(via({ HTTP_PROXY: PROXY, http_proxy: PROXY }), null);
  assert.equal(via({ HTTP_PROXY: PROXY }, 'http://api.example.com'), `${PROXY}/`);
  assert.equal(via({ http_proxy: PROXY }, 'http://api.example.com'), `${PROXY}/`);
  assert.equal(via({ HTTPS_PROXY: PROXY }, 'http://api.example.com'), null);
});

test('an empty variable means no proxy, in lower case even where the upper-case one has a value', () => {
  assert.equal(via({ HTTPS_PROXY: '' }), null);
  assert.equal(via({ HTTPS_PROXY: ' ' }), null);
  assert.equal(via({ https_proxy: '', HTTPS_PROXY: PROXY }), null);
});

test('a proxy may be named without a scheme, or with TLS', () => {
  assert.equal(via({ HTTPS_PROXY: 'proxy.example.com:3128' }), `${PROXY}/`);
  assert.equal(via({ HTTPS_PROXY: '192.0.2.1:8080' }), 'http://192.0.2.1:8080/');
  assert.equal(via({ HTTPS_PROXY: 'https://proxy.example.com' }), 'https://proxy.example.com/');
});

test('this machine itself is never reached through a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'api.localhost']) {
    assert.equal(via({ HTTPS_PROXY: PROXY }, `https://${host}:8443`), null, host);
    assert.equal(via({ HTTP_PROXY: PROXY }, `http://${host}`), null, host);
  }
});

test('NO_PROXY names hosts with their subdomains, addresses, ports, or everything', () => {
  const exempt = (noProxy: string, baseUrl = API) =>
    via({ HTTPS_PROXY: PROXY, NO_PROXY: noProxy }, baseUrl) === null;
  for (const list of [
    '*',
    'api.example.com',
    'example.com',
    '.example.com',
    '*.example.com',
    'API.Example.COM',
  ]) {
    assert.ok(exempt(list), list);
  }
  for (const list of ['a, b,example.com', 'a example.com\tb', ',,example.com,', 'api.example.com:443']) {
    assert.ok(exempt(list), list);
  }
  for (const list of [
    '',
    ',',
    'pi.example.com',
    'ample.com',
    'api.example.com:8443',
    'com.',
    '.',
    ':443',
    'x*',
  ]) {
    assert.ok(!exempt(list), list);
  }
  assert.ok(exempt('api.example.com:8443', 'https://api.example.com:8443'));
  assert.ok(exempt('192.0.2.7', 'https://192.0.2.7'));
  assert.ok(exempt('[2001:db8::1]', 'https://[2001:db8::1]'));
  assert.ok(exempt('2001:db8::1', 'https://[2001:db8::1]'));
  assert.ok(exempt('[2001:db8::1]:444', 'https://[2001:db8::1]:444'));
  assert.ok(!exempt('[2001:db8::1]:444', 'https://[2001:db8::1]'));
  assert.equal(via({ HTTPS_PROXY: PROXY, no_proxy: 'example.com' }), null);
  assert.notEqual(via({ HTTPS_PROXY: PROXY, no_proxy: '', NO_PROXY: '*' }), null);
});

test('what is no HTTP proxy is an error that says which variable, and never what it holds', () => {
  for (const value of [
    'socks5://u:planted@p:1080',
    'http://',
    'http://u:planted%zz@p:1',
    'planted planted',
  ]) {
    for (const name of ['https_proxy', 'HTTPS_PROXY']) {
      assert.throws(
        () => proxyFor(API, { [name]: value }),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.equal(error.code, 'BAD_PROXY');
          assert.ok(error.message.includes(name));
          assert.doesNotMatch(
            JSON.stringify([error.message, error.fix, error.stack, error.cause]),
            /planted/,
          );
          return true;
        },
      );
    }
  }
  assert.equal(
    proxyFor(API, { HTTPS_PROXY: 'socks5://p:1', NO_PROXY: '*' }),
    null,
    'unless it is not needed',
  );
});
