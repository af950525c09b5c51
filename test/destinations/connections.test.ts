import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createKaleyraWhatsapp } from '../../src/destinations/kaleyra-whatsapp.ts';
import { createMykaarmaHistorical } from '../../src/destinations/mykaarma-historical.ts';
import { createMykaarmaText } from '../../src/destinations/mykaarma-text.ts';
import { CERTIFICATES, TEST_AUTHORITY, TEST_KEY } from '../support/certificates.ts';
import { type ConnectProxyOptions, connectProxy } from '../support/connect-proxy.ts';
import { outgoing } from '../support/outgoing-messages.ts';
import { answerJson, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';

const PASSWORD = 'planted-password';

function create(
  baseUrl: string,
  { proxy = null, trusted = true }: { readonly proxy?: string | null; readonly trusted?: boolean } = {},
) {
  return createMykaarmaHistorical({
    ...{ baseUrl, username: 'importer', password: PASSWORD, timeoutMs: 5_000, connections: 2 },
    limits: { maxBatchMessages: 50, maxBatchBytes: 1_000_000 },
    route: {
      proxy: proxy === null ? null : new URL(proxy),
      caCertificates: trusted ? TEST_AUTHORITY : null,
    },
  });
}

const batch = { departmentUuid: 'dep', customerUuid: 'cus', messages: [outgoing(1)] };

/** A host that only a proxy knows. */
const API = 'https://api.example.test';

async function secureServer(t: TestContext, certificate: keyof typeof CERTIFICATES = 'valid') {
  return scriptedServer(t, (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))), {
    key: TEST_KEY,
    cert: CERTIFICATES[certificate],
  });
}

async function sendBy(t: TestContext, destination: ReturnType<typeof create>) {
  t.after(() => destination.close());
  return destination.send(batch);
}

async function sendThrough(
  t: TestContext,
  options: Omit<ConnectProxyOptions, 'upstreamPort'> = {},
  user = '',
) {
  const server = await secureServer(t);
  const proxy = await connectProxy(t, { ...options, upstreamPort: server.port });
  const result = await sendBy(t, create(API, { proxy: proxy.origin.replace('//', `//${user}`) }));
  return { server, proxy, result };
}

test('through a proxy an https API is reached by a tunnel that hides credentials and messages', async (t) => {
  const { server, proxy, result } = await sendThrough(t);
  assert.equal(result.kind, 'answered');
  assert.deepEqual(proxy.tunnels, ['api.example.test:443']);
  assert.equal(server.requests[0]?.headers.host, 'api.example.test');
  assert.equal(server.requests[0]?.headers['proxy-authorization'], undefined);
  assert.deepEqual(proxy.credentials, [undefined]);
  assert.doesNotMatch(proxy.overheard(), /importer|words|authorization/i);
});

test('the credentials in a proxy’s URL go to the proxy, decoded, and to nobody else', async (t) => {
  const { server, proxy } = await sendThrough(t, {}, 'm%C3%A9:p%40ss@');
  assert.deepEqual(proxy.credentials, [`Basic ${Buffer.from('mé:p@ss').toString('base64')}`]);
  assert.equal(server.requests[0]?.headers['proxy-authorization'], undefined);
});

test('tunnels are kept: they carry request after request', async (t) => {
  const server = await secureServer(t);
  const proxy = await connectProxy(t, { upstreamPort: server.port });
  const destination = create(API, { proxy: proxy.origin });
  t.after(() => destination.close());
  for (let count = 0; count < 6; count++) assert.equal((await destination.send(batch)).kind, 'answered');
  assert.ok(proxy.tunnels.length <= 2, 'no more than connections');
});

test('a proxy that is spoken to over TLS works, and must be trusted', async (t) => {
  const server = await secureServer(t);
  for (const [cert, expected] of [
    [CERTIFICATES.valid, 'answered'],
    [CERTIFICATES.selfSigned, 'CERTIFICATE_UNTRUSTED'],
    [CERTIFICATES.otherHost, 'CERTIFICATE_WRONG_HOST'],
  ]) {
    const proxy = await connectProxy(t, {
      upstreamPort: server.port,
      tls: { key: TEST_KEY, cert: cert ?? '' },
    });
    const result = await sendBy(t, create(API, { proxy: proxy.origin }));
    assert.equal(result.kind === 'refused' ? result.code : result.kind, expected);
  }
  assert.equal(server.requests.length, 1);
});

test('through a proxy a plain http API is reached by a tunnel too', async (t) => {
  const server = await scriptedServer(t, (request, response) =>
    answerJson(response, 200, saveAnswer(uuidsIn(request))),
  );
  const proxy = await connectProxy(t, { upstreamPort: server.port });
  const result = await sendBy(t, create('http://api.example.test:8080/base', { proxy: proxy.origin }));
  assert.equal(result.kind, 'answered');
  assert.deepEqual(proxy.tunnels, ['api.example.test:8080']);
  assert.equal(server.requests[0]?.path, '/base/department/dep/customer/cus/communication/historical');
});

const REFUSALS: readonly [title: string, answer: (client: Socket) => void, code: string, recovery: string][] =
  [
    ['asks for credentials', (c) => c.end('HTTP/1.1 407 No\r\n\r\n'), 'PROXY_AUTHENTICATION', 'stop'],
    ['denies the host', (c) => c.end('HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n'), 'PROXY_DENIED', 'stop'],
    ['cannot reach the API', (c) => c.end('HTTP/1.1 502 No\r\n\r\n'), 'PROXY_FAILED', 'retry'],
    ['has too much to do', (c) => c.end('HTTP/1.1 429 No\r\n\r\n'), 'PROXY_FAILED', 'retry'],
    ['hangs up', (c) => c.destroy(), 'PROXY_FAILED', 'retry'],
    ['resets the connection', (c) => c.resetAndDestroy(), 'PROXY_FAILED', 'retry'],
    ['answers rubbish', (c) => c.end('SSH-2.0-hello\r\n'), 'PROXY_FAILED', 'retry'],
    ['speaks for the API', (c) => c.write('HTTP/1.1 200 OK\r\n\r\nhello'), 'PROXY_FAILED', 'retry'],
    ['hangs up within the tunnel', (c) => c.end('HTTP/1.1 200 OK\r\n\r\n'), 'CONNECTION_FAILED', 'retry'],
  ];
for (const [title, answer, code, recovery] of REFUSALS) {
  test(`a proxy that ${title}: ${code}, ${recovery}; nothing left, no attempt is consumed`, async (t) => {
    const { server, proxy, result } = await sendThrough(t, {
      refuse(client) {
        answer(client);
        return true;
      },
    });
    assert.ok(result.kind === 'refused');
    assert.deepEqual(
      [result.code, result.recovery, result.ambiguous, result.consumesAttempt, result.status],
      [code, recovery, false, false, null],
    );
    assert.equal(server.requests.length, 0);
    assert.equal(proxy.tunnels.length, 1, 'asked once');
  });
}

test('a proxy that is not there, or whose name does not exist, is a failure before a byte left', async (t) => {
  for (const proxy of ['http://127.0.0.1:1', 'http://proxy.invalid:3128', 'https://127.0.0.1:1']) {
    const result = await sendBy(t, create(API, { proxy }));
    assert.ok(result.kind === 'refused');
    assert.deepEqual(
      [result.code, result.recovery, result.ambiguous, result.consumesAttempt],
      ['PROXY_FAILED', 'retry', false, false],
    );
  }
});

test('a proxy that hangs is given up in time, and closing does not wait for it', async (t) => {
  const hang = { upstreamPort: 1, refuse: () => true };
  const proxy = await connectProxy(t, hang);
  const route = { proxy: new URL(proxy.origin), caCertificates: null };
  const options = { baseUrl: API, username: 'u', password: 'p', connections: 1, route };
  const limits = { maxBatchMessages: 50, maxBatchBytes: 1_000_000 };
  const quick = createMykaarmaHistorical({ ...options, limits, timeoutMs: 100 });
  t.after(() => quick.close());
  const result = await quick.send(batch);
  assert.ok(result.kind === 'refused');
  assert.deepEqual([result.recovery, result.ambiguous, result.consumesAttempt], ['retry', false, false]);

  const patient = createMykaarmaHistorical({ ...options, limits, timeoutMs: 60_000 });
  const sending = patient.send(batch);
  while (proxy.tunnels.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await patient.close();
  const closed = await sending;
  assert.ok(closed.kind === 'refused');
  assert.equal(closed.ambiguous, false);
});

test('live destinations take the same way', async (t) => {
  const server = await scriptedServer(t, (_, response) => void response.writeHead(500).end(), {
    key: TEST_KEY,
    cert: CERTIFICATES.valid,
  });
  const proxy = await connectProxy(t, { upstreamPort: server.port });
  const transport = {
    ...{ baseUrl: API, timeoutMs: 5_000, connections: 1, maxBatchBytes: 1_000_000 },
    route: { proxy: new URL(proxy.origin), caCertificates: TEST_AUTHORITY },
  };
  const text = createMykaarmaText({ ...transport, username: 'u', password: 'p' });
  const whatsapp = createKaleyraWhatsapp({ ...transport, sid: 'HX1', sender: '+16285550191', apiKey: 'k' });
  t.after(() => Promise.all([text.close(), whatsapp.close()]));
  const message = { ...outgoing(1), item: Buffer.from('{"userUuid":"user-1"}') };
  await text.send({ ...batch, messages: [message] });
  await whatsapp.send({ ...batch, messages: [message] });
  assert.equal(proxy.tunnels.length, 2);
  assert.equal(server.requests.length, 2);
});

const CASES: readonly [
  title: string,
  certificate: keyof typeof CERTIFICATES,
  trusted: boolean,
  code: string,
][] = [
  ['issued by an unknown authority', 'valid', false, 'CERTIFICATE_UNTRUSTED'],
  ['that is self-signed', 'selfSigned', true, 'CERTIFICATE_UNTRUSTED'],
  ['that has expired', 'expired', true, 'CERTIFICATE_EXPIRED'],
  ['of another host', 'otherHost', true, 'CERTIFICATE_WRONG_HOST'],
];
for (const [title, certificate, trusted, code] of CASES) {
  test(`a certificate ${title} stops the run before a byte is sent: ${code}`, async (t) => {
    const server = await secureServer(t, certificate);
    const proxy = await connectProxy(t, { upstreamPort: server.port });
    for (const through of [null, proxy.origin]) {
      const baseUrl = through === null ? server.origin : API;
      const result = await sendBy(t, create(baseUrl, { proxy: through, trusted }));
      assert.ok(result.kind === 'refused');
      assert.deepEqual(
        [result.code, result.recovery, result.ambiguous, result.consumesAttempt],
        [code, 'stop', false, false],
      );
      assert.match(result.message, /certificate/);
    }
    assert.equal(server.requests.length, 0);
  });
}

test('an authority of one’s own is trusted besides those that Node trusts', async (t) => {
  const server = await secureServer(t);
  const result = await sendBy(t, create(server.origin));
  assert.equal(result.kind, 'answered');
  assert.equal(server.requests.length, 1);
});
