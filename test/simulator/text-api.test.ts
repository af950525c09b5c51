import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { suite, test } from 'node:test';
import { sendTextRequest, type TextAnswer, textRequest } from '../support/live-clients.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { simulatorFor } from '../support/simulator-client.ts';

async function answerOf(response: Promise<Response>): Promise<TextAnswer> {
  return (await (await response).json()) as TextAnswer;
}

async function refusalOf(response: Promise<Response>): Promise<string> {
  const answered = await response;
  const { errors } = (await answered.json()) as TextAnswer;
  return `${answered.status} ${errors[0]?.errorCode}`;
}

suite('the text endpoint', () => {
  test('answers in the shape of the reference', async (t) => {
    const simulator = await simulatorFor(t);
    const response = await sendTextRequest(simulator, textRequest());
    assert.equal(response.status, 200);
    const answer = (await response.json()) as TextAnswer;
    assert.deepEqual(answer, {
      customerUUID: 'cust',
      messageUUID: answer.messageUUID,
      requestUUID: answer.requestUUID,
      status: 'SUCCESS',
      metaData: {},
      errors: [],
      warnings: [],
    });
    assert.match(answer.messageUUID ?? '', /^[A-Za-z0-9_-]{43}$/);
    assert.notEqual(answer.messageUUID, answer.requestUUID);
  });

  test('delivers whatever comes again once more, under another messageUUID', async (t) => {
    const simulator = await simulatorFor(t);
    const uuids = new Set<string | undefined>();
    for (let time = 0; time < 3; time++) {
      uuids.add((await answerOf(sendTextRequest(simulator, textRequest()))).messageUUID);
    }
    assert.equal(uuids.size, 3);
    const { delivered, deliveredTwice } = simulator.stats();
    assert.deepEqual({ delivered, deliveredTwice }, { delivered: 1, deliveredTwice: 1 });
  });

  test('tells messages apart by backhaulSourceUuid, else by customer and body', async (t) => {
    const simulator = await simulatorFor(t, { keepBodies: true });
    const named = (uuid: string) =>
      textRequest('Ok', { callbackMetaData: { backhaulSourceUuid: uuid, other: 'x' } });
    await sendTextRequest(simulator, named('a'));
    await sendTextRequest(simulator, named('b'));
    await sendTextRequest(simulator, named('c'), { customer: 'another' });
    await sendTextRequest(simulator, textRequest('Ok'));
    await sendTextRequest(simulator, textRequest('Ok'), { customer: 'another' });
    assert.equal(simulator.stats().delivered, 5);
    assert.equal(simulator.stats().deliveredTwice, 0);
    await sendTextRequest(simulator, named('a'), { customer: 'another' });
    await sendTextRequest(simulator, textRequest('Ok'));
    assert.equal(simulator.stats().delivered, 5);
    assert.equal(simulator.stats().deliveredTwice, 2);
    const [first, , , unnamed] = [...simulator.delivered()];
    assert.deepEqual(first, {
      api: 'text',
      departmentUuid: 'dept',
      customerUuid: 'cust',
      sourceUuid: 'a',
      sha256: hash('sha256', 'Ok'),
      deliveries: 2,
      body: 'Ok',
    });
    assert.equal(unnamed?.sourceUuid, null);
    const listed = await (await fetch(`${simulator.origin}/__delivered`)).text();
    const lines = listed.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [...simulator.delivered()],
    );
    assert.equal(simulator.stats().stored, 0, 'texts are not history');
  });

  test('refuses requests that are wrong as a whole, each with its status', async (t) => {
    const simulator = await simulatorFor(t, {
      maxBodyBytes: 1_000,
      forbiddenDepartments: ['closed'],
      unknownCustomers: ['nobody'],
    });
    const ok = textRequest();
    const refused = {
      method: await refusalOf(sendTextRequest(simulator, ok, { method: 'PUT' })),
      emptyUser: await refusalOf(sendTextRequest(simulator, ok, { user: '' })),
      noCredentials: await refusalOf(sendTextRequest(simulator, ok, { headers: { authorization: '' } })),
      contentType: await refusalOf(
        sendTextRequest(simulator, ok, { headers: { 'content-type': 'text/plain' } }),
      ),
      tooLarge: await refusalOf(sendTextRequest(simulator, ok, { body: ' '.repeat(1_001) })),
      notJson: await refusalOf(sendTextRequest(simulator, ok, { body: '{' })),
      notUtf8: await refusalOf(sendTextRequest(simulator, ok, { body: new Uint8Array([0x22, 0xff, 0x22]) })),
      array: await refusalOf(sendTextRequest(simulator, [])),
      noBody: await refusalOf(sendTextRequest(simulator, textRequest(''))),
      unknownField: await refusalOf(sendTextRequest(simulator, { ...ok, sourceUuid: 'x' })),
      department: await refusalOf(sendTextRequest(simulator, ok, { department: 'closed' })),
      customer: await refusalOf(sendTextRequest(simulator, ok, { customer: 'nobody' })),
    };
    assert.deepEqual(refused, {
      method: '405 METHOD',
      emptyUser: '404 NOT_FOUND',
      noCredentials: '401 UNAUTHORIZED',
      contentType: '415 CONTENT_TYPE',
      tooLarge: '413 TOO_LARGE',
      notJson: '400 NOT_JSON',
      notUtf8: '400 NOT_UTF8',
      array: '400 WRONG_TYPE',
      noBody: '400 REQUIRED',
      unknownField: '400 UNKNOWN_FIELD',
      department: '403 FORBIDDEN',
      customer: '404 NO_SUCH_CUSTOMER',
    });
    assert.equal(simulator.stats().delivered, 0);
    assert.equal(simulator.stats().defects, 0);
  });

  test('lists everything that is wrong with a text, and says FAILED', async (t) => {
    const simulator = await simulatorFor(t);
    const response = await sendTextRequest(simulator, { messageAttributes: { protocol: 'FAX', colour: 1 } });
    const answer = (await response.json()) as TextAnswer;
    assert.equal(answer.status, 'FAILED');
    assert.equal(answer.messageUUID, undefined);
    assert.deepEqual(
      answer.errors.map(({ errorCode }) => errorCode),
      ['NOT_IN_LIST', 'UNKNOWN_FIELD'],
    );
  });

  test('knows of two texts to one customer at the same time', async (t) => {
    const simulator = await simulatorFor(t, { latencyMs: 50 });
    await Promise.all(['a', 'b'].map((customer) => sendTextRequest(simulator, textRequest(), { customer })));
    assert.equal(simulator.stats().maxInFlightPerCustomer, 1);
    await Promise.all(['a', 'b'].map((body) => sendTextRequest(simulator, textRequest(body))));
    assert.equal(simulator.stats().maxInFlightPerCustomer, 2);
  });
});

suite('faults of single texts', () => {
  const cases = {
    refuse: { status: 'FAILED', hasUuid: false, errors: 1, warnings: 0, delivered: 0 },
    'contradict-error': { status: 'SUCCESS', hasUuid: false, errors: 1, warnings: 0, delivered: 0 },
    warn: { status: 'SUCCESS', hasUuid: true, errors: 0, warnings: 1, delivered: 1 },
    'fail-later': { status: 'SUCCESS', hasUuid: true, errors: 0, warnings: 0, delivered: 0 },
  };
  for (const [fault, expected] of Object.entries(cases)) {
    test(fault, async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault, sourceUuid: 'bad-*' }] });
      const named = (uuid: string) => textRequest(uuid, { callbackMetaData: { backhaulSourceUuid: uuid } });
      const response = await sendTextRequest(simulator, named('bad-1'));
      const answer = (await response.json()) as TextAnswer;
      assert.equal(response.status, 200);
      assert.deepEqual(
        {
          status: answer.status,
          hasUuid: answer.messageUUID !== undefined,
          errors: answer.errors.length,
          warnings: answer.warnings.length,
          delivered: simulator.stats().delivered,
        },
        expected,
      );
      assert.equal((await answerOf(sendTextRequest(simulator, named('good')))).status, 'SUCCESS');
      assert.deepEqual(simulator.stats().faults, { [fault]: 1 });
    });
  }
});

suite('status callbacks of texts', () => {
  test('tell what became of a text, and repeat the caller’s metadata', async (t) => {
    const receiver = await scriptedServer(t, (_, response) => void response.end());
    const simulator = await simulatorFor(t, { faults: [{ fault: 'fail-later', sourceUuid: 'bad' }] });
    const answers: TextAnswer[] = [];
    for (const backhaulSourceUuid of ['good', 'bad']) {
      const sending = {
        callbackURL: `${receiver.origin}/hook?token=t`,
        callbackMetaData: { backhaulSourceUuid, note: 'é' },
      };
      answers.push(await answerOf(sendTextRequest(simulator, textRequest('Hello', sending))));
      await simulator.settled();
    }
    const [good, bad] = receiver.requests.map(({ body }) => JSON.parse(body));
    assert.equal(receiver.requests[0]?.path, '/hook?token=t');
    assert.equal(receiver.requests[0]?.method, 'POST');
    assert.equal(receiver.requests[0]?.headers['content-type'], 'application/json');
    assert.deepEqual(good, {
      requestUUID: answers[0]?.requestUUID,
      messageUUID: answers[0]?.messageUUID,
      customerUUID: 'cust',
      status: 'SUCCESS',
      errors: [],
      callbackMetaData: { backhaulSourceUuid: 'good', note: 'é' },
    });
    assert.equal(bad.status, 'FAILED');
    assert.equal(bad.errors[0].errorCode, 'SIMULATED_FAILURE');
    assert.equal(bad.messageUUID, answers[1]?.messageUUID);
    assert.equal(simulator.stats().delivered, 1);
    const { emitted, delivered } = simulator.stats().deliveries.textCallbacks;
    assert.deepEqual({ emitted, delivered }, { emitted: 2, delivered: 2 });
  });

  test('come although the answer got lost, and only for what was processed', async (t) => {
    const receiver = await scriptedServer(t, (_, response) => void response.end());
    const simulator = await simulatorFor(t, {
      faults: [
        { fault: 'reset-after', sourceUuid: 'lost' },
        { fault: 'reset-before', sourceUuid: 'never' },
      ],
    });
    for (const backhaulSourceUuid of ['lost', 'never']) {
      const sending = { callbackURL: receiver.origin, callbackMetaData: { backhaulSourceUuid } };
      await assert.rejects(sendTextRequest(simulator, textRequest('Hello', sending)));
    }
    await simulator.settled();
    assert.deepEqual(
      receiver.requests.map(({ body }) => JSON.parse(body).callbackMetaData.backhaulSourceUuid),
      ['lost'],
    );
  });

  test('do not come for texts that are sent synchronously, or refused at once', async (t) => {
    const receiver = await scriptedServer(t, (_, response) => void response.end());
    const simulator = await simulatorFor(t, { faults: [{ fault: 'refuse', sourceUuid: 'bad' }] });
    const callbackURL = receiver.origin;
    await sendTextRequest(simulator, textRequest('a', { callbackURL, sendSynchronously: true }));
    const callbackMetaData = { backhaulSourceUuid: 'bad' };
    await sendTextRequest(simulator, textRequest('b', { callbackURL, callbackMetaData }));
    await sendTextRequest(simulator, textRequest('c'));
    await simulator.settled();
    assert.equal(receiver.requests.length, 0);
  });
});
