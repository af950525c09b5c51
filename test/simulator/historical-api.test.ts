import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answerOf, send, simulatorFor, textItem } from '../support/simulator-client.ts';
import { until } from '../support/until.ts';

async function refusalOf(response: Promise<Response>): Promise<string> {
  const answered = await response;
  const { errors } = (await answered.json()) as { errors: { errorCode: string }[] };
  return `${answered.status} ${errors[0]?.errorCode}`;
}

suite('the historical endpoint', () => {
  test('answers in the shape and spelling of the reference', async (t) => {
    const simulator = await simulatorFor(t);
    const response = await send(simulator, [textItem('a'), { ...textItem('b'), sentOn: 'yesterday' }]);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    const answer = (await response.json()) as Record<string, unknown>;
    assert.deepEqual(answer.succesfullySubmittedSourceUuids, ['a']);
    assert.deepEqual(answer.failedSourceUuids, ['b']);
    assert.deepEqual(answer.errors, []);
    assert.deepEqual(answer.warnings, []);
    const [first, second] = answer.saveMessageResponse as Record<string, unknown>[];
    assert.deepEqual(first, { sourceUuid: 'a', messageUuid: first?.messageUuid });
    assert.match(String(first?.messageUuid), /^[A-Za-z0-9_-]{43}$/);
    assert.equal(second?.sourceUuid, 'b');
    const [error] = (second?.errors ?? []) as Record<string, string>[];
    assert.deepEqual(Object.keys(error ?? {}), ['errorCode', 'errorDescription', 'errorUID']);
    assert.equal(error?.errorCode, 'NOT_A_DATE_TIME');
    assert.match(String(error?.errorDescription), /^sentOn must/);
  });

  test('gives a message the same messageUuid every time', async (t) => {
    const simulator = await simulatorFor(t);
    const [first, again] = [
      await answerOf(send(simulator, [textItem('a')])),
      await answerOf(send(simulator, [textItem('a')])),
    ];
    assert.deepEqual(first, again);
  });

  test('is known under /communications and at the root, with percent-encoded identifiers', async (t) => {
    const simulator = await simulatorFor(t);
    const rooted = { ...simulator, baseUrl: new URL(simulator.baseUrl).origin };
    const [department, customer] = ['d/1?é', 'c %#2'];
    assert.equal((await send(simulator, [textItem('a')], { department, customer })).status, 200);
    assert.equal((await send(rooted, [textItem('b')], { department, customer })).status, 200);
    assert.deepEqual(
      [...simulator.stored()].map(({ departmentUuid, customerUuid }) => [departmentUuid, customerUuid]),
      [
        [department, customer],
        [department, customer],
      ],
    );
  });

  test('refuses requests that are wrong as a whole, each with its status', async (t) => {
    const simulator = await simulatorFor(t, { maxBodyBytes: 1_000, maxItems: 3 });
    const ok = [textItem('a')];
    const refused = {
      method: await refusalOf(send(simulator, ok, { method: 'POST' })),
      path: await refusalOf(fetch(`${simulator.baseUrl}/department/d/customer/c/communication`)),
      emptyCustomer: await refusalOf(send(simulator, ok, { customer: '' })),
      noCredentials: await refusalOf(send(simulator, ok, { headers: { authorization: '' } })),
      wrongPassword: await refusalOf(
        send(simulator, ok, { headers: { authorization: `Basic ${btoa('simulator:other')}` } }),
      ),
      bearer: await refusalOf(send(simulator, ok, { headers: { authorization: 'Bearer simulator' } })),
      contentType: await refusalOf(send(simulator, ok, { headers: { 'content-type': 'text/plain' } })),
      charset: await refusalOf(
        send(simulator, ok, { headers: { 'content-type': 'application/json; charset=latin1' } }),
      ),
      compressed: await refusalOf(send(simulator, ok, { headers: { 'content-encoding': 'gzip' } })),
      tooLarge: await refusalOf(send(simulator, ok, { body: ' '.repeat(1_001) })),
      tooMany: await refusalOf(
        send(
          simulator,
          ['a', 'b', 'c', 'd'].map((uuid) => textItem(uuid)),
        ),
      ),
      notJson: await refusalOf(send(simulator, ok, { body: '{"saveMessageRequestList":[' })),
      notUtf8: await refusalOf(send(simulator, ok, { body: new Uint8Array([0x22, 0xff, 0x22]) })),
      byteOrderMark: await refusalOf(send(simulator, ok, { body: '\ufeff{}' })),
      array: await refusalOf(send(simulator, ok, { body: '[]' })),
      noList: await refusalOf(send(simulator, ok, { body: '{}' })),
      nullList: await refusalOf(send(simulator, ok, { body: '{"saveMessageRequestList":null}' })),
      emptyList: await refusalOf(send(simulator, [])),
      nullItem: await refusalOf(send(simulator, [null])),
      unknownField: await refusalOf(
        send(simulator, ok, { body: '{"saveMessageRequestList":[],"messages":[]}' }),
      ),
      noSourceUuid: await refusalOf(send(simulator, [{ ...textItem('a'), sourceUuid: undefined }])),
      numberSourceUuid: await refusalOf(send(simulator, [{ ...textItem('a'), sourceUuid: 5 }])),
    };
    assert.deepEqual(refused, {
      method: '405 METHOD',
      path: '404 NOT_FOUND',
      emptyCustomer: '404 NOT_FOUND',
      noCredentials: '401 UNAUTHORIZED',
      wrongPassword: '401 UNAUTHORIZED',
      bearer: '401 UNAUTHORIZED',
      contentType: '415 CONTENT_TYPE',
      charset: '415 CONTENT_TYPE',
      compressed: '415 CONTENT_ENCODING',
      tooLarge: '413 TOO_LARGE',
      tooMany: '413 TOO_MANY_ITEMS',
      notJson: '400 NOT_JSON',
      notUtf8: '400 NOT_UTF8',
      byteOrderMark: '400 NOT_JSON',
      array: '400 WRONG_TYPE',
      noList: '400 REQUIRED',
      nullList: '400 WRONG_TYPE',
      emptyList: '400 REQUIRED',
      nullItem: '400 WRONG_TYPE',
      unknownField: '400 UNKNOWN_FIELD',
      noSourceUuid: '400 REQUIRED',
      numberSourceUuid: '400 REQUIRED',
    });
    assert.equal(simulator.stats().stored, 0);
    assert.equal(simulator.stats().defects, 0);
  });

  test('takes an UTF-8 charset, a callback URL and other credentials when told so', async (t) => {
    const simulator = await simulatorFor(t, { username: 'ü', password: 'p:w' });
    const authorization = `basic ${Buffer.from('ü:p:w').toString('base64')}`;
    const response = await send(simulator, [], {
      headers: { authorization, 'content-type': 'Application/JSON; charset=UTF-8' },
      body: JSON.stringify({
        saveMessageRequestList: [textItem('a')],
        callBackPathUrl: 'https://example.com/',
      }),
    });
    assert.equal(response.status, 200);
  });

  test('a bad item spoils no other, and nothing of it is stored', async (t) => {
    const simulator = await simulatorFor(t);
    const items = [textItem('a'), { ...textItem('b'), colour: 'red', sentOn: 5 }, textItem('c')];
    const answer = await answerOf(send(simulator, items));
    assert.deepEqual(answer.succesfullySubmittedSourceUuids, ['a', 'c']);
    assert.deepEqual(
      answer.saveMessageResponse[1]?.errors?.map(({ errorCode }) => errorCode),
      ['WRONG_TYPE', 'UNKNOWN_FIELD'],
    );
    assert.deepEqual(
      [...simulator.stored()].map(({ sourceUuid }) => sourceUuid),
      ['a', 'c'],
    );
    const { accepted, failed, problems } = simulator.stats();
    assert.deepEqual(
      { accepted, failed, problems },
      { accepted: 2, failed: 1, problems: { UNKNOWN_FIELD: 1, WRONG_TYPE: 1 } },
    );
  });

  test('answers 403 for departments out of reach and 404 for unknown customers', async (t) => {
    const simulator = await simulatorFor(t, {
      departments: ['d1', 'd2'],
      forbiddenDepartments: ['d2'],
      unknownCustomers: ['nobody'],
    });
    const item = [textItem('a')];
    assert.equal(await refusalOf(send(simulator, item, { department: 'd2' })), '403 FORBIDDEN');
    assert.equal(await refusalOf(send(simulator, item, { department: 'd3' })), '403 FORBIDDEN');
    assert.equal(
      await refusalOf(send(simulator, item, { department: 'd1', customer: 'nobody' })),
      '404 NO_SUCH_CUSTOMER',
    );
    assert.equal((await send(simulator, item, { department: 'd1' })).status, 200);
  });

  test('throttles beyond its rate, and says in its way when to come back', async (t) => {
    const simulator = await simulatorFor(t, { requestsPerSecond: 2, retryAfter: 'seconds' });
    const responses = [];
    for (const uuid of ['a', 'b', 'c']) responses.push(await send(simulator, [textItem(uuid)]));
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200, 429],
    );
    assert.equal(responses[2]?.headers.get('retry-after'), '1');
    await delay(1_000);
    assert.equal((await send(simulator, [textItem('c')])).status, 200);
    assert.equal(simulator.stats().maxRequestsPerSecond, 3);
  });

  test('takes its time when told so, and processes what it has received even if the client has left', async (t) => {
    const simulator = await simulatorFor(t, { latencyMs: [150, 200] });
    const startMs = performance.now();
    await send(simulator, [textItem('a')]);
    assert.ok(performance.now() - startMs >= 145);
    await assert.rejects(send(simulator, [textItem('b')], { signal: AbortSignal.timeout(50) }));
    assert.equal(simulator.stats().stored, 1);
    await delay(250);
    assert.equal(simulator.stats().stored, 2);
    assert.equal(simulator.stats().inFlight, 0);
  });
});

suite('the simulator’s memory', () => {
  test('keeps the digest of each item exactly as received', async (t) => {
    const simulator = await simulatorFor(t, { keepBodies: true });
    const texts = ['a', 'b'].map((uuid) =>
      JSON.stringify({ ...textItem(uuid), userUuid: 'é€😀"]' }, null, 2),
    );
    await send(simulator, [], { body: `{ "saveMessageRequestList" : [ ${texts.join(' ,\n')} ] }` });
    assert.deepEqual(
      [...simulator.stored()].map(({ sourceUuid, sha256, item, submissions, sentOnMs }) => ({
        sourceUuid,
        sha256,
        item,
        submissions,
        sentOnMs,
      })),
      ['a', 'b'].map((sourceUuid, index) => ({
        sourceUuid,
        sha256: hash('sha256', texts[index] as string),
        item: texts[index],
        submissions: 1,
        sentOnMs: Date.UTC(2024, 2, 1, 10),
      })),
    );
  });

  test('keeps no bodies unless told so', async (t) => {
    const simulator = await simulatorFor(t);
    await send(simulator, [textItem('a')]);
    assert.equal('item' in ([...simulator.stored()][0] ?? {}), false);
  });

  test('holds a message once however often it comes, and counts how', async (t) => {
    const simulator = await simulatorFor(t);
    await send(simulator, [textItem('a'), textItem('b')]);
    await send(simulator, [textItem('a'), textItem('a')]);
    await send(simulator, [{ ...textItem('b'), userUuid: 'other' }], { customer: 'another' });
    const { accepted, stored, resubmitted, doubled, changed, moved } = simulator.stats();
    assert.deepEqual(
      { accepted, stored, resubmitted, doubled, changed, moved },
      { accepted: 5, stored: 2, resubmitted: 3, doubled: 2, changed: 1, moved: 1 },
    );
    assert.deepEqual(
      [...simulator.stored()].map(({ submissions }) => submissions),
      [3, 2],
    );
  });

  test('refuses what comes again when told so', async (t) => {
    const simulator = await simulatorFor(t, { rejectDuplicates: true });
    await send(simulator, [textItem('a')]);
    const answer = await answerOf(send(simulator, [textItem('a'), textItem('b'), textItem('b')]));
    assert.deepEqual(answer.succesfullySubmittedSourceUuids, ['b']);
    assert.deepEqual(answer.failedSourceUuids, ['a', 'b']);
    assert.equal(answer.saveMessageResponse[0]?.errors?.[0]?.errorCode, 'DUPLICATE_SOURCE_UUID');
    assert.equal(simulator.stats().resubmitted, 0);
  });

  test('notices messages that come before earlier ones of their customer', async (t) => {
    const simulator = await simulatorFor(t);
    await send(simulator, [textItem('a', 1), textItem('b', 1), textItem('c', 3)]);
    await send(simulator, [textItem('d', 2)], { customer: 'another' });
    assert.equal(simulator.stats().orderViolations, 0);
    await send(simulator, [textItem('e', 2), textItem('f', 4)]);
    assert.equal(simulator.stats().orderViolations, 1);
  });

  test('counts no violation of order for what was sent in time and is only repeated late', async (t) => {
    const simulator = await simulatorFor(t, {
      faults: [
        { fault: 'http-503', first: 1 },
        { fault: 'omit-before', sourceUuid: 'b', attempt: 1 },
      ],
    });
    assert.equal((await send(simulator, [textItem('a', 1)])).status, 503);
    await send(simulator, [textItem('b', 2), textItem('c', 3)]);
    await send(simulator, [textItem('a', 1), textItem('b', 2)]);
    assert.equal(simulator.stats().stored, 3);
    assert.equal(simulator.stats().orderViolations, 0);
  });

  test('knows how many requests of one customer, and of all, were unanswered at once', async (t) => {
    const simulator = await simulatorFor(t, { latencyMs: 60 });
    await Promise.all(['x', 'y', 'z'].map((customer) => send(simulator, [textItem(customer)], { customer })));
    assert.equal(simulator.stats().maxInFlight, 3);
    assert.equal(simulator.stats().maxInFlightPerCustomer, 1);
    await Promise.all(['a', 'b'].map((uuid) => send(simulator, [textItem(uuid)], { customer: 'x' })));
    assert.equal(simulator.stats().maxInFlightPerCustomer, 2);
    assert.equal(simulator.stats().inFlight, 0);
  });

  test('takes a customer’s request as over as soon as the client hangs up', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'hang-before', first: 3 }] });
    for (const [index, uuid] of ['a', 'b', 'c'].entries()) {
      const client = new AbortController();
      const sent = send(simulator, [textItem(uuid)], { signal: client.signal });
      // Not by the clock: a client that hung up before it had said anything would leave its fault to the last one.
      const isMet = () => simulator.stats().faults['hang-before'] === index + 1;
      await Promise.race([until(isMet), sent]);
      client.abort();
      await assert.rejects(sent, { name: 'AbortError' });
    }
    assert.equal((await send(simulator, [textItem('d')])).status, 200);
    assert.equal(simulator.stats().maxInFlightPerCustomer, 1);
  });

  test('sums up departments', async (t) => {
    const simulator = await simulatorFor(t);
    await send(simulator, [textItem('a'), textItem('b')], { department: 'd1', customer: 'x' });
    await send(simulator, [textItem('c')], { department: 'd1', customer: 'y' });
    await send(simulator, [textItem('d')], { department: 'd2', customer: 'x' });
    const { departments, requests, statuses } = simulator.stats();
    assert.deepEqual(departments, { d1: { customers: 2, stored: 3 }, d2: { customers: 1, stored: 1 } });
    assert.deepEqual({ requests, statuses }, { requests: 3, statuses: { 200: 3 } });
  });

  test('takes anything in an item when it is told not to validate', async (t) => {
    const simulator = await simulatorFor(t, { validate: false });
    const answer = await answerOf(send(simulator, [{ sourceUuid: 'a', colour: 'red' }]));
    assert.deepEqual(answer.succesfullySubmittedSourceUuids, ['a']);
  });
});
