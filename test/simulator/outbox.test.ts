import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createOutbox, isLoopback, type Outbox, type OutboxOptions } from '../../src/simulator/outbox.ts';
import { type Script, scriptedServer } from '../support/scripted-server.ts';

const OPTIONS: OutboxOptions = {
  retryBaseMs: 20,
  answerWithinMs: 1_000,
  maxPending: 1_000,
  deliverAnywhere: false,
};

async function scene(t: TestContext, script: Script, options: Partial<OutboxOptions> = {}) {
  const receiver = await scriptedServer(t, script);
  const outbox = createOutbox({ ...OPTIONS, ...options });
  t.after(() => outbox.close());
  const post = (body: string, delayMs = 0) =>
    outbox.post({ kind: 'messageEvents', url: receiver.origin, headers: {}, body, delayMs });
  return { receiver, outbox, post };
}

function countsOf(outbox: Outbox) {
  return outbox.counts().messageEvents;
}

function statusAnswer(...statuses: readonly number[]): Script {
  return ({ index }, response) => {
    response.writeHead(statuses[Math.min(index, statuses.length - 1)] as number);
    response.end();
  };
}

suite('the outbox', () => {
  test('delivers again until a 2xx, ever later', async (t) => {
    const { receiver, outbox, post } = await scene(t, statusAnswer(500, 404, 302, 204));
    post('x');
    await outbox.settled();
    assert.deepEqual(
      receiver.requests.map(({ body }) => body),
      ['x', 'x', 'x', 'x'],
    );
    const times = receiver.requests.map(({ arrivedAtMs }) => arrivedAtMs);
    const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
    [20, 40, 80].forEach((leastMs, index) => {
      assert.ok((pauses[index] as number) >= leastMs - 2, `${pauses}`);
    });
    const { emitted, delivered, retried, givenUp } = countsOf(outbox);
    assert.deepEqual(
      { emitted, delivered, retried, givenUp },
      { emitted: 1, delivered: 1, retried: 3, givenUp: 0 },
    );
  });

  test('gives up after the first delivery and five more', async (t) => {
    const { receiver, outbox, post } = await scene(t, statusAnswer(500), { retryBaseMs: 1 });
    post('x');
    await outbox.settled();
    assert.equal(receiver.requests.length, 6);
    const { delivered, retried, givenUp } = countsOf(outbox);
    assert.deepEqual({ delivered, retried, givenUp }, { delivered: 0, retried: 5, givenUp: 1 });
  });

  test('takes an answer that is late, reset or cut off for none', async (t) => {
    const { receiver, outbox, post } = await scene(
      t,
      async ({ index }, response) => {
        if (index === 0) await delay(300);
        if (index === 1) return void response.socket?.resetAndDestroy();
        response.end();
      },
      { answerWithinMs: 100, retryBaseMs: 1 },
    );
    post('x');
    await outbox.settled();
    assert.equal(receiver.requests.length, 3);
    assert.equal(countsOf(outbox).delivered, 1);
  });

  test('follows no redirect', async (t) => {
    const { receiver, outbox, post } = await scene(t, ({ index }, response) => {
      response.writeHead(index === 0 ? 307 : 200, { location: '/elsewhere' });
      response.end();
    });
    post('x');
    await outbox.settled();
    assert.deepEqual(
      receiver.requests.map(({ path }) => path),
      ['/', '/'],
    );
  });

  test('tries a receiver that is not there as often as one that refuses', async (t) => {
    const { receiver, outbox } = await scene(t, statusAnswer(200));
    const { origin } = receiver;
    await receiver.close();
    outbox.post({ kind: 'messageEvents', url: origin, headers: {}, body: 'x', delayMs: 0 });
    await outbox.settled();
    assert.equal(countsOf(outbox).givenUp, 1);
    assert.equal(countsOf(outbox).retried, 5);
  });

  test('holds so many and no more', async (t) => {
    const { outbox, post } = await scene(t, statusAnswer(200), { maxPending: 3 });
    for (let number = 0; number < 5; number++) post(`${number}`, 50);
    assert.equal(outbox.pending(), 3);
    await outbox.settled();
    const { emitted, delivered, dropped } = countsOf(outbox);
    assert.deepEqual({ emitted, delivered, dropped }, { emitted: 3, delivered: 3, dropped: 2 });
    post('later');
    await outbox.settled();
    assert.equal(countsOf(outbox).delivered, 4);
  });

  test('delivers thousands to one receiver, each once, over a few connections', async (t) => {
    let open = 0;
    let mostOpen = 0;
    const { receiver, outbox, post } = await scene(t, async (_, response) => {
      mostOpen = Math.max(mostOpen, ++open);
      await delay(1);
      open--;
      response.end();
    });
    for (let number = 0; number < 1_000; number++) post(`${number}`);
    await outbox.settled();
    assert.equal(new Set(receiver.requests.map(({ body }) => body)).size, 1_000);
    assert.equal(receiver.requests.length, 1_000);
    assert.ok(mostOpen > 1 && mostOpen <= 16, `${mostOpen}`);
  });

  test('ends with everything that waits or is under way when it is closed', async (t) => {
    const { receiver, outbox, post } = await scene(t, () => {}, { answerWithinMs: 60_000 });
    post('hangs');
    post('waits', 60_000);
    await delay(50);
    const settled = outbox.settled();
    await outbox.close();
    await settled;
    post('too late');
    assert.equal(receiver.requests.length, 1);
    assert.equal(countsOf(outbox).emitted, 2);
    await outbox.settled();
  });

  test('stays on this machine unless told otherwise', async (t) => {
    for (const url of ['http://127.0.0.1:1/', 'https://localhost/x', 'http://[::1]:8080', 'http://127.1/']) {
      assert.ok(isLoopback(new URL(url)), url);
    }
    for (const url of [
      'http://example.com/',
      'http://127.0.0.1.example.com/',
      'http://localhost.example.com/',
      'http://0.0.0.0/',
      'http://192.0.2.1/',
      'http://localhost@192.0.2.1/',
      'ftp://localhost/',
    ]) {
      assert.equal(isLoopback(new URL(url)), false, url);
    }
    const { outbox } = await scene(t, statusAnswer(200), { deliverAnywhere: true });
    outbox.post({ kind: 'textCallbacks', url: 'ftp://localhost/', headers: {}, body: '', delayMs: 0 });
    assert.equal(outbox.counts().textCallbacks.undeliverable, 1);
  });
});
