import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { suite, test } from 'node:test';
import { FAULTS } from '../../src/simulator/faults.ts';
import { sendWhatsApp, whatsAppRequest } from '../support/live-clients.ts';
import { simulatorFor } from '../support/simulator-client.ts';

/** The failure answers, word for word as the reference has them. */
const DOCUMENTED: Readonly<Record<string, readonly [status: number, document: unknown]>> = {
  'kaleyra-rbc001': [
    401,
    {
      code: 'RBC001',
      message: 'Incorrect SID or API key.',
      data: [],
      error: { error: 'Incorrect SID or API key.' },
    },
  ],
  'kaleyra-wa401': [
    401,
    {
      code: 'WA401',
      message: 'Phone number is not present or does not belong to the account.',
      data: {},
      error: { phone_number: 'Phone number is not present or does not belong to the account.' },
    },
  ],
  'kaleyra-wa400': [
    400,
    {
      code: 'WA400',
      message: 'Refer to correct payload format',
      data: {},
      error: { payload: 'Incorrect payload format' },
    },
  ],
  'kaleyra-wa500': [
    500,
    {
      code: 'WA500',
      message: 'Please try again later',
      data: {},
      error: { error: 'Internal server error' },
    },
  ],
  'kaleyra-e110': [
    400,
    {
      code: 'E110',
      message: 'Please check your balance, You have a low balance!',
      data: {},
      error: { balance: 'Please check your balance, You have a low balance!' },
    },
  ],
  'kaleyra-wa-401': [
    401,
    {
      code: 'WA-401',
      message: 'API is not available for given customer.Please contact support for more info',
      data: {},
      error: { account: 'API is not available for given customer.Please contact support for more info' },
    },
  ],
  'kaleyra-wa-401-phone': [
    401,
    {
      code: 'WA-401',
      message:
        "The phone number you're using is associated with different Version of our WA API. Please use the appropriate endpoint.",
      data: {},
      error: {
        phone_number:
          "The phone number you're using is associated with different Version of our WA API. Please use the appropriate endpoint.",
      },
    },
  ],
};

async function shown(response: Promise<Response>): Promise<[number, unknown]> {
  const answered = await response;
  return [answered.status, await answered.json()];
}

suite('the WhatsApp endpoint', () => {
  test('accepts with 202, WA202 and a message_id', async (t) => {
    const simulator = await simulatorFor(t);
    const [status, document] = await shown(sendWhatsApp(simulator, whatsAppRequest()));
    const { message_id } = (document as { data: { message_id: string } }).data;
    assert.equal(status, 202);
    assert.deepEqual(document, {
      code: 'WA202',
      message: 'Request Accepted',
      data: { message_id },
      error: {},
    });
    assert.match(message_id, /^A[0-9A-F]{19}$/);
  });

  for (const [fault, answer] of Object.entries(DOCUMENTED)) {
    test(`${fault} answers as documented, and nothing is delivered`, async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault, first: 1 }] });
      assert.deepEqual(await shown(sendWhatsApp(simulator, whatsAppRequest())), answer);
      assert.equal(simulator.stats().delivered, 0);
      assert.equal((await sendWhatsApp(simulator, whatsAppRequest())).status, 202);
      assert.deepEqual(simulator.stats().faults, { [fault]: 1 });
    });
  }

  test('kaleyra-wa500-after answers the same, yet the message is delivered', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'kaleyra-wa500-after' }] });
    assert.deepEqual(await shown(sendWhatsApp(simulator, whatsAppRequest())), DOCUMENTED['kaleyra-wa500']);
    assert.equal(simulator.stats().delivered, 1);
  });

  test('kaleyra-as-printed lacks the commas that the published sample lacks', async (t) => {
    const simulator = await simulatorFor(t, { faults: [{ fault: 'kaleyra-as-printed' }] });
    const response = await sendWhatsApp(simulator, whatsAppRequest());
    const text = await response.text();
    assert.equal(response.status, 202);
    assert.match(
      text,
      /^\{\n"code":"WA202"\n"message":"Request Accepted",\n"data":\{\n"message_id":"A[0-9A-F]{19}"\n\}\n"error":\{\}\n\}$/,
    );
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.equal(simulator.stats().delivered, 1);
  });

  test('every fault that is its own is tried here', () => {
    const own = FAULTS.filter(({ apis }) => apis.join() === 'kaleyra').map(({ name }) => name);
    const tried = [...Object.keys(DOCUMENTED), 'kaleyra-wa500-after', 'kaleyra-as-printed'];
    assert.deepEqual(own.sort(), tried.sort());
  });

  test('refuses what is wrong with the documented answers alone', async (t) => {
    const simulator = await simulatorFor(t, { kaleyraApiKey: 'key' });
    const headers = { 'api-key': 'key' };
    const ok = whatsAppRequest();
    const send = (document: unknown, options = {}) =>
      shown(sendWhatsApp(simulator, document, { headers, ...options }));
    assert.deepEqual(await shown(sendWhatsApp(simulator, ok)), DOCUMENTED['kaleyra-rbc001']);
    assert.deepEqual(await send(ok, { sender: 'nobody' }), DOCUMENTED['kaleyra-wa401']);
    for (const wrong of [
      {},
      [],
      { ...ok, extra: 1 },
      whatsAppRequest({ to: '555' }),
      whatsAppRequest({ text: { body: 'x'.repeat(4_097) } }),
    ]) {
      assert.deepEqual(await send(wrong), DOCUMENTED['kaleyra-wa400']);
    }
    assert.deepEqual(await send(ok, { body: '{' }), DOCUMENTED['kaleyra-wa400']);
    const plain = { headers: { ...headers, 'content-type': 'text/plain' } };
    assert.deepEqual(await send(ok, plain), DOCUMENTED['kaleyra-wa400']);
    const { delivered, defects, problems } = simulator.stats();
    assert.deepEqual({ delivered, defects }, { delivered: 0, defects: 0 });
    assert.deepEqual(problems, {
      CONTENT_TYPE: 1,
      NOT_A_PHONE: 1,
      NOT_JSON: 1,
      RBC001: 1,
      REQUIRED: 1,
      TOO_LONG: 1,
      UNKNOWN_FIELD: 1,
      WA401: 1,
      WRONG_TYPE: 1,
    });
  });

  test('counts as delivered twice what reaches one recipient again with the same words and refs', async (t) => {
    const simulator = await simulatorFor(t, { keepBodies: true });
    await sendWhatsApp(simulator, whatsAppRequest({}, { ref: 'a' }));
    await sendWhatsApp(simulator, whatsAppRequest({}, { ref: 'b' }));
    await sendWhatsApp(simulator, whatsAppRequest({ text: { body: 'Other words' } }, { ref: 'a' }));
    await sendWhatsApp(simulator, whatsAppRequest({ to: '13105550124,13105550125' }, { ref: 'a' }));
    assert.equal(simulator.stats().delivered, 5);
    assert.equal(simulator.stats().deliveredTwice, 0);
    await sendWhatsApp(simulator, whatsAppRequest({ to: '13105550123' }, { ref: 'a' }));
    assert.equal(simulator.stats().deliveredTwice, 1, 'with a plus sign or without');
    assert.deepEqual([...simulator.delivered()][0], {
      api: 'kaleyra',
      departmentUuid: 'HXAP16SIMULATED',
      customerUuid: '13105550123',
      sourceUuid: 'a',
      sha256: hash('sha256', 'Your car is ready.'),
      deliveries: 2,
      body: 'Your car is ready.',
    });
  });

  test('gives every request a message_id of its own', async (t) => {
    const simulator = await simulatorFor(t);
    const ids = new Set<unknown>();
    for (let time = 0; time < 3; time++) {
      const [, document] = await shown(sendWhatsApp(simulator, whatsAppRequest()));
      ids.add((document as { data: { message_id: string } }).data.message_id);
    }
    assert.equal(ids.size, 3);
  });

  test('tells what it alters, and takes it', async (t) => {
    const simulator = await simulatorFor(t);
    const extra = { ref: 'x'.repeat(256), wa_source: 'backhaul' };
    assert.equal((await sendWhatsApp(simulator, whatsAppRequest({}, extra))).status, 202);
    assert.deepEqual(simulator.stats().problems, { REF_CUT: 1, WA_SOURCE_OVERRIDDEN: 1 });
  });

  test('strikes by recipient and ref, and knows of two messages to one recipient at the same time', async (t) => {
    const simulator = await simulatorFor(t, {
      latencyMs: 50,
      faults: [
        { fault: 'http-503', customerUuid: '13105550124' },
        { fault: 'kaleyra-e110', sourceUuid: 'poor' },
      ],
    });
    assert.equal((await sendWhatsApp(simulator, whatsAppRequest({ to: '+13105550124' }))).status, 503);
    assert.equal((await sendWhatsApp(simulator, whatsAppRequest({}, { ref: 'poor' }))).status, 400);
    await Promise.all(
      ['13105550126', '13105550127'].map((to) => sendWhatsApp(simulator, whatsAppRequest({ to }))),
    );
    assert.equal(simulator.stats().maxInFlightPerCustomer, 1);
    await Promise.all(['a', 'b'].map((ref) => sendWhatsApp(simulator, whatsAppRequest({}, { ref }))));
    assert.equal(simulator.stats().maxInFlightPerCustomer, 2);
  });
});
