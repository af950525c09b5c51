import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { backhaul } from '../support/command-line.ts';
import {
  LISTENER_ENV,
  RECEIVER_CONFIG,
  startListener,
  writeListenerConfig,
} from '../support/listener-process.ts';
import {
  AUTHORIZATION,
  archived,
  deliverEvent,
  eventBody,
  post,
  rawConnection,
  SECRET,
} from '../support/receiver.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

suite('backhaul listen', { concurrency: 4 }, () => {
  test('takes events and callbacks at the URLs that it prints, and never opens a ledger', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const listener = await startListener(t, directory);
    const { listening, archive, urls } = listener.document;
    assert.match(listening, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(archive, join(directory, 'deliveries'));
    assert.equal(urls.events, `${listening}/events/mykaarma`);
    assert.match(urls.historicalCallback, /\/callbacks\/[\w-]{43}\/historical$/);
    assert.equal((await deliverEvent(listener, eventBody('a'))).status, 200);
    assert.equal((await post(urls.historicalCallback, 'h')).status, 200);
    assert.equal((await post(urls.textCallback, 't')).status, 200);
    assert.equal((await fetch(urls.health)).status, 200);
    assert.deepEqual(
      archived(archive).map(({ kind }) => kind),
      ['message-event', 'historical-callback', 'text-callback'],
    );
    assert.equal(await listener.stop('SIGTERM'), 0);
    assert.deepEqual(readdirSync(directory).sort(), ['deliveries', 'pipeline.config.json']);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} lets a request in flight finish and ends with 0`, async (t) => {
      const directory = temporaryDirectory(t);
      writeListenerConfig(directory);
      const listener = await startListener(t, directory);
      const { port, pathname } = new URL(listener.document.urls.textCallback);
      const sender = rawConnection({ port: Number(port) });
      sender.write(`POST ${pathname} HTTP/1.1\r\nHost: r\r\nContent-Length: 10\r\n\r\nhello`);
      await delay(100);
      const ended = listener.stop(signal);
      await delay(100);
      sender.write('world');
      assert.match(await sender.ended, /^HTTP\/1\.1 200 /);
      assert.equal(await ended, 0);
      assert.equal(archived(listener.document.archive)[0]?.body, 'helloworld');
      assert.match(listener.stderr(), /"stored":1,.*"cutOff":0/);
    });
  }

  test('a request that is never completed is cut off at the end, which is then 143', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const listener = await startListener(t, directory);
    const { port, pathname } = new URL(listener.document.urls.textCallback);
    const sender = rawConnection({ port: Number(port) });
    sender.write(`POST ${pathname} HTTP/1.1\r\nHost: r\r\nContent-Length: 10\r\n\r\nhello`);
    await delay(100);
    assert.equal(await listener.stop('SIGTERM'), 143);
    assert.equal(await sender.ended, '');
  });

  test('callback URLs stay the same over restarts, and have the public URL as their base', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const first = await startListener(t, directory);
    await first.stop('SIGINT');
    const second = await startListener(t, directory, ['--public-url', 'https://hooks.example.com/in/']);
    await second.stop('SIGINT');
    const path = new URL(first.document.urls.textCallback).pathname;
    assert.equal(second.document.urls.textCallback, `https://hooks.example.com/in${path}`);
    assert.equal(second.document.urls.events, 'https://hooks.example.com/in/events/mykaarma');
  });

  test('flags come before the configuration', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory, {
      ...RECEIVER_CONFIG,
      port: 1,
      host: '203.0.113.1',
      archive: 'elsewhere',
    });
    mkdirSync(join(directory, 'work'));
    const words = [
      '-c',
      join(directory, 'pipeline.config.json'),
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--archive',
      'here',
    ];
    const listener = await startListener(t, join(directory, 'work'), words);
    assert.equal(listener.document.archive, join(directory, 'work', 'here'));
    assert.equal(await listener.stop('SIGTERM'), 0);
    assert.equal(existsSync(join(directory, 'elsewhere')), false);
  });

  test('a second listener on the same archives is refused with 5, until the first is gone, even by kill -9', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const first = await startListener(t, directory);
    const refused = await backhaul(['listen', '--json'], { cwd: directory, env: LISTENER_ENV });
    assert.equal(refused.exitCode, 5);
    assert.equal(refused.json<{ error: { code: string } }>().error.code, 'ARCHIVE_LOCKED');
    await first.stop('SIGKILL');
    const second = await startListener(t, directory);
    assert.equal(await second.stop('SIGTERM'), 0);
  });

  test('without receiver.events, events are not taken, and both outputs say so', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory, null);
    const listener = await startListener(t, directory, ['--port', '0']);
    assert.equal(listener.document.urls.events, null);
    assert.equal((await deliverEvent(listener, eventBody('a'))).status, 404);
    assert.equal((await post(listener.document.urls.textCallback, 'x')).status, 200);
    await listener.stop('SIGTERM');
    assert.match(listener.stderr(), /message events are not taken/);
  });

  test('an address that others can reach, and a public URL without TLS, are warned of', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const listener = await startListener(t, directory, [
      '--host',
      '0.0.0.0',
      '--public-url',
      'http://hooks.example.com',
    ]);
    await listener.stop('SIGTERM');
    assert.match(listener.stderr(), /TLS/);
    assert.match(listener.stderr(), /not https/);
    const quiet = await startListener(t, directory);
    await quiet.stop('SIGTERM');
    assert.doesNotMatch(quiet.stderr(), /"warn"/);
  });

  for (const [what, words, env, code] of [
    ['a missing secret', [], { SIGNATURE_SECRET: '' }, 'SECRET_MISSING'],
    ['a port beyond 65535', ['--port', '65536'], {}, 'BAD_FLAG'],
    ['a public URL with a query', ['--public-url', 'https://hooks.example.com/?a'], {}, 'BAD_URL'],
    ['a public URL with credentials', ['--public-url', 'https://a:b@hooks.example.com/'], {}, 'BAD_URL'],
    ['a public URL of another kind', ['--public-url', 'ftp://hooks.example.com/'], {}, 'BAD_URL'],
    ['an address of another machine', ['--host', '203.0.113.1'], {}, 'CANNOT_LISTEN'],
    ['an archive that is a file', ['--archive', 'pipeline.config.json'], {}, 'ARCHIVE_UNUSABLE'],
    [
      'a weak token',
      ['--set', 'receiver.callbackTokens=[{"env":"WEAK"}]'],
      { WEAK: 'weak' },
      'WEAK_CALLBACK_TOKEN',
    ],
    ['a literal secret', ['--set', 'receiver.events.signatureSecrets=["literal"]'], {}, 'CONFIG_INVALID'],
  ] as const) {
    test(`${what} ends with 2 and ${code}`, async (t) => {
      const directory = temporaryDirectory(t);
      writeListenerConfig(directory);
      const result = await backhaul(['listen', '--json', ...words], {
        cwd: directory,
        env: { ...LISTENER_ENV, ...env },
      });
      assert.equal(result.exitCode, 2, result.stderr);
      assert.equal(result.json<{ error: { code: string } }>().error.code, code);
    });
  }

  test('a damaged token file is not replaced, for URLs with the old token are out there', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    mkdirSync(join(directory, 'deliveries'));
    writeFileSync(join(directory, 'deliveries', 'callback-token'), 'damaged\n');
    const result = await backhaul(['listen', '--json'], { cwd: directory, env: LISTENER_ENV });
    assert.equal(result.exitCode, 2);
    assert.equal(result.json<{ error: { code: string } }>().error.code, 'WEAK_CALLBACK_TOKEN');
  });

  test('neither secrets, tokens nor bodies are in its logs, and a flood of refusals is one line', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const listener = await startListener(t, directory, ['--log-level', 'trace']);
    const mark = 'findme';
    const { urls } = listener.document;
    await deliverEvent(listener, eventBody(mark));
    await post(urls.textCallback, mark);
    for (let number = 0; number < 50; number++) {
      await post(`${listener.url}/events/mykaarma`, mark, { 'x-authorization-token': mark });
      await post(`${listener.url}/callbacks/${mark}/text`, mark);
      await deliverEvent(listener, eventBody(mark), { 'mykaarma-signature-token': `sha256=${mark}` });
    }
    await listener.stop('SIGTERM');
    const token = new URL(urls.textCallback).pathname.split('/')[2] as string;
    for (const secret of [mark, SECRET, AUTHORIZATION, token])
      assert.ok(!listener.stderr().includes(secret), secret);
    const lines = listener.stderr().trimEnd().split('\n');
    assert.equal(lines.filter((line) => line.includes('NOT_AUTHENTIC')).length, 1);
    assert.equal(lines.filter((line) => line.includes('NOT_FOUND')).length, 1);
  });
});
