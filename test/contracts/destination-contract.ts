/**
 * What every destination promises, whatever it talks to. An implementation joins with a factory and an answer that its
 * API would give to a batch that it takes whole.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Batch, Destination } from '../../src/destinations/destination.ts';
import { type SeenRequest, scriptedServer } from '../support/scripted-server.ts';

export interface DestinationUnderTest {
  readonly name: string;
  /** A destination whose requests go to `baseUrl` and wait at most `timeoutMs`. */
  create(baseUrl: string, timeoutMs: number): Destination;
  /** `count` messages of one customer. */
  batch(count: number): Batch;
  /** Whether bodies are smaller than the framing says, because part of an item travels elsewhere. */
  readonly bodiesAreSmaller?: boolean;
  /** Answers as the API does when it takes every message of `request`. */
  accept(request: SeenRequest, response: ServerResponse): void;
}

export function destinationContract(underTest: DestinationUnderTest): void {
  const { name, create, accept, bodiesAreSmaller = false } = underTest;
  const promise = (title: string) => `${name} (contract): ${title}`;
  const { limits } = create('http://127.0.0.1:1', 1);
  const batch = (count: number) => underTest.batch(Math.min(count, limits.maxMessagesPerRequest));

  test(promise('a batch is one request, and every message of an accepted batch is accepted'), async (t) => {
    const server = await scriptedServer(t, accept);
    const destination = create(server.origin, 2_000);
    t.after(() => destination.close());
    const result = await destination.send(batch(3));
    assert.ok(result.kind === 'answered');
    assert.equal(result.outcomes.length, batch(3).messages.length);
    for (const outcome of result.outcomes) assert.equal(outcome.state, 'accepted');
    assert.equal(server.requests.length, 1);
  });

  test(promise('the framing tells the exact size of the body'), async (t) => {
    const server = await scriptedServer(t, accept);
    const destination = create(server.origin, 2_000);
    t.after(() => destination.close());
    for (const count of [1, 2, 7]) {
      const sent = batch(count);
      await destination.send(sent);
      const { requestBytes, perMessageBytes } = destination.framing;
      const told = sent.messages.reduce((sum, { item }) => sum + item.length + perMessageBytes, requestBytes);
      const actual = Buffer.byteLength(server.requests.at(-1)?.body ?? '', 'utf8');
      if (bodiesAreSmaller) assert.ok(actual < told);
      else assert.equal(actual, told);
    }
  });

  test(promise('sending the same batch again gives the same request, byte for byte'), async (t) => {
    const server = await scriptedServer(t, accept);
    const destination = create(server.origin, 2_000);
    t.after(() => destination.close());
    const sent = batch(2);
    await destination.send(sent);
    await destination.send(sent);
    const [first, second] = server.requests;
    assert.equal(first?.body, second?.body);
    assert.equal(first?.path, second?.path);
  });

  const refusals: readonly [number, string][] = [
    [302, 'stop'],
    [401, 'stop'],
    [415, 'stop'],
    [429, 'retry'],
    [503, 'retry'],
  ];
  for (const [status, recovery] of refusals) {
    test(promise(`${status} is a refusal to ${recovery}, made of one request`), async (t) => {
      const server = await scriptedServer(t, (_, response) => {
        response.writeHead(status, { location: '/elsewhere' }).end();
      });
      const destination = create(server.origin, 2_000);
      t.after(() => destination.close());
      const result = await destination.send(batch(1));
      assert.equal(result.kind === 'refused' && result.recovery, recovery);
      assert.equal(result.status, status);
      assert.equal(server.requests.length, 1);
    });
  }

  test(promise('a refused connection is not ambiguous and no attempt'), async (t) => {
    const server = await scriptedServer(t, accept);
    await server.close();
    const destination = create(server.origin, 2_000);
    t.after(() => destination.close());
    const result = await destination.send(batch(1));
    assert.ok(result.kind === 'refused');
    assert.deepEqual(
      [result.status, result.recovery, result.ambiguous, result.consumesAttempt],
      [null, 'retry', false, false],
    );
  });

  test(promise('an answer that never comes, drips for ever or breaks off is ambiguous'), async (t) => {
    const scripts: ((response: ServerResponse) => void)[] = [
      () => {},
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
      (response) => response.socket?.destroy(),
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{');
        setTimeout(() => response.socket?.destroy(), 20);
      },
    ];
    const server = await scriptedServer(t, (request, response) => scripts[request.index]?.(response));
    const destination = create(server.origin, 150);
    t.after(() => destination.close());
    for (let round = 0; round < scripts.length; round++) {
      const result = await destination.send(batch(1));
      assert.ok(result.kind === 'refused', `script ${round}`);
      assert.equal(result.ambiguous, true);
    }
    assert.equal(server.requests.length, scripts.length, 'nothing is repeated by itself');
  });

  test(promise('a 2xx that cannot be read leaves every message unknown'), async (t) => {
    const bodies = ['', 'OK', 'null', '[]', '{"a":', '<html>busy</html>'];
    const server = await scriptedServer(t, (request, response) => {
      response.writeHead(200).end(bodies[request.index]);
    });
    const destination = create(server.origin, 2_000);
    t.after(() => destination.close());
    for (const body of bodies) {
      const result = await destination.send(batch(2));
      assert.ok(result.kind === 'answered' && result.outcomes.length === batch(2).messages.length);
      for (const outcome of result.outcomes) assert.equal(outcome.state, 'unknown', body);
    }
  });

  test(
    promise(
      'where a resend is not safe, one message is a request, and 429 alone of all trouble is not ambiguous',
    ),
    async (t) => {
      if (limits.resendIsSafe) return t.skip('a resend is safe');
      assert.equal(limits.maxMessagesPerRequest, 1);
      const statuses = [408, 425, 429, 500, 502, 503, 504, 507, 520];
      const server = await scriptedServer(t, (request, response) => {
        response.writeHead(statuses[request.index] as number, { 'retry-after': '1' }).end();
      });
      const destination = create(server.origin, 2_000);
      t.after(() => destination.close());
      for (const status of statuses) {
        const result = await destination.send(batch(1));
        assert.ok(result.kind === 'refused');
        assert.deepEqual([result.recovery, result.ambiguous], ['retry', status !== 429], String(status));
      }
    },
  );

  test(promise('closing lets go of a request under way'), async (t) => {
    const server = await scriptedServer(t, () => {});
    const destination = create(server.origin, 10_000);
    const sending = destination.send(batch(1));
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await destination.close();
    assert.equal((await sending).kind, 'refused');
  });
}
