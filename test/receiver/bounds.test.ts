import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AUTHORIZATION,
  archived,
  archiveNames,
  CALLBACK_TOKEN,
  deliverCallback,
  deliverEvent,
  eventBody,
  post,
  rawConnection,
  receiverFor,
  signature,
} from '../support/receiver.ts';

const QUICK = { headersMs: 200, requestMs: 400, checkMs: 50, endMs: 300 };

/** A request for the text callback, up to its body. */
function head(...headers: readonly string[]): string {
  return [`POST /callbacks/${CALLBACK_TOKEN}/text HTTP/1.1`, 'Host: receiver', ...headers, '', ''].join(
    '\r\n',
  );
}

suite('slow senders', () => {
  test('who says nothing, or never ends the headers, is cut off', async (t) => {
    const receiver = await receiverFor(t, { limits: { ...QUICK, requestMs: 60_000 } });
    const silent = rawConnection(receiver);
    const dripping = rawConnection(receiver);
    dripping.write('POST /health HTTP/1.1\r\n');
    const drip = setInterval(() => dripping.write('X-Slow: 1\r\n'), 20);
    t.after(() => clearInterval(drip));
    const started = performance.now();
    assert.match(await silent.ended, /^$|^HTTP\/1\.1 408 /);
    assert.match(await dripping.ended, /^HTTP\/1\.1 408 /);
    assert.ok(performance.now() - started < 5_000);
  });

  test('who never ends the body is cut off, and nothing is stored', async (t) => {
    const receiver = await receiverFor(t, { limits: QUICK });
    const sender = rawConnection(receiver);
    sender.write(head('Content-Length: 1000'));
    const drip = setInterval(() => sender.write('x'), 20);
    t.after(() => clearInterval(drip));
    await sender.ended;
    assert.deepEqual(archiveNames(receiver.directory), []);
    assert.deepEqual(receiver.troubles, [{ reason: 'INCOMPLETE', status: null }]);
  });

  test('they keep nobody else from delivering', async (t) => {
    const receiver = await receiverFor(t, { limits: { ...QUICK, headersMs: 5_000, requestMs: 5_000 } });
    const slow = Array.from({ length: 200 }, () => rawConnection(receiver));
    for (const sender of slow) sender.write(head('Content-Length: 1000'));
    await delay(100);
    assert.equal((await deliverEvent(receiver, eventBody('a'))).status, 200);
    for (const sender of slow) sender.destroy();
  });

  test('connections beyond the limit are closed, and those within go on', async (t) => {
    const receiver = await receiverFor(t, { maxConnections: 3 });
    const within = [rawConnection(receiver), rawConnection(receiver), rawConnection(receiver)];
    for (const sender of within) {
      sender.write('GET /health HTTP/1.1\r\nHost: receiver\r\n\r\n');
      await sender.received('"ok"');
    }
    const beyond = rawConnection(receiver);
    beyond.write('GET /health HTTP/1.1\r\nHost: receiver\r\n\r\n');
    assert.equal(await beyond.ended, '');
    within[0]?.write(`${head('Content-Length: 1')}x`);
    await within[0]?.received('"stored"');
    for (const sender of within) sender.destroy();
  });
});

suite('cut bodies', () => {
  test('a connection that ends before the body does leaves nothing behind', async (t) => {
    const receiver = await receiverFor(t);
    const body = eventBody('a');
    for (const cut of [0, 1, Math.floor(body.length / 2), body.length - 1]) {
      const sender = rawConnection(receiver);
      sender.write(
        [
          'POST /events/mykaarma HTTP/1.1',
          'Host: receiver',
          `x-authorization-token: ${AUTHORIZATION}`,
          `mykaarma-signature-token: ${signature(body)}`,
          `Content-Length: ${body.length}`,
          '',
          body.slice(0, cut),
        ].join('\r\n'),
      );
      await delay(20);
      sender.destroy();
      await sender.ended;
    }
    const chunked = rawConnection(receiver);
    chunked.write(`${head('Transfer-Encoding: chunked')}5\r\nhello\r\n`);
    await delay(20);
    chunked.destroy();
    while (receiver.troubles.length < 5) await delay(5);
    assert.ok(receiver.troubles.every(({ reason }) => reason === 'INCOMPLETE'));
    assert.deepEqual(archiveNames(receiver.directory), []);
    assert.equal((await deliverEvent(receiver, body)).text, '{"result":"stored"}\n');
  });

  test('a body is taken in whatever pieces it comes', async (t) => {
    const receiver = await receiverFor(t);
    const sender = rawConnection(receiver);
    for (const piece of head('Transfer-Encoding: chunked')) sender.write(piece);
    for (const piece of ['1\r\n\xc3\r\n', '1\r\n\xa9\r\n', '0\r\n\r\n']) {
      sender.write(Buffer.from(piece, 'latin1'));
      await delay(10);
    }
    await sender.received('"stored"');
    sender.destroy();
    assert.equal(archived(receiver.directory)[0]?.body, 'é');
  });
});

suite('large requests', () => {
  test('a body of exactly the limit is taken, one more byte is answered 413', async (t) => {
    const receiver = await receiverFor(t, { maxBodyBytes: 100_000 });
    assert.equal((await deliverCallback(receiver, 'text', 'x'.repeat(100_000))).status, 200);
    assert.equal((await deliverCallback(receiver, 'text', 'x'.repeat(100_001))).status, 413);
    assert.equal(archived(receiver.directory).length, 1);
  });

  test('413 is answered before the body of an announced length is sent', async (t) => {
    const receiver = await receiverFor(t, { maxBodyBytes: 1_000 });
    const sender = rawConnection(receiver);
    sender.write(head('Content-Length: 1000000000'));
    await sender.received('HTTP/1.1 413 ');
    sender.destroy();
  });

  test('a chunked body is bounded too', async (t) => {
    const receiver = await receiverFor(t, { maxBodyBytes: 1_000 });
    const sender = rawConnection(receiver);
    sender.write(head('Transfer-Encoding: chunked'));
    for (let piece = 0; piece < 5; piece++) sender.write(`fa\r\n${'x'.repeat(250)}\r\n`);
    await sender.received('HTTP/1.1 413 ');
    sender.destroy();
    assert.deepEqual(archiveNames(receiver.directory), []);
  });

  for (const [who, path, status] of [
    ['is not allowed to deliver', '/events/mykaarma', 401],
    ['has guessed a callback path', `/callbacks/${'x'.repeat(40)}/text`, 404],
    ['sends too much', `/callbacks/${CALLBACK_TOKEN}/text`, 413],
  ] as const) {
    test(`who ${who} hears so, and is cut off when going on and on`, async (t) => {
      const receiver = await receiverFor(t, { maxBodyBytes: 1_000_000 });
      const sender = rawConnection(receiver);
      sender.write(`POST ${path} HTTP/1.1\r\nHost: receiver\r\nContent-Length: 1000000000000\r\n\r\n`);
      const startedMs = performance.now();
      const flood = setInterval(() => sender.write(Buffer.alloc(200_000)), 1);
      t.after(() => clearInterval(flood));
      assert.ok((await sender.ended).startsWith(`HTTP/1.1 ${status} `));
      assert.ok(performance.now() - startedMs < 5_000);
    });
  }

  test('who is refused hears so, and may try again on the same connection', async (t) => {
    const receiver = await receiverFor(t);
    const sender = rawConnection(receiver);
    const body = 'x'.repeat(300_000);
    sender.write(
      `POST /events/mykaarma HTTP/1.1\r\nHost: receiver\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await sender.received('HTTP/1.1 401 ');
    sender.write(`${head('Content-Length: 1')}x`);
    await sender.received('"stored"');
    sender.destroy();
  });

  test('headers beyond the limit are answered 431', async (t) => {
    const receiver = await receiverFor(t, { limits: { maxHeaderBytes: 1_000 } });
    const sender = rawConnection(receiver);
    sender.write(head(`X-Large: ${'x'.repeat(1_000)}`));
    assert.match(await sender.ended, /^HTTP\/1\.1 431 /);
  });

  test('when too much is held at once, more is answered 503, and the rest goes on', async (t) => {
    const receiver = await receiverFor(t, { limits: { maxPendingBytes: 100_000 } });
    const holding = rawConnection(receiver);
    holding.write(head('Content-Length: 90000') + 'x'.repeat(80_000));
    await delay(100);
    const { status, headers } = await deliverCallback(receiver, 'text', 'y'.repeat(50_000));
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '5');
    assert.equal(receiver.counts().unavailable, 1);
    assert.equal((await deliverCallback(receiver, 'text', 'y'.repeat(10_000))).status, 200);
    holding.write('x'.repeat(10_000));
    await holding.received('"stored"');
    holding.destroy();
    assert.equal(
      (await deliverCallback(receiver, 'text', 'y'.repeat(50_000))).status,
      200,
      'it is given back',
    );
    const cut = rawConnection(receiver);
    cut.write(head('Content-Length: 90000') + 'x'.repeat(80_000));
    await delay(100);
    cut.destroy();
    await delay(100);
    assert.equal(
      (await deliverCallback(receiver, 'text', 'z'.repeat(90_000))).status,
      200,
      'also after a cut body',
    );
    assert.equal(
      (await post(`${receiver.url}/callbacks/${CALLBACK_TOKEN}/text`, 'z'.repeat(100_001))).status,
      503,
    );
    assert.equal(
      (await deliverCallback(receiver, 'text', 'w'.repeat(90_000))).status,
      200,
      'and after a refusal',
    );
  });
});

suite('the end', () => {
  test('a request in flight is finished, and the connection is closed after its answer', async (t) => {
    const receiver = await receiverFor(t);
    const sender = rawConnection(receiver);
    sender.write(`${head('Content-Length: 10')}hello`);
    await delay(50);
    const closing = receiver.close();
    await delay(50);
    await assert.rejects(fetch(`${receiver.url}/health`));
    const startedMs = performance.now();
    sender.write('world');
    const answer = await sender.ended;
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.ok(performance.now() - startedMs < 2_000, 'it is not kept until the end is forced');
    assert.deepEqual(await closing, { cutOff: 0 });
    assert.equal(archived(receiver.directory)[0]?.body, 'helloworld');
  });

  test('connections that are kept alive do not delay it', async (t) => {
    const receiver = await receiverFor(t);
    const idle = rawConnection(receiver);
    idle.write(`${head('Content-Length: 1')}x`);
    await idle.received('"stored"');
    const started = performance.now();
    await receiver.close();
    await idle.ended;
    assert.ok(performance.now() - started < 2_000);
  });

  test('what takes too long is cut off, counted, and not stored', async (t) => {
    const receiver = await receiverFor(t, { limits: { endMs: 100 } });
    const sender = rawConnection(receiver);
    sender.write(`${head('Content-Length: 10')}hello`);
    await delay(50);
    assert.deepEqual(await receiver.close(), { cutOff: 1 });
    assert.equal(await sender.ended, '');
    assert.deepEqual(archiveNames(receiver.directory), []);
  });

  test('the directory is free afterwards, and closing twice is closing once', async (t) => {
    const receiver = await receiverFor(t);
    await assert.rejects(receiverFor(t, { archiveDirectory: receiver.directory }), {
      code: 'ARCHIVE_LOCKED',
    });
    assert.equal(receiver.close(), receiver.close());
    await receiver.close();
    await receiverFor(t, { archiveDirectory: receiver.directory });
  });

  test('a port that is taken is a usage error, and leaves the directory free', async (t) => {
    const receiver = await receiverFor(t);
    const other = await receiverFor(t);
    await other.close();
    const options = { port: receiver.port, archiveDirectory: other.directory };
    await assert.rejects(receiverFor(t, options), { code: 'PORT_IN_USE' });
    await assert.rejects(receiverFor(t, { ...options, host: '203.0.113.1' }), { code: 'CANNOT_LISTEN' });
    await receiverFor(t, { archiveDirectory: other.directory });
  });
});
