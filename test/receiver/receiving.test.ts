import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { bodyBytes, readArchivedDelivery } from '../../src/receiver/archived-delivery.ts';
import {
  AUTHORIZATION,
  archived,
  archiveNames,
  CALLBACK_TOKEN,
  deliverCallback,
  deliverEvent,
  eventBody,
  eventHeaders,
  post,
  receiverFor,
  SECRET,
  signature,
} from '../support/receiver.ts';

suite('message events', () => {
  test('a signed event is archived as received, with what its envelope says, and answered 200', async (t) => {
    const receiver = await receiverFor(t);
    const body = `${eventBody('event-1').replace('{', '{ ')} \r\n`;
    const before = Date.now();
    const { status, text } = await deliverEvent(receiver, body);
    assert.deepEqual({ status, text }, { status: 200, text: '{"result":"stored"}\n' });
    const [delivery, ...others] = archived(receiver.directory);
    const { receivedAt, ...rest } = delivery ?? assert.fail('nothing is archived');
    assert.deepEqual(others, []);
    assert.deepEqual(rest, {
      kind: 'message-event',
      id: 'event-1',
      type: 'messages',
      timestamp: 1_728_542_293_678,
      body,
    });
    assert.deepEqual(Object.keys(delivery ?? {}), ['receivedAt', 'kind', 'id', 'type', 'timestamp', 'body']);
    assert.match(receivedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Date.parse(receivedAt) >= before && Date.parse(receivedAt) <= Date.now());
  });

  for (const contentType of [
    'text/plain',
    'text/plain; charset=UTF-8',
    'TEXT/PLAIN',
    'application/json',
    'application/json;charset=utf-8',
  ]) {
    test(`${contentType} is taken`, async (t) => {
      const receiver = await receiverFor(t);
      const { status } = await deliverEvent(receiver, eventBody('a'), { 'content-type': contentType });
      assert.equal(status, 200);
      assert.equal(archived(receiver.directory).length, 1);
    });
  }

  const body = eventBody('a');
  const refused: readonly (readonly [why: string, status: number, headers: Record<string, string>])[] = [
    ['unsigned', 401, { 'x-authorization-token': AUTHORIZATION }],
    [
      'signed with another secret',
      401,
      { ...eventHeaders(body), 'mykaarma-signature-token': signature(body, 'other') },
    ],
    [
      'signed for another body',
      401,
      { ...eventHeaders(body), 'mykaarma-signature-token': signature(`${body} `) },
    ],
    [
      'signed without the prefix',
      401,
      { ...eventHeaders(body), 'mykaarma-signature-token': signature(body).slice(7) },
    ],
    ['without a token', 401, { 'mykaarma-signature-token': signature(body) }],
    ['with another token', 401, { ...eventHeaders(body), 'x-authorization-token': 'other' }],
    ['with the secret as token', 401, { ...eventHeaders(body), 'x-authorization-token': SECRET }],
    ['compressed', 415, { ...eventHeaders(body), 'content-encoding': 'gzip' }],
    ['as a form', 415, { ...eventHeaders(body), 'content-type': 'application/x-www-form-urlencoded' }],
    ['as text/plainest', 415, { ...eventHeaders(body), 'content-type': 'text/plainest' }],
  ];
  for (const [why, status, headers] of refused) {
    test(`an event ${why} is answered ${status}, and nothing is stored`, async (t) => {
      const receiver = await receiverFor(t);
      assert.equal((await post(`${receiver.url}/events/mykaarma`, body, headers)).status, status);
      assert.deepEqual(archived(receiver.directory), []);
      assert.deepEqual(receiver.counts(), { stored: 0, repeated: 0, refused: 1, unavailable: 0 });
      assert.equal(
        (await deliverEvent(receiver, body)).text,
        '{"result":"stored"}\n',
        'nor is it remembered',
      );
    });
  }

  test('an event signed under any of several secrets, with any of several tokens, is taken', async (t) => {
    const receiver = await receiverFor(t, {
      events: { signatureSecrets: ['old', 'new'], authorizationTokens: ['token-1', 'token-2'] },
    });
    for (const secret of ['old', 'new']) {
      for (const token of ['token-1', 'token-2']) {
        const text = eventBody(`${secret} ${token}`);
        const headers = {
          'mykaarma-signature-token': signature(text, secret),
          'x-authorization-token': token,
        };
        assert.equal((await deliverEvent(receiver, text, headers)).status, 200);
      }
    }
    assert.equal(archived(receiver.directory).length, 4);
  });

  test('an empty event is answered 400', async (t) => {
    const receiver = await receiverFor(t);
    assert.equal((await deliverEvent(receiver, '')).status, 400);
    assert.deepEqual(archived(receiver.directory), []);
  });

  test('without event credentials there is no such path', async (t) => {
    const receiver = await receiverFor(t, { events: null });
    assert.equal((await deliverEvent(receiver, body)).status, 404);
    assert.deepEqual(archiveNames(receiver.directory), []);
  });

  for (const [what, text, labels] of [
    ['is not JSON', 'not JSON', {}],
    ['is not an object', '[1]', {}],
    ['is null', 'null', {}],
    ['has an envelope of other types', '{"id":1,"type":null,"timestamp":"1"}', {}],
    ['has an endless id', JSON.stringify({ id: 'x'.repeat(201), type: 'messages' }), { type: 'messages' }],
    ['has a prototype in it', '{"__proto__":{"id":"p"},"type":"t"}', { type: 't' }],
    ['has payload as an object', '{"id":"a","payload":{"isUpdate":true}}', { id: 'a' }],
    ['is nested deeply', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, {}],
  ] as const) {
    test(`an authentic event that ${what} is kept`, async (t) => {
      const receiver = await receiverFor(t);
      assert.equal((await deliverEvent(receiver, text)).status, 200);
      const [{ receivedAt: _, ...delivery } = assert.fail()] = archived(receiver.directory);
      assert.deepEqual(delivery, { kind: 'message-event', ...labels, body: text });
    });
  }

  test('a body is one line of the archive, to any reader, whatever it holds', async (t) => {
    const receiver = await receiverFor(t);
    const text = eventBody('a', 'line\nfeed, \r\n, \u2028, \u2029, \u0000, \u{1f600}, \ufeff, é').replaceAll(
      '\\n',
      '\n',
    );
    await deliverEvent(receiver, `\ufeff${text}\u2028`);
    const [name = ''] = archiveNames(receiver.directory);
    const file = readFileSync(join(receiver.directory, name), 'utf8');
    assert.equal(file.split(/\r\n|[\n\r\u2028\u2029]/).length, 2);
    assert.equal(archived(receiver.directory)[0]?.body, `\ufeff${text}\u2028`);
  });

  test('a body that is not UTF-8 is kept byte for byte', async (t) => {
    const receiver = await receiverFor(t);
    const bytes = Buffer.from('7b226964223a22ff22c3287d', 'hex');
    assert.equal((await deliverEvent(receiver, bytes)).status, 200);
    const [delivery = assert.fail()] = archived(receiver.directory);
    assert.equal(delivery.body, undefined);
    assert.deepEqual(bodyBytes(delivery), bytes);
  });
});

suite('callbacks', () => {
  for (const [path, kind] of [
    ['historical', 'historical-callback'],
    ['text', 'text-callback'],
  ] as const) {
    test(`the raw text of a ${kind} is kept, whatever it is`, async (t) => {
      const receiver = await receiverFor(t);
      const bodies = ['{"status":"OK"}', 'not JSON', '<xml/>', ' ', '"', `{"id":"not looked at"}`];
      for (const text of bodies) assert.equal((await deliverCallback(receiver, path, text)).status, 200);
      assert.deepEqual(
        archived(receiver.directory).map(({ receivedAt: _, ...delivery }) => delivery),
        bodies.map((text) => ({ kind, body: text })),
      );
    });
  }

  test('may be PUT, may have any content type, and need no signature', async (t) => {
    const receiver = await receiverFor(t);
    const url = `${receiver.url}/callbacks/${CALLBACK_TOKEN}/historical`;
    assert.equal(
      (await post(url, 'a', { 'content-type': 'application/x-www-form-urlencoded' }, 'PUT')).status,
      200,
    );
    assert.equal(archived(receiver.directory).length, 1);
  });

  test('the query is kept, and is enough of a delivery by itself', async (t) => {
    const receiver = await receiverFor(t);
    for (const [path, text, status] of [
      ['text?message=1&state=%20sent', '', 200],
      ['text?message=2', 'x', 200],
      ['text?', '', 400],
      ['text', '', 400],
    ] as const) {
      assert.equal((await deliverCallback(receiver, path, text)).status, status, path);
    }
    assert.deepEqual(
      archived(receiver.directory).map(({ query, body }) => ({ query, body })),
      [
        { query: 'message=1&state=%20sent', body: '' },
        { query: 'message=2', body: 'x' },
      ],
    );
  });

  test('every configured token is taken', async (t) => {
    const tokens = ['the-first-token-of-the-test', 'the-second-token-of-the-test'];
    const receiver = await receiverFor(t, { callbackTokens: tokens });
    assert.equal(receiver.callbackToken, tokens[0]);
    for (const token of tokens) {
      assert.equal((await post(`${receiver.url}/callbacks/${token}/text`, token)).status, 200);
    }
    assert.equal((await deliverCallback(receiver, 'text', 'x')).status, 404);
  });

  test('a weak token is refused before anything is created', async (t) => {
    for (const token of [
      'short',
      'x'.repeat(21),
      `${'x'.repeat(30)}/`,
      'with blanks and more blanks',
      'x'.repeat(257),
    ]) {
      await assert.rejects(receiverFor(t, { callbackTokens: [token] }), { code: 'WEAK_CALLBACK_TOKEN' });
    }
  });

  test('a token is made, kept for its owner only, and is the same after a restart', async (t) => {
    const first = await receiverFor(t, { callbackTokens: [] });
    assert.match(first.callbackToken, /^[\w-]{43}$/);
    const path = join(first.directory, 'callback-token');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await first.close();
    const second = await receiverFor(t, { callbackTokens: [], archiveDirectory: first.directory });
    assert.equal(second.callbackToken, first.callbackToken);
    const other = await receiverFor(t, { callbackTokens: [] });
    assert.notEqual(other.callbackToken, first.callbackToken);
    const configured = await receiverFor(t);
    assert.equal(existsSync(join(configured.directory, 'callback-token')), false);
  });
});

suite('paths and methods', () => {
  const paths = [
    '/',
    '/events',
    '/events/mykaarma/',
    '/Events/mykaarma',
    '//events/mykaarma',
    '/events/mykaarma%2f',
    '/events/other',
    '/callbacks',
    `/callbacks/${CALLBACK_TOKEN}`,
    `/callbacks/${CALLBACK_TOKEN}/`,
    `/callbacks/${CALLBACK_TOKEN}/other`,
    `/callbacks/${CALLBACK_TOKEN}/text/`,
    `/callbacks/${CALLBACK_TOKEN.slice(0, -1)}/text`,
    `/callbacks/${CALLBACK_TOKEN}x/text`,
    `/callbacks/${CALLBACK_TOKEN.toUpperCase()}/text`,
    `/callbacks/${CALLBACK_TOKEN.replace('-', '%2d')}/text`,
    `/callbacks/${CALLBACK_TOKEN}/constructor`,
    `/callbacks/${CALLBACK_TOKEN}/__proto__`,
    '/callbacks//text',
    '/health/',
    '/healthz',
    '/callback-token',
    '/../callback-token',
  ];
  test('what is not exactly a path of ours is answered 404, all alike, and nothing is stored', async (t) => {
    const receiver = await receiverFor(t);
    for (const path of paths) {
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const body = eventBody('a');
        const { status, text } = await post(`${receiver.url}${path}`, body, eventHeaders(body), method);
        assert.deepEqual(
          { status, text },
          { status: 404, text: '{"error":"NOT_FOUND"}\n' },
          `${method} ${path}`,
        );
      }
    }
    assert.deepEqual(archiveNames(receiver.directory), []);
  });

  for (const [path, allowed] of [
    ['/events/mykaarma', 'POST'],
    [`/callbacks/${CALLBACK_TOKEN}/text`, 'POST, PUT'],
    ['/health', 'GET, HEAD'],
  ] as const) {
    test(`${path.replace(CALLBACK_TOKEN, '…')} takes ${allowed} and nothing else`, async (t) => {
      const receiver = await receiverFor(t);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
        const response = await fetch(`${receiver.url}${path}`, { method });
        await response.arrayBuffer();
        if (allowed.split(', ').includes(method)) {
          assert.notEqual(response.status, 405, method);
        } else {
          assert.equal(response.status, 405, method);
          assert.equal(response.headers.get('allow'), allowed);
        }
      }
      assert.deepEqual(archiveNames(receiver.directory), []);
    });
  }

  test('health tells counts and nothing else', async (t) => {
    const receiver = await receiverFor(t);
    await deliverEvent(receiver, eventBody('a'));
    await deliverEvent(receiver, eventBody('a'));
    await deliverCallback(receiver, 'text', 'x');
    await post(`${receiver.url}/nowhere`, 'x');
    const response = await fetch(`${receiver.url}/health`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await response.json(), {
      status: 'ok',
      stored: 2,
      repeated: 1,
      refused: 1,
      unavailable: 0,
    });
  });

  test('nothing of a request is in an answer', async (t) => {
    const receiver = await receiverFor(t);
    const mark = 'findme';
    const answers = await Promise.all([
      post(`${receiver.url}/${mark}?${mark}`, mark, { [mark]: mark }),
      post(`${receiver.url}/events/mykaarma`, mark, { 'x-authorization-token': mark, 'content-type': mark }),
      deliverEvent(receiver, eventBody(mark), { 'content-type': `text/${mark}` }),
      deliverEvent(receiver, eventBody(mark), { origin: `http://${mark}` }),
      deliverCallback(receiver, `text?${mark}`, mark),
      post(`${receiver.url}/health`, mark),
    ]);
    for (const { text, headers } of answers) {
      assert.ok(!`${text}${JSON.stringify([...headers])}`.includes(mark), text);
    }
  });
});

suite('archives on the disk', () => {
  test('only their owner can read them', async (t) => {
    const receiver = await receiverFor(t);
    await deliverEvent(receiver, eventBody('a'));
    assert.equal(statSync(receiver.directory).mode & 0o777, 0o700);
    for (const name of readdirSync(receiver.directory)) {
      assert.equal(statSync(join(receiver.directory, name)).mode & 0o777, 0o600, name);
    }
  });

  test('a receiver that gets nothing leaves no empty archive', async (t) => {
    const receiver = await receiverFor(t);
    await receiver.close();
    assert.deepEqual(archiveNames(receiver.directory), []);
  });

  test('a line that is no delivery is none to readers', () => {
    for (const line of [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"receivedAt":"x","kind":"other","body":""}',
      '{"receivedAt":"x","kind":"message-event"}',
    ]) {
      assert.equal(readArchivedDelivery(line), null, line);
    }
  });
});
