import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../../src/errors.ts';
import { REHEARSAL_FAULTS } from '../../src/simulator/faults.ts';
import type { SimulatorStats } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { answerOf, send, simulatorFor, textItem } from '../support/simulator-client.ts';

const START = new URL('../../src/simulator/start-simulator.ts', import.meta.url).href;

suite('the simulator as a server', () => {
  test('tells its counts and what it holds over HTTP', async (t) => {
    const simulator = await simulatorFor(t);
    const uuids = Array.from({ length: 1_200 }, (_, number) => `SM${number}`);
    await send(
      simulator,
      uuids.map((uuid) => textItem(uuid)),
    );
    const { origin } = new URL(simulator.baseUrl);
    const stats = (await (await fetch(`${origin}/__stats`)).json()) as SimulatorStats;
    assert.deepEqual(stats, simulator.stats());
    assert.equal(stats.requests, 1, 'looking does not count');
    const lines = (await (await fetch(`${origin}/__stored`)).text()).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [...simulator.stored()],
    );
    assert.equal(lines.length, 1_200);
    assert.deepEqual(Object.keys(JSON.parse(lines[0] as string)), [
      'sourceUuid',
      'departmentUuid',
      'customerUuid',
      'messageUuid',
      'sha256',
      'submissions',
      'sentOnMs',
    ]);
  });

  test('takes other faults while running, and refuses those it does not know', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'http-503' }] });
    const { origin } = new URL(simulator.baseUrl);
    const order = (body: string) => fetch(`${origin}/__faults`, { method: 'POST', body });
    assert.equal((await send(simulator, [textItem('a')])).status, 503);
    const refused = await order('omitt');
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /Did you mean omit/);
    assert.equal((await send(simulator, [textItem('a')])).status, 503, 'the old ones stand');
    assert.deepEqual(await (await order('http-429:x1')).json(), {
      faults: [{ fault: 'http-429', first: 1 }],
    });
    assert.equal((await send(simulator, [textItem('a')])).status, 429);
    assert.equal((await send(simulator, [textItem('a')])).status, 200);
    await order('');
    assert.throws(() => simulator.setFaults([{ fault: 'no-such' }]), UsageError);
  });

  test('refuses to start at a port that is taken, or with faults that do not exist', async (t) => {
    const { port } = await simulatorFor(t);
    await assert.rejects(
      startSimulator({ port }),
      (error) => error instanceof UsageError && error.code === 'PORT_IN_USE',
    );
    await assert.rejects(startSimulator({ faults: [{ fault: 'no-such' }] }), UsageError);
  });

  test('refuses connections during an outage, and is the same afterwards', async (t) => {
    const simulator = await simulatorFor(t);
    await send(simulator, [textItem('a')]);
    simulator.setFaults([{ fault: 'outage', during: { startMs: 50, durationMs: 300 } }]);
    assert.equal((await send(simulator, [textItem('b')])).status, 200);
    await delay(120);
    await assert.rejects(
      send(simulator, [textItem('c')]),
      (error: Error) => (error.cause as { code?: string }).code === 'ECONNREFUSED',
    );
    await delay(350);
    assert.equal((await send(simulator, [textItem('c')])).status, 200);
    const { stored, faults } = simulator.stats();
    assert.deepEqual({ stored, faults }, { stored: 3, faults: { outage: 1 } });
  });

  test('ends everything when closed, requests that hang included, and may be closed twice', async () => {
    const simulator = await startSimulator({ faults: [{ fault: 'hang-after' }], latencyMs: 10 });
    const hanging = assert.rejects(send(simulator, [textItem('a')]));
    await delay(100);
    await Promise.all([simulator.close(), simulator.close(), simulator.closed]);
    await hanging;
    await assert.rejects(send(simulator, [textItem('a')]));
  });

  test('can be closed during an outage', async () => {
    const simulator = await startSimulator({
      faults: [{ fault: 'outage', during: { startMs: 0, durationMs: 60_000 } }],
    });
    await delay(50);
    await simulator.close();
  });

  test('closes when asked over HTTP', async () => {
    const simulator = await startSimulator();
    await fetch(`${new URL(simulator.baseUrl).origin}/__shutdown`, { method: 'POST' });
    await simulator.closed;
  });

  test('closes after the idle time, counted from the last request', async () => {
    const startMs = performance.now();
    const simulator = await startSimulator({ stopAfterIdleMs: 200 });
    await delay(120);
    await send(simulator, [textItem('a')]);
    await simulator.closed;
    assert.ok(performance.now() - startMs >= 315);
  });

  test('leaves nothing behind that keeps the process alive', async () => {
    const script = `
      const { startSimulator } = await import(${JSON.stringify(START)});
      const faults = [{ fault: 'outage', during: { startMs: 60_000, durationMs: 60_000 } }, { fault: 'slow-drip' }];
      const simulator = await startSimulator({ faults, stopAfterIdleMs: 60_000 });
      const url = simulator.baseUrl + '/department/d/customer/c/communication/historical';
      const headers = { authorization: 'Basic ' + btoa('simulator:simulator'), 'content-type': 'application/json' };
      const body = '{"saveMessageRequestList":[{"sourceUuid":"a"}]}';
      await fetch(url, { method: 'PUT', headers, body });
      await simulator.close();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill(), 5_000);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    clearTimeout(timer);
  });
});

suite('the rehearsal’s faults', () => {
  test('all strike a few hundred customers, and all but the refused gets through with patience', async (t) => {
    const simulator = await simulatorFor(t, { faults: REHEARSAL_FAULTS });
    const left = new Map<string, string[]>();
    for (let customer = 0; customer < 300; customer++) {
      left.set(
        `c${customer}`,
        Array.from({ length: 10 }, (_, number) => `SM${customer}-${number}`),
      );
    }
    const failed: string[] = [];
    for (let round = 0; round < 8 && left.size > 0; round++) {
      for (const [customer, uuids] of left) {
        const answer = await send(
          simulator,
          uuids.map((uuid) => textItem(uuid)),
          { customer },
        )
          .then((response) => (response.status === 200 ? answerOf(Promise.resolve(response)) : null))
          .catch(() => null);
        if (answer === null) continue;
        failed.push(...answer.failedSourceUuids);
        const settled = new Set([...answer.failedSourceUuids, ...answer.succesfullySubmittedSourceUuids]);
        const rest = uuids.filter((uuid) => !settled.has(uuid));
        if (rest.length === 0) left.delete(customer);
        else left.set(customer, rest);
      }
    }
    const { stored, faults } = simulator.stats();
    assert.equal(left.size, 0);
    assert.ok(failed.length > 0 && failed.length < 20, `${failed.length} refused`);
    assert.equal(stored, 3_000 - failed.length);
    for (const { fault } of REHEARSAL_FAULTS) assert.ok((faults[fault] ?? 0) > 0, `${fault} struck`);
  });
});
