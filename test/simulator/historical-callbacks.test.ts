import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { answerOf, send, simulatorFor, textItem } from '../support/simulator-client.ts';

interface Callback {
  readonly saveMessageResponse: readonly {
    readonly sourceUuid: string;
    readonly errors: readonly { readonly errorCode: string }[];
  }[];
  readonly succesfullySubmittedSourceUuids: readonly string[];
  readonly failedSourceUuids: readonly string[];
}

async function scene(t: TestContext, options: SimulatorOptions = {}) {
  const receiver = await scriptedServer(t, (_, response) => void response.end());
  const simulator = await simulatorFor(t, options);
  const item = (uuid: string) => ({ ...textItem(uuid), callBackPathUrl: `${receiver.origin}/item` });
  return { receiver, simulator, item };
}

function callbacksOf({ requests }: ScriptedServer): Callback[] {
  return requests.map(({ body }) => JSON.parse(body) as Callback);
}

function told(receiver: ScriptedServer): string[] {
  return callbacksOf(receiver)
    .map(({ succesfullySubmittedSourceUuids: good, failedSourceUuids: bad }) =>
      [...good.map((uuid) => `${uuid} stored`), ...bad.map((uuid) => `${uuid} failed`)].join(),
    )
    .sort();
}

suite('callbacks of historical saves', () => {
  test('have the shape of the answer, with one item', async (t) => {
    const { receiver, simulator, item } = await scene(t);
    const answer = await answerOf(send(simulator, [item('a')]));
    await simulator.settled();
    const [request] = receiver.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/item');
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.deepEqual(callbacksOf(receiver), [
      {
        saveMessageResponse: [
          {
            sourceUuid: 'a',
            messageUuid: answer.saveMessageResponse[0]?.messageUuid,
            errors: [],
            warnings: [],
          },
        ],
        succesfullySubmittedSourceUuids: ['a'],
        failedSourceUuids: [],
      },
    ]);
  });

  test('go to the item’s own URL, else to the request’s, else nowhere', async (t) => {
    const { receiver, simulator, item } = await scene(t);
    const body = JSON.stringify({
      saveMessageRequestList: [item('own'), textItem('common')],
      callBackPathUrl: `${receiver.origin}/request`,
    });
    await send(simulator, [], { body });
    await send(simulator, [textItem('none')]);
    await simulator.settled();
    assert.deepEqual(receiver.requests.map(({ path }) => path).sort(), ['/item', '/request']);
    assert.deepEqual(told(receiver), ['common stored', 'own stored']);
  });

  test('come after the delay, not before the answer', async (t) => {
    const { receiver, simulator, item } = await scene(t, { callbackDelayMs: [200, 250] });
    await send(simulator, [item('a')]);
    assert.equal(receiver.requests.length, 0);
    assert.equal(simulator.stats().pendingDeliveries, 1);
    const answeredAtMs = performance.now();
    await simulator.settled();
    assert.ok(performance.now() - answeredAtMs > 150);
    assert.deepEqual(told(receiver), ['a stored']);
    const { origin } = simulator;
    const stats = (await (await fetch(`${origin}/__stats`)).json()) as Record<string, unknown>;
    assert.equal(stats.pendingDeliveries, 0);
  });

  test('tell that an accepted item failed, which is then not stored', async (t) => {
    const { receiver, simulator, item } = await scene(t, {
      faults: [{ fault: 'fail-later', sourceUuid: 'bad' }],
    });
    const answer = await answerOf(send(simulator, [item('good'), item('bad')]));
    assert.deepEqual(answer.succesfullySubmittedSourceUuids, ['good', 'bad']);
    assert.deepEqual(answer.failedSourceUuids, []);
    await simulator.settled();
    assert.deepEqual(told(receiver), ['bad failed', 'good stored']);
    const negative = callbacksOf(receiver).find(({ failedSourceUuids: bad }) => bad.length > 0);
    assert.equal(negative?.saveMessageResponse[0]?.errors[0]?.errorCode, 'SIMULATED_FAILURE');
    assert.deepEqual(
      [...simulator.stored()].map(({ sourceUuid }) => sourceUuid),
      ['good'],
    );
    assert.equal(simulator.stats().stored, 1);
  });

  test('let an item that failed later be stored when it comes again', async (t) => {
    const { receiver, simulator, item } = await scene(t, { faults: [{ fault: 'fail-later', attempt: 1 }] });
    await send(simulator, [item('a')]);
    await simulator.settled();
    await send(simulator, [item('a')]);
    await simulator.settled();
    assert.deepEqual(told(receiver), ['a failed', 'a stored']);
    assert.equal(simulator.stats().stored, 1);
  });

  test('never take back what is stored', async (t) => {
    const { receiver, simulator, item } = await scene(t);
    await send(simulator, [item('a')]);
    simulator.setFaults([{ fault: 'fail-later' }]);
    await send(simulator, [item('a')]);
    await simulator.settled();
    assert.deepEqual(told(receiver), ['a stored', 'a stored']);
    assert.equal(simulator.stats().stored, 1);
  });

  test('come for what was stored although the answer did not say so, and for nothing that was refused', async (t) => {
    const { receiver, simulator, item } = await scene(t, {
      faults: [
        { fault: 'omit', sourceUuid: 'omitted' },
        { fault: 'omit-before', sourceUuid: 'dropped' },
        { fault: 'refuse', sourceUuid: 'refused' },
        { fault: 'contradict', sourceUuid: 'both' },
        { fault: 'http-500-after', sourceUuid: 'lost' },
        { fault: 'http-500', sourceUuid: 'never' },
      ],
    });
    const invalid = { ...item('invalid'), sentOn: 'yesterday' };
    await send(simulator, [item('omitted'), item('dropped'), item('refused'), item('both'), invalid]);
    await send(simulator, [item('lost')]);
    await send(simulator, [item('never')]);
    await simulator.settled();
    assert.deepEqual(told(receiver), ['lost stored', 'omitted stored']);
  });

  test('that cannot be delivered anywhere are only counted', async (t) => {
    const simulator = await simulatorFor(t);
    const items = ['https://example.com/hook', 'not a URL', 'file:///tmp/x', 'http://127.0.0.1.example.com/'];
    const answer = await answerOf(
      send(
        simulator,
        items.map((callBackPathUrl, index) => ({ ...textItem(`${index}`), callBackPathUrl })),
      ),
    );
    assert.equal(answer.succesfullySubmittedSourceUuids.length, 4);
    await simulator.settled();
    const { emitted, undeliverable } = simulator.stats().deliveries.historicalCallbacks;
    assert.deepEqual({ emitted, undeliverable }, { emitted: 0, undeliverable: 4 });
  });
});
