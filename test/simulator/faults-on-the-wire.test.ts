import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { FAULTS, faultNamed } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import {
  answerOf,
  type HistoricalAnswer,
  SIMULATOR_AUTHORIZATION,
  send,
  simulatorFor,
  textItem,
} from '../support/simulator-client.ts';

const ITEMS = [textItem('a', 1), textItem('b', 2), textItem('c', 3)];

/** Everything that comes back over the bare connection until it ends, and how it ends. */
async function rawExchange(
  simulator: Simulator,
  patienceMs = 2_000,
): Promise<{ text: string; end: 'closed' | 'reset' | 'none' }> {
  const body = JSON.stringify({ saveMessageRequestList: ITEMS });
  const socket = connect(simulator.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const end = new Promise<'closed' | 'reset' | 'none'>((resolve) => {
    socket.once('error', () => resolve('reset'));
    socket.once('end', () => resolve('closed'));
    setTimeout(() => resolve('none'), patienceMs).unref();
  });
  await once(socket, 'connect');
  socket.write(
    [
      'PUT /communications/department/dept/customer/cust/communication/historical HTTP/1.1',
      'host: localhost',
      `authorization: ${SIMULATOR_AUTHORIZATION}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  const ended = await end;
  socket.destroy();
  return { text, end: ended };
}

/** Those that can strike this API; the others are tried with theirs. */
const HISTORICAL_FAULTS = FAULTS.filter(({ apis }) => apis.includes('historical'));

/** Faults after which it can be told from /__stats alone whether the messages were stored: one request each. */
const TESTED_BY_STATUS = HISTORICAL_FAULTS.filter(
  ({ effect }) => effect.strikes === 'request' && typeof effect.does === 'object',
);

suite('faults that strike items', () => {
  const cases: Record<string, { listed: string[]; failed: string[]; answered: string[]; stored: string[] }> =
    {
      refuse: { listed: ['a', 'c'], failed: ['b'], answered: ['a', 'b', 'c'], stored: ['a', 'c'] },
      'fail-later': {
        listed: ['a', 'b', 'c'],
        failed: [],
        answered: ['a', 'b', 'c'],
        stored: ['a', 'c'],
      },
      warn: { listed: ['a', 'b', 'c'], failed: [], answered: ['a', 'b', 'c'], stored: ['a', 'b', 'c'] },
      omit: { listed: ['a', 'c'], failed: [], answered: ['a', 'c'], stored: ['a', 'b', 'c'] },
      'omit-before': { listed: ['a', 'c'], failed: [], answered: ['a', 'c'], stored: ['a', 'c'] },
      contradict: { listed: ['a', 'b', 'c'], failed: ['b'], answered: ['a', 'b', 'c'], stored: ['a', 'c'] },
      'contradict-error': {
        listed: ['a', 'b', 'c'],
        failed: [],
        answered: ['a', 'b', 'c'],
        stored: ['a', 'c'],
      },
    };
  for (const [fault, expected] of Object.entries(cases)) {
    test(`${fault}: ${faultNamed(fault)?.description}`, async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault, sourceUuid: 'b' }] });
      const answer = await answerOf(send(simulator, ITEMS));
      assert.deepEqual(
        {
          listed: answer.succesfullySubmittedSourceUuids,
          failed: answer.failedSourceUuids,
          answered: answer.saveMessageResponse.map(({ sourceUuid }) => sourceUuid),
          stored: [...simulator.stored()].map(({ sourceUuid }) => sourceUuid),
        },
        expected,
      );
      const { errors, warnings } =
        answer.saveMessageResponse.find(({ sourceUuid }) => sourceUuid === 'b') ?? {};
      assert.equal(errors !== undefined, fault === 'refuse' || fault === 'contradict-error');
      assert.equal(warnings !== undefined, fault === 'warn');
      assert.deepEqual(simulator.stats().faults, { [fault]: 1 });
    });
  }

  for (const [fault, status] of [
    ['poison', 400],
    ['poison-409', 409],
    ['poison-422', 422],
  ] as const) {
    test(`${fault} refuses the whole request with ${status}, names nobody, and stores nothing`, async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault, sourceUuid: 'b' }] });
      const response = await send(simulator, ITEMS);
      assert.equal(response.status, status);
      assert.doesNotMatch(await response.text(), /"[abc]"/);
      assert.equal(simulator.stats().stored, 0);
      assert.equal((await send(simulator, [ITEMS[0], ITEMS[2]])).status, 200);
    });
  }
});

suite('faults that strike requests', () => {
  for (const { name, stores, effect, description } of TESTED_BY_STATUS) {
    test(`${name}: ${description}`, async (t) => {
      assert.ok(effect.strikes === 'request' && typeof effect.does === 'object');
      const simulator = await simulatorFor(t, { faults: [{ fault: name, first: 1 }] });
      const response = await send(simulator, ITEMS);
      assert.equal(response.status, effect.does.status);
      assert.doesNotMatch(await response.text(), /"[abc]"/);
      assert.equal(simulator.stats().stored, stores ? 3 : 0);
      assert.equal((await send(simulator, ITEMS)).status, 200, 'the next one goes through');
      assert.deepEqual(simulator.stats().faults, { [name]: 1 });
    });
  }

  test('http-401 asks for Basic credentials', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'http-401' }] });
    assert.match((await send(simulator, ITEMS)).headers.get('www-authenticate') ?? '', /^Basic /);
  });

  test('throttling comes with each form of Retry-After', async (t) => {
    const simulator = await simulatorFor(t);
    const retryAfter = async (fault: string) => {
      simulator.setFaults([{ fault }]);
      return (await send(simulator, ITEMS)).headers.get('retry-after');
    };
    assert.equal(await retryAfter('http-429'), '1');
    assert.equal(await retryAfter('http-503-later'), '1');
    assert.equal(await retryAfter('http-429-none'), null);
    assert.equal(await retryAfter('http-503'), null);
    assert.equal(await retryAfter('http-429-absurd'), '999999');
    assert.equal(await retryAfter('http-429-garbled'), 'soon');
    const date = (await retryAfter('http-429-date')) ?? '';
    assert.match(date, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    const inMs = Date.parse(date) - Date.now();
    assert.ok(inMs > 900 && inMs <= 2_000, `${inMs} ms ahead`);
  });

  test('redirects lead to a place that counts who follows', async (t) => {
    const simulator = await simulatorFor(t);
    for (const fault of ['http-301', 'http-302', 'http-307']) {
      simulator.setFaults([{ fault }]);
      const response = await send(simulator, ITEMS);
      assert.match(response.headers.get('location') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/__elsewhere$/);
    }
    assert.equal(simulator.stats().followedRedirects, 0);
    await send(simulator, ITEMS, { redirect: 'follow' });
    assert.equal(simulator.stats().followedRedirects, 1);
    assert.equal(simulator.stats().stored, 0);
  });

  test('stranger adds a uuid that was never sent to the right answer', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'stranger' }] });
    const { succesfullySubmittedSourceUuids: listed } = await answerOf(send(simulator, ITEMS));
    assert.deepEqual(listed.slice(0, 3), ['a', 'b', 'c']);
    assert.equal(listed.length, 4);
  });

  const silent: Record<string, (response: Response, text: string) => void> = {
    'null-lists': (_, text) => {
      const answer = JSON.parse(text) as HistoricalAnswer;
      assert.deepEqual(new Set(Object.values(answer)), new Set([null]));
      assert.equal(Object.keys(answer).length, 5);
    },
    empty: (_, text) => assert.equal(text, ''),
    html: (response, text) => {
      assert.equal(response.headers.get('content-type'), 'text/html');
      assert.match(text, /^<!DOCTYPE html>/);
    },
    rubbish: (_, text) =>
      assert.equal(Array.isArray(JSON.parse(text).succesfullySubmittedSourceUuids), false),
    huge: (_, text) => assert.equal(text.length, 3_000_000),
    'gzip-bomb': (response, text) => {
      assert.equal(response.headers.get('content-encoding'), 'gzip');
      assert.equal(text.length, 30_000_000);
    },
  };
  for (const [name, looks] of Object.entries(silent)) {
    for (const fault of [name, `${name}-before`]) {
      test(`${fault}: ${faultNamed(fault)?.description}`, async (t) => {
        const simulator = await simulatorFor(t, { faults: [{ fault }], hugeBytes: 3_000_000 });
        const response = await send(simulator, ITEMS);
        assert.equal(response.status, 200);
        looks(response, await response.text());
        assert.equal(simulator.stats().stored, fault === name ? 3 : 0);
      });
    }
  }

  test('wrong-type labels the right answer text/plain', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'wrong-type' }] });
    const response = await send(simulator, ITEMS);
    assert.equal(response.headers.get('content-type'), 'text/plain');
    assert.equal(JSON.parse(await response.text()).succesfullySubmittedSourceUuids.length, 3);
  });

  test('truncated is a complete HTTP answer whose JSON is not', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'truncated' }] });
    const text = await (await send(simulator, ITEMS)).text();
    assert.ok(text.startsWith('{"saveMessageResponse":['));
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.equal(simulator.stats().stored, 3);
  });

  test('close-early announces more than it sends', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'close-early' }] });
    const { text, end } = await rawExchange(simulator);
    const announced = Number(/content-length: (\d+)/.exec(text)?.[1]);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    assert.ok(body.length > 0 && body.length < announced, `${body.length} of ${announced}`);
    assert.equal(end, 'closed');
    assert.equal(simulator.stats().stored, 3);
    await assert.rejects(async () => (await send(simulator, ITEMS)).text());
  });

  test('slow-drip gives the right answer a few bytes at a time', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'slow-drip' }], dripIntervalMs: 5 });
    const startMs = performance.now();
    const answer = await answerOf(send(simulator, ITEMS));
    assert.deepEqual(answer.succesfullySubmittedSourceUuids, ['a', 'b', 'c']);
    assert.ok(performance.now() - startMs > 50);
  });

  for (const [fault, stored] of [
    ['hang-before', 0],
    ['hang-after', 3],
  ] as const) {
    test(`${fault}: ${faultNamed(fault)?.description}`, async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault }] });
      assert.deepEqual(await rawExchange(simulator, 150), { text: '', end: 'none' });
      assert.equal(simulator.stats().stored, stored);
    });
  }

  for (const [fault, stored] of [
    ['reset-before', 0],
    ['reset-after', 3],
  ] as const) {
    test(`${fault}: ${faultNamed(fault)?.description}`, async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault }] });
      assert.deepEqual(await rawExchange(simulator), { text: '', end: 'reset' });
      assert.equal(simulator.stats().stored, stored);
      assert.equal(simulator.stats().inFlight, 0);
    });
  }
});

test('every fault that can strike this API is tried here or in the lifecycle tests', () => {
  const tried = new Set([
    'refuse',
    'warn',
    'fail-later',
    'omit',
    'omit-before',
    'contradict',
    'contradict-error',
    'poison',
    'poison-409',
    'poison-422',
    'stranger',
    'wrong-type',
    'truncated',
    'close-early',
    'slow-drip',
    'outage',
    'hang-before',
    'hang-after',
    'reset-before',
    'reset-after',
    ...['null-lists', 'empty', 'html', 'rubbish', 'huge', 'gzip-bomb'].flatMap((name) => [
      name,
      `${name}-before`,
    ]),
    ...TESTED_BY_STATUS.map(({ name }) => name),
  ]);
  assert.deepEqual(
    HISTORICAL_FAULTS.map(({ name }) => name).filter((name) => !tried.has(name)),
    [],
  );
});
