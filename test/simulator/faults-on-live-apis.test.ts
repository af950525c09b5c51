import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FAULTS } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import {
  type LiveSendOptions,
  sendTextRequest,
  sendWhatsApp,
  textRequest,
  whatsAppRequest,
} from '../support/live-clients.ts';
import { simulatorFor } from '../support/simulator-client.ts';

type Send = (simulator: Simulator, options?: LiveSendOptions) => Promise<Response>;

const SENDERS: Readonly<Record<'text' | 'kaleyra', { readonly send: Send; readonly accepted: number }>> = {
  text: { send: (simulator, options) => sendTextRequest(simulator, textRequest(), options), accepted: 200 },
  kaleyra: {
    send: (simulator, options) => sendWhatsApp(simulator, whatsAppRequest(), options),
    accepted: 202,
  },
};

for (const [api, { send, accepted }] of Object.entries(SENDERS)) {
  suite(`faults that strike requests of ${api}`, () => {
    const common = FAULTS.filter(({ effect, apis }) => effect.strikes === 'request' && apis.length === 3);

    for (const { name, stores, effect, description } of common) {
      test(`${name}: ${description}`, async (t) => {
        const simulator = await simulatorFor(t, {
          faults: [{ fault: name, first: 1 }],
          hugeBytes: 1_000_000,
          dripIntervalMs: 1,
        });
        const does = effect.strikes === 'request' ? effect.does : '';
        const signal = AbortSignal.timeout(does === 'hang' ? 150 : 5_000);
        const outcome = await send(simulator, { signal })
          .then(async (response) => ({ status: response.status, text: await response.text() }))
          .catch(() => null);
        const expectedStatus = typeof does === 'object' ? does.status : outcome?.status;
        assert.equal(outcome?.status, expectedStatus);
        assert.equal(outcome === null, ['hang', 'reset', 'close-early'].includes(does as string));
        assert.equal(simulator.stats().delivered, stores ? 1 : 0);
        const next = await send(simulator);
        assert.equal(next.status, accepted, 'the next one goes through');
        assert.equal(simulator.stats().deliveredTwice, stores ? 1 : 0);
        assert.deepEqual(simulator.stats().faults, { [name]: 1 });
        assert.equal(simulator.stats().defects, 0);
      });
    }

    test('the right answer under a wrong label, and the one that drips, are right', async (t) => {
      const simulator = await simulatorFor(t, { dripIntervalMs: 1 });
      const right = Object.keys((await (await send(simulator)).json()) as object);
      for (const fault of ['wrong-type', 'slow-drip']) {
        simulator.setFaults([{ fault }]);
        const response = await send(simulator);
        assert.equal(response.status, accepted);
        assert.deepEqual(Object.keys((await response.json()) as object), right);
      }
    });

    test('rules may name the API', async (t) => {
      const simulator = await simulatorFor(t, { faults: [{ fault: 'http-503', api: 'historical' }] });
      assert.equal((await send(simulator)).status, accepted);
    });

    test('the rate is one for all APIs', async (t) => {
      const simulator = await simulatorFor(t, { requestsPerSecond: 1 });
      const statuses = [(await SENDERS.text.send(simulator)).status, (await send(simulator)).status];
      assert.deepEqual(statuses, [200, 429]);
    });
  });
}
