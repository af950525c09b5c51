import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendTextRequest, textRequest } from '../support/live-clients.ts';
import { AUTHORIZATION, CALLBACK_TOKEN, receiverFor, SECRET } from '../support/receiver.ts';
import { send, simulatorFor, textItem } from '../support/simulator-client.ts';

test('the product’s own receiver takes every event and callback, and knows repeats as such', async (t) => {
  const receiver = await receiverFor(t);
  const simulator = await simulatorFor(t, {
    eventsUrl: `${receiver.url}/events/mykaarma`,
    eventsSecret: SECRET,
    eventsToken: AUTHORIZATION,
    eventDuplicates: 1,
    eventUpdates: 1,
    callbackDelayMs: [0, 30],
  });
  const callBackPathUrl = `${receiver.url}/callbacks/${CALLBACK_TOKEN}/historical`;
  await send(
    simulator,
    ['a', 'b', 'c'].map((uuid) => ({ ...textItem(uuid), callBackPathUrl })),
  );
  const callbackURL = `${receiver.url}/callbacks/${CALLBACK_TOKEN}/text`;
  await sendTextRequest(simulator, textRequest('Hello', { callbackURL }));
  await simulator.settled();
  assert.deepEqual(receiver.troubles, []);
  const { stored, repeated } = receiver.counts();
  const [callbacks, versions] = [4, 8];
  assert.deepEqual({ stored, repeated }, { stored: callbacks + versions, repeated: versions });
});
