import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { backhaul } from '../support/command-line.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { SIMULATOR_AUTHORIZATION, textItem } from '../support/simulator-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('simulate delivers callbacks and signed events with what the flags ask for', async (t) => {
  const arrived = Promise.withResolvers<void>();
  const receiver = await scriptedServer(t, ({ index }, response) => {
    response.writeHead(index === 0 ? 500 : 200);
    response.end();
    if (index === 5) arrived.resolve();
  });
  const words = ['--json', '--events-url', `${receiver.origin}/events`, '--event-duplicates', '100%'];
  words.push('--event-updates', '1', '--event-jitter', '50ms', '--delivery-retry', '10ms');
  words.push('--events-secret-env', 'SECRET', '--events-token-env', 'TOKEN', '--api-key-env', 'KEY');
  words.push('--callback-delay', '5-20', '--stop-after-idle', '10s');
  let kaleyraStatus = 0;
  const { exitCode, stderr } = await backhaul(['simulate', ...words], {
    cwd: temporaryDirectory(t),
    env: { SECRET: 's3cret', TOKEN: 't0ken', KEY: 'k3y' },
    onStart(child) {
      child.stdout?.once('data', async (line: Buffer) => {
        const { baseUrl } = JSON.parse(line.toString()) as { baseUrl: string };
        const item = { ...textItem('a'), callBackPathUrl: `${receiver.origin}/callback` };
        await fetch(`${baseUrl}/department/d/customer/c/communication/historical`, {
          method: 'PUT',
          headers: { authorization: SIMULATOR_AUTHORIZATION, 'content-type': 'application/json' },
          body: JSON.stringify({ saveMessageRequestList: [item] }),
        });
        const { status } = await fetch(new URL('/v2/SID/whatsapp/13105550100/messages', baseUrl), {
          method: 'POST',
          headers: { 'api-key': 'k3y', 'content-type': 'application/json' },
          body: '{}',
        });
        kaleyraStatus = status;
        await arrived.promise;
        child.kill('SIGINT');
      });
    },
  });
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stderr, /s3cret|t0ken|k3y/);
  assert.equal(kaleyraStatus, 400, 'the key is known, the document is not right');
  const events = receiver.requests.filter(({ path }) => path === '/events');
  const callbacks = receiver.requests.filter(({ path }) => path === '/callback');
  assert.equal(
    events.length + callbacks.length,
    6,
    'an event and its update, each twice, a callback, and one retry',
  );
  assert.equal(new Set(events.map(({ body }) => body)).size, 2);
  assert.equal(new Set(callbacks.map(({ body }) => body)).size, 1);
  for (const { headers, body } of events) {
    assert.equal(headers['x-authorization-token'], 't0ken');
    const signature = createHmac('sha256', 's3cret').update(body).digest('hex');
    assert.equal(headers['mykaarma-signature-token'], `sha256=${signature}`);
  }
});

for (const [words, message] of [
  [['--events-url', 'https://example.com/'], /cannot be delivered there(?:.|\n)*--deliver-anywhere/],
  [['--event-duplicates', '2'], /--event-duplicates must be a chance from 0 to 1/],
  [['--event-updates', 'often'], /--event-updates must be a chance from 0 to 1/],
  [['--callback-delay', 'later'], /--callback-delay must be milliseconds or a range/],
  [['--events-secret-env', 'NOT_SET_ANYWHERE'], /leave --events-secret-env out/],
  [['--fault', 'kaleyra-e110:api=text'], /it can only strike kaleyra/],
] as const) {
  test(`simulate ${words.join(' ')} is refused`, async (t) => {
    const { exitCode, stderr } = await backhaul(['simulate', ...words], { cwd: temporaryDirectory(t) });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, message);
  });
}
