import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverWith } from '../support/deliver-with.ts';
import { memoryLedger } from '../support/memory-ledger.ts';
import { outgoing } from '../support/outgoing-messages.ts';
import { accept, outcome, refuse, scriptedDestination, timedOut } from '../support/scripted-destination.ts';
import { simulatedClock } from '../support/simulated-clock.ts';

const customers = (count: number, messages = 1, department = 'd1') =>
  Array.from({ length: count }, (_, index) => ({
    customer: `${department}-c${index}`,
    department,
    messages,
  }));
const allOf = <T>(count: number, value: T) => Array.from({ length: count }, () => value);

test('everything is accepted, in conversation order, in batches as full as they can be', async () => {
  const ledger = memoryLedger(customers(3, 25));
  const destination = scriptedDestination(accept);
  const result = await deliverWith(ledger, destination);
  assert.deepEqual(result, {
    stopReason: null,
    stopDetail: null,
    requests: { sent: 9, retried: 0, throttled: 0 },
    messages: { accepted: 75, failed: 0, unknown: 0 },
    parkedDepartments: [],
    strangers: 0,
  });
  for (const { customer } of customers(3)) {
    const batches = destination.sent.filter((batch) => batch.customerUuid === customer);
    assert.deepEqual(
      batches.map((batch) => batch.messages.length),
      [10, 10, 5],
    );
    const ids = batches.flatMap((batch) => batch.messages.map((message) => message.id));
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
  }
});

test('the outcome of each message is its own', async () => {
  const ledger = memoryLedger(customers(1, 3));
  const result = await deliverWith(
    ledger,
    scriptedDestination(() => ({
      kind: 'answered',
      status: 200,
      outcomes: [outcome('accepted'), outcome('failed', 'E7'), outcome('unknown', 'NOT_MENTIONED')],
      strangers: 2,
    })),
  );
  assert.deepEqual(ledger.statesOf('d1-c0'), ['accepted', 'failed', 'unknown']);
  assert.equal(ledger.messages[1]?.code, 'E7');
  assert.deepEqual(result.messages, { accepted: 1, failed: 1, unknown: 1 });
  assert.equal(result.strangers, 2);
});

test('a failed or unknown message does not hold back its successors', async () => {
  const ledger = memoryLedger(customers(1, 12));
  await deliverWith(
    ledger,
    scriptedDestination((batch, index) =>
      index > 0
        ? accept(batch)
        : {
            ...accept(batch),
            kind: 'answered',
            status: 200,
            strangers: 0,
            outcomes: allOf(10, outcome('failed')),
          },
    ),
  );
  assert.deepEqual(ledger.statesOf('d1-c0'), [...allOf(10, 'failed'), 'accepted', 'accepted']);
});

test('the same customer in two departments still has one request in flight', async () => {
  const both = ['d1', 'd2', 'd3'].map((department) => ({ customer: 'same', department, messages: 30 }));
  const destination = scriptedDestination(async (batch) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return accept(batch);
  });
  await deliverWith(memoryLedger(both), destination);
  assert.equal(destination.customerOverlaps(), 0);
  assert.equal(destination.sent.length, 9);
});

test('401 stops the run and blames no message', async () => {
  const ledger = memoryLedger(customers(20, 5));
  const destination = scriptedDestination(() => refuse(401));
  const result = await deliverWith(ledger, destination);
  assert.equal(result.stopReason, 'credentials-refused');
  assert.ok(destination.sent.length <= 4);
  assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: 0, pending: 100 });
});

test('a redirect, 405 or 415 stops the run and blames no message', async () => {
  for (const status of [301, 405, 415]) {
    const ledger = memoryLedger(customers(6));
    const result = await deliverWith(
      ledger,
      scriptedDestination(() => refuse(status)),
    );
    assert.equal(result.stopReason, 'request-refused');
    assert.match(result.stopDetail ?? '', new RegExp(String(status)));
    assert.equal((await ledger.counts()).pending, 6);
  }
});

test('403 parks the department, whose messages stay pending, and goes on with others', async () => {
  const ledger = memoryLedger([...customers(10, 15, 'd1'), ...customers(10, 15, 'd2')]);
  const parked: string[] = [];
  const result = await deliverWith(
    ledger,
    scriptedDestination((batch) => (batch.departmentUuid === 'd1' ? refuse(403) : accept(batch))),
    { observer: { onPark: (department) => parked.push(department) } },
  );
  assert.equal(result.stopReason, 'department-parked');
  assert.deepEqual(result.parkedDepartments, ['d1']);
  assert.deepEqual(parked, ['d1']);
  assert.deepEqual(await ledger.counts(), { accepted: 150, failed: 0, unknown: 0, pending: 150 });
});

test("404 fails all of that customer's messages, sends no more of them, and goes on with others", async () => {
  const ledger = memoryLedger(customers(6, 35));
  const destination = scriptedDestination((batch) =>
    batch.customerUuid === 'd1-c2' ? refuse(404) : accept(batch),
  );
  const result = await deliverWith(ledger, destination);
  assert.equal(result.stopReason, null);
  assert.deepEqual(ledger.statesOf('d1-c2'), allOf(35, 'failed'));
  assert.equal(ledger.messages.find((stored) => stored.state === 'failed')?.code, 'HTTP_404');
  assert.equal(destination.sent.filter((batch) => batch.customerUuid === 'd1-c2').length, 1);
  assert.deepEqual(result.messages, { accepted: 175, failed: 35, unknown: 0 });
});

test('customers that do not exist fail at the end of the plan even though nothing was accepted', async () => {
  const ledger = memoryLedger(customers(19, 2));
  const result = await deliverWith(
    ledger,
    scriptedDestination(() => refuse(404)),
  );
  assert.equal(result.stopReason, null);
  assert.equal((await ledger.counts()).failed, 38);
});

test('twenty such customers in a row with nothing accepted stop the run, their messages pending', async () => {
  const ledger = memoryLedger(customers(40, 2));
  const destination = scriptedDestination(() => refuse(404));
  const result = await deliverWith(ledger, destination);
  assert.equal(result.stopReason, 'wrong-base-url');
  assert.ok(destination.sent.length < 24);
  assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: 0, pending: 80 });
});

test('an acceptance in between shows that the base URL is right: any number of customers may be unknown', async () => {
  const ledger = memoryLedger(customers(100));
  const result = await deliverWith(
    ledger,
    scriptedDestination((batch) => (batch.customerUuid.endsWith('5') ? accept(batch) : refuse(404))),
    { config: { concurrency: 1 } },
  );
  assert.equal(result.stopReason, null);
  assert.deepEqual(result.messages, { accepted: 10, failed: 90, unknown: 0 });
});

test('attempts exhausted: pending again, and the run stops', async () => {
  const ledger = memoryLedger(customers(1, 3));
  const destination = scriptedDestination(() => refuse(503));
  const result = await deliverWith(ledger, destination);
  assert.equal(result.stopReason, 'attempts-exhausted');
  assert.deepEqual(result.requests, { sent: 4, retried: 3, throttled: 0 });
  assert.equal((await ledger.counts()).pending, 3);
  assert.deepEqual(
    ledger.attempts.map((attempt) => attempt.number),
    [1, 2, 3, 4],
  );
});

test('attempts exhausted after an ambiguous one: unknown, and the run goes on', async () => {
  const ledger = memoryLedger(customers(2, 3));
  const destination = scriptedDestination((batch, index) =>
    batch.customerUuid === 'd1-c1' ? accept(batch) : index === 0 ? timedOut : refuse(503),
  );
  const result = await deliverWith(ledger, destination, { config: { concurrency: 1 } });
  assert.equal(result.stopReason, null);
  assert.deepEqual(ledger.statesOf('d1-c0'), allOf(3, 'unknown'));
  assert.deepEqual(result.messages, { accepted: 3, failed: 0, unknown: 3 });
});

test('an ambiguous attempt may end as accepted, but never as failed: a refusal only adds its code', async () => {
  for (const [answer, states, code] of [
    [accept, ['accepted'], null],
    [() => refuse(400), ['unknown'], 'HTTP_400'],
    [() => refuse(404), ['unknown'], 'HTTP_404'],
  ] as const) {
    const ledger = memoryLedger(customers(1));
    await deliverWith(
      ledger,
      scriptedDestination((batch, index) => (index === 0 ? timedOut : answer(batch))),
    );
    assert.deepEqual(ledger.statesOf('d1-c0'), states);
    assert.equal(ledger.messages[0]?.code, code);
  }
});

test('an ambiguous attempt is not repeated when resending is switched off or unsafe', async () => {
  for (const [config, limits] of [
    [{ resendUnknown: false }, {}],
    [{}, { resendIsSafe: false }],
  ] as const) {
    const ledger = memoryLedger(customers(1, 12));
    const destination = scriptedDestination(
      (batch, index) => (index === 0 ? timedOut : accept(batch)),
      limits,
    );
    const result = await deliverWith(ledger, destination, { config });
    assert.equal(destination.sent.length, 2);
    assert.deepEqual(result.messages, { accepted: 2, failed: 0, unknown: 10 });
  }
});

test('unknown messages of earlier runs are sent again only where that is allowed', async () => {
  const unknowns = () => memoryLedger(customers(1, 3), (id) => ({ ...outgoing(id), ambiguous: true }));
  assert.equal((await deliverWith(unknowns(), scriptedDestination(accept))).messages.accepted, 3);
  const off = await deliverWith(unknowns(), scriptedDestination(accept), {
    config: { resendUnknown: false },
  });
  assert.equal(off.requests.sent, 0);
});

test('a message that alone exceeds the size of a request fails unsent; its neighbours go', async () => {
  const big = 'x'.repeat(3_000);
  const ledger = memoryLedger(customers(1, 5), (id) => outgoing(id, `u-${id}`, id === 2 ? big : 'small'));
  const destination = scriptedDestination(accept, { maxBytesPerRequest: 2_000 });
  const result = await deliverWith(ledger, destination);
  assert.deepEqual(ledger.statesOf('d1-c0'), ['accepted', 'accepted', 'failed', 'accepted', 'accepted']);
  assert.equal(ledger.messages[2]?.code, 'TOO_LARGE');
  assert.equal(result.requests.sent, destination.sent.length);
});

test('--limit deals with so many messages; a plan that holds fewer is just done', async () => {
  const ledger = memoryLedger(customers(5, 10));
  const first = await deliverWith(ledger, scriptedDestination(accept), { limit: 12 });
  assert.deepEqual([first.stopReason, first.messages.accepted], ['limit', 12]);
  const rest = await deliverWith(ledger, scriptedDestination(accept), { limit: 39 });
  assert.deepEqual([rest.stopReason, rest.messages.accepted], [null, 38]);
});

test('--max-failures stops once so many messages failed; the rest stay pending', async () => {
  const ledger = memoryLedger(customers(50, 1));
  const result = await deliverWith(
    ledger,
    scriptedDestination(() => refuse(400)),
    {
      maxFailures: 7,
      config: { concurrency: 1 },
    },
  );
  assert.equal(result.stopReason, 'max-failures');
  assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 7, unknown: 0, pending: 43 });
});

test('a signal ends all waits at once, claims nothing new, and lets requests in flight settle', async () => {
  const ledger = memoryLedger(customers(50, 1));
  const controller = new AbortController();
  const destination = scriptedDestination(async (batch, index) => {
    if (index === 3) controller.abort('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return accept(batch);
  });
  const result = await deliverWith(ledger, destination, { signal: controller.signal });
  assert.equal(result.stopReason, 'interrupted');
  assert.deepEqual(await ledger.counts(), { accepted: 4, failed: 0, unknown: 0, pending: 46 });
});

test('a signal during a long back-off, pause or slot is heeded within moments', async () => {
  for (const [config, answer] of [
    [{ retryBaseMs: 60_000, retryMaxMs: 60_000 }, refuse(503)],
    [{ maxOutageMs: 900_000 }, refuse(429, 600_000)],
    [{ requestsPerSecond: 0.01 }, refuse(503)],
  ] as const) {
    const ledger = memoryLedger(customers(8, 1));
    const controller = new AbortController();
    const begun = performance.now();
    const delivering = deliverWith(
      ledger,
      scriptedDestination(() => answer),
      {
        config,
        random: () => 1,
        signal: controller.signal,
      },
    );
    setTimeout(() => controller.abort('max-duration'), 30);
    const result = await delivering;
    assert.equal(result.stopReason, 'max-duration');
    assert.ok(performance.now() - begun < 1_000);
    assert.equal((await ledger.counts()).pending, 8);
  }
});

test('time that runs out while the last answers come in stops nothing; with work left it does', async () => {
  for (const [conversations, stopReason] of [
    [4, null],
    [5, 'max-duration'],
  ] as const) {
    const controller = new AbortController();
    const destination = scriptedDestination(async (batch, index) => {
      if (index === 3) controller.abort('max-duration');
      await new Promise((resolve) => setTimeout(resolve, 10));
      return accept(batch);
    });
    const ledger = memoryLedger(customers(conversations));
    const result = await deliverWith(ledger, destination, { signal: controller.signal });
    assert.equal(result.stopReason, stopReason);
    assert.equal(result.messages.accepted, 4);
  }
});

test('a message that is left unknown when time runs out is work that is left', async () => {
  const controller = new AbortController();
  const destination = scriptedDestination(() => {
    controller.abort('max-duration');
    return timedOut;
  });
  const result = await deliverWith(memoryLedger(customers(1)), destination, { signal: controller.signal });
  assert.equal(result.stopReason, 'max-duration');
  assert.deepEqual(result.messages, { accepted: 0, failed: 0, unknown: 1 });
});

test('time that was over before anything could be planned is told even though nothing is due', async () => {
  const signal = AbortSignal.abort('max-duration');
  const result = await deliverWith(memoryLedger([]), scriptedDestination(accept), { signal });
  assert.equal(result.stopReason, 'max-duration');
});

test('an already aborted signal sends nothing', async () => {
  const destination = scriptedDestination(accept);
  const result = await deliverWith(memoryLedger(customers(3)), destination, { signal: AbortSignal.abort() });
  assert.deepEqual([result.stopReason, destination.sent.length], ['interrupted', 0]);
});

test('a ledger that fails stops everything and is reported once, after requests in flight came to rest', async () => {
  for (const method of ['claim', 'settle'] as const) {
    const ledger = memoryLedger(customers(30, 3));
    let calls = 0;
    let inFlight = 0;
    const real = ledger[method] as (argument: never) => Promise<never>;
    ledger[method] = async (argument: never) => {
      if (++calls >= 6) throw new Error('disk full');
      return real.call(ledger, argument);
    };
    const destination = scriptedDestination(async (batch) => {
      inFlight++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      inFlight--;
      return accept(batch);
    });
    await assert.rejects(deliverWith(ledger, destination), /disk full/);
    assert.equal(inFlight, 0);
    assert.ok(destination.sent.length <= 10);
  }
});

test('the observer hears of the plan, every attempt, every decided message and every pause', async () => {
  const heard: string[] = [];
  const ledger = memoryLedger(customers(1, 3));
  const clock = simulatedClock();
  const destination = scriptedDestination((batch, index) =>
    index === 0 ? refuse(429, 2_000) : accept(batch),
  );
  await clock.run(
    deliverWith(ledger, destination, {
      clock,
      observer: {
        onPlan: ({ messages, conversations }) => heard.push(`plan ${messages}/${conversations}`),
        onAttempt: ({ status, result, messages, number }) =>
          heard.push(`attempt ${number}: ${status} ${result} ${messages}`),
        onSettled: ({ accepted, failed, unknown }) => heard.push(`settled ${accepted} ${failed} ${unknown}`),
        onPause: ({ reason, delayMs }) => heard.push(`pause ${reason} ${delayMs}`),
      },
    }),
  );
  assert.deepEqual(heard, [
    'plan 3/1',
    'attempt 1: 429 HTTP_429 3',
    'pause retry-after 2000',
    'attempt 2: 200 answered 3',
    'settled 3 0 0',
  ]);
});
