import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  AUTHORIZATION,
  archived,
  archiveNames,
  CALLBACK_TOKEN,
  deliverEvent,
  eventBody,
  rawConnection,
  receiverFor,
  type TestReceiver,
} from '../support/receiver.ts';

const QUICK = { headersMs: 300, requestMs: 300, keepAliveMs: 100, checkMs: 50 };

const STATUSES = new Set([200, 400, 401, 404, 405, 408, 413, 415, 417, 431, 501, 503]);

/** Text that would be found in an answer if anything of a request were ever put there. */
const MARK = 'QzXwVu';

const method = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'post',
  MARK,
);
const path = fc.oneof(
  fc.constantFrom(
    '/health',
    '/events/mykaarma',
    '/',
    '*',
    '',
    MARK,
    `http://${MARK}/health`,
    '/%',
    '/%00',
    '/..',
  ),
  fc.constantFrom('text', 'historical', MARK, '').map((name) => `/callbacks/${MARK}/${name}`),
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).map((text) => `/${text.replaceAll(' ', '')}?${MARK}`),
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: receiver',
    `Host: ${MARK}`,
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 5, 6',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Content-Encoding: gzip',
    'Content-Type: application/json',
    `Content-Type: ${MARK}`,
    'Expect: 100-continue',
    `Expect: ${MARK}`,
    'Connection: close',
    'Connection: upgrade',
    'Upgrade: websocket',
    `x-authorization-token: ${AUTHORIZATION}`,
    `x-authorization-token: ${MARK}`,
    `mykaarma-signature-token: sha256=${'0'.repeat(64)}`,
    `mykaarma-signature-token: sha256=${MARK}`,
    'mykaarma-signature-token: sha256=',
  ),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map((text) => `X-Any: ${text}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const body = fc.oneof(
  fc.constant(''),
  fc.constant('hello'),
  fc.constant(`5\r\n${MARK}\r\n0\r\n\r\n`),
  fc.constant('zz\r\n'),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

/** Nobody signed them, and the token in the path is wrong. */
const anyRequest = fc.record({
  method,
  path,
  version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9', MARK),
  headers: fc.array(header, { maxLength: 5 }).map((headers) => ['Host: receiver', ...headers]),
  body,
});
const wellFormedRequest = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  path: fc.constantFrom('/health', '/events/mykaarma', `/callbacks/${MARK}/text`, `/${MARK}`),
  version: fc.constant('HTTP/1.1'),
  headers: fc
    .constantFrom(`X-Any: ${MARK}`, `x-authorization-token: ${AUTHORIZATION}`)
    .map((one) => ['Host: receiver', 'Connection: close', 'Content-Length: 5', one]),
  body: fc.constantFrom('hello', MARK),
});
const request = fc
  .oneof(anyRequest, wellFormedRequest)
  .map((parts) =>
    [`${parts.method} ${parts.path} ${parts.version}`, ...parts.headers, '', parts.body].join('\r\n'),
  );

async function throwAt(receiver: TestReceiver, text: string): Promise<string> {
  const sender = rawConnection(receiver);
  sender.write(Buffer.from(text, 'latin1'));
  return sender.ended;
}

suite('whatever arrives', () => {
  test('property: nothing unauthentic is stored, echoed, or brings the receiver down', async (t) => {
    const receiver = await receiverFor(t, { maxBodyBytes: 1_000, limits: QUICK });
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 300, maxLength: 300 }), async (requests) => {
        const answers = await Promise.all(requests.map((text) => throwAt(receiver, text)));
        for (const answer of answers) {
          assert.ok(!answer.includes(MARK), answer);
          for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
            seen.add(Number(status));
            assert.ok(STATUSES.has(Number(status)) || status === '100', answer);
          }
        }
      }),
      { numRuns: 2, endOnFailure: true },
    );
    for (const status of [200, 400, 401, 404, 405]) assert.ok(seen.has(status), `${status} was never met`);
    assert.deepEqual(archiveNames(receiver.directory), []);
    assert.ok(receiver.troubles.every(({ reason }) => reason !== 'DEFECT'));
    assert.equal((await deliverEvent(receiver, eventBody('a'))).status, 200);
  });

  test('property: whatever bytes a signed event or a callback has, they are kept as they are', async (t) => {
    const receiver = await receiverFor(t);
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }).map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .object({ key: fc.constantFrom('id', 'type', 'timestamp', '__proto__') })
        .map((event) => Buffer.from(JSON.stringify(event))),
    );
    const kept = new Set<string>();
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        assert.equal((await deliverEvent(receiver, given)).status, 200);
        const callback = await fetch(`${receiver.url}/callbacks/${CALLBACK_TOKEN}/text`, {
          method: 'PUT',
          body: given,
        });
        assert.equal(callback.status, 200);
        await callback.arrayBuffer();
        kept.add(Buffer.from(given).toString('hex'));
      }),
      { numRuns: 150 },
    );
    const found = archived(receiver.directory).map(({ body: text, bodyBase64 }) =>
      (text === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(text)).toString('hex'),
    );
    assert.deepEqual([...found].sort(), [...kept, ...kept].sort());
    assert.deepEqual(receiver.troubles, []);
  });
});
