import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CERTIFICATES, TEST_AUTHORITY, TEST_KEY } from '../support/certificates.ts';
import { connectProxy } from '../support/connect-proxy.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { answerJson, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';

const QUIET = {
  HTTP_PROXY: '',
  HTTPS_PROXY: '',
  NO_PROXY: '',
  http_proxy: '',
  https_proxy: '',
  no_proxy: '',
};

/** A project whose API has a certificate of an authority that Node does not know. */
async function secureProject(t: TestContext) {
  const api = await scriptedServer(
    t,
    (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))),
    { key: TEST_KEY, cert: CERTIFICATES.valid },
  );
  const place = await project(t);
  place.write('export.csv', csvOf(rows(3)));
  place.write('ca.pem', TEST_AUTHORITY);
  return { ...place, api };
}

test('an authority that Node does not know is trusted through caFile or NODE_EXTRA_CA_CERTS, else nothing is sent', async (t) => {
  const { api, backhaul, directory } = await secureProject(t);
  const words = `run --json --set destination.baseUrl=${api.origin}`;
  const refused = await backhaul(words, { env: QUIET });
  assert.equal(refused.exitCode, 4);
  assert.equal(refused.json().stopReason, 'request-refused');
  assert.deepEqual(refused.json().messages, { accepted: 0, failed: 0, unknown: 0, pending: 3 });
  assert.match(refused.stderr, /caFile/);
  assert.equal(api.requests.length, 0);

  const extra = { env: { ...QUIET, NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem') } };
  assert.equal((await backhaul(`${words} --ledger one.db`, extra)).exitCode, 0);
  const trusting = `${words} --ledger two.db --set destination.caFile=ca.pem`;
  assert.equal((await backhaul(trusting, { env: QUIET })).exitCode, 0);
});

test('a CA file that cannot be used is a usage error before the ledger is touched', async (t) => {
  const { api, backhaul } = await secureProject(t);
  const { exitCode, stdout } = await backhaul(
    `run --json --set destination.baseUrl=${api.origin} --set destination.caFile=none.pem`,
  );
  assert.equal(exitCode, 2);
  assert.match(stdout, /CA_FILE_UNUSABLE/);
});

test('HTTPS_PROXY is taken for a host that only the proxy knows, and its password appears nowhere', async (t) => {
  const { api, backhaul } = await secureProject(t);
  const proxy = await connectProxy(t, { upstreamPort: api.port });
  const https_proxy = proxy.origin.replace('//', '//proxy-user:planted-password@');
  const set = '--set destination.baseUrl=https://api.example.test --set destination.caFile=ca.pem';
  const env = { ...QUIET, https_proxy, HTTPS_PROXY: https_proxy };
  const { exitCode, stdout, stderr } = await backhaul(`run --json --log-level trace ${set}`, { env });
  assert.equal(exitCode, 0, stderr);
  assert.ok(proxy.tunnels.length > 0 && proxy.tunnels.every((host) => host === 'api.example.test:443'));
  assert.equal(
    proxy.credentials[0],
    `Basic ${Buffer.from('proxy-user:planted-password').toString('base64')}`,
  );
  assert.doesNotMatch(stdout + stderr, /planted|proxy-user/);
});

test('a proxy that refuses the credentials stops the run with a word on what to do, without them', async (t) => {
  const { api, backhaul } = await secureProject(t);
  const proxy = await connectProxy(t, {
    upstreamPort: api.port,
    refuse(client) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return true;
    },
  });
  const https_proxy = proxy.origin.replace('//', '//proxy-user:planted-password@');
  const { exitCode, stdout, stderr } = await backhaul(
    'run --log-level trace --set destination.baseUrl=https://api.example.test',
    { env: { ...QUIET, https_proxy } },
  );
  assert.equal(exitCode, 4);
  assert.match(stdout + stderr, /HTTPS_PROXY/);
  assert.doesNotMatch(stdout + stderr, /planted|proxy-user/);
  assert.equal(api.requests.length, 0);
});
