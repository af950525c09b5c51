import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Destination } from '../../src/destinations/destination.ts';
import { createMykaarmaHistorical } from '../../src/destinations/mykaarma-historical.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { memoryLedger } from '../support/memory-ledger.ts';
import { outgoing } from '../support/outgoing-messages.ts';
import { answerJson, type Script, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';

/** What the server does with a request: takes its messages or not, and what it says about it. */
const FAULTS: Record<string, { takes: boolean; answer: Script }> = {
  accepts: {
    takes: true,
    answer: (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))),
  },
  hangs: { takes: true, answer: () => {} },
  drops: { takes: true, answer: (_, response) => void response.socket?.destroy() },
  dropsUntaken: { takes: false, answer: (_, response) => void response.socket?.destroy() },
  rubbish: { takes: true, answer: (_, response) => void response.end('<html>') },
  silent: { takes: true, answer: (_, response) => answerJson(response, 200, {}) },
  omits: {
    takes: true,
    answer: (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request).slice(1))),
  },
  stranger: {
    takes: true,
    answer: (request, response) => answerJson(response, 200, saveAnswer([...uuidsIn(request), 'nobody'])),
  },
  fails: { takes: true, answer: (_, response) => void response.writeHead(500).end() },
  gateway: { takes: false, answer: (_, response) => void response.writeHead(502).end() },
  busy: { takes: false, answer: (_, response) => void response.writeHead(503).end() },
  throttles: { takes: false, answer: (_, response) => void response.writeHead(429).end() },
  waits: {
    takes: false,
    answer: (_, response) => void response.writeHead(503, { 'retry-after': '0' }).end(),
  },
  refuses: { takes: false, answer: (_, response) => void response.writeHead(400).end() },
  large: { takes: false, answer: (_, response) => void response.writeHead(413).end() },
  unknownCustomer: { takes: false, answer: (_, response) => void response.writeHead(404).end() },
};

test('property: under random faults each message ends in one place; accepted ⊆ stored ⊆ accepted or unknown', async (t) => {
  let script: (string | undefined)[] = [];
  let next = 0;
  let stored = new Set<string>();
  const server = await scriptedServer(t, (request, response) => {
    const fault = FAULTS[script[next++] ?? 'accepts'] as (typeof FAULTS)[string];
    if (fault.takes) for (const uuid of uuidsIn(request)) stored.add(uuid);
    return fault.answer(request, response);
  });
  const destination = createMykaarmaHistorical({
    baseUrl: server.origin,
    username: 'u',
    password: 'p',
    limits: { maxBatchMessages: 4, maxBatchBytes: 300 },
    timeoutMs: 60,
    connections: 3,
  });
  t.after(() => destination.close());
  const inFlight = new Set<string>();
  const watched: Destination = {
    ...destination,
    async send(batch) {
      assert.ok(!inFlight.has(batch.customerUuid), 'one request in flight per customer');
      inFlight.add(batch.customerUuid);
      const result = await destination.send(batch);
      inFlight.delete(batch.customerUuid);
      return result;
    },
  };

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom(...Object.keys(FAULTS)), { maxLength: 25 }),
      fc.boolean(),
      async (sizes, faults, resendUnknown) => {
        [script, next, stored] = [faults, 0, new Set()];
        const ledger = memoryLedger(sizes.map((messages, index) => ({ customer: `c${index}`, messages })));
        const seenBefore = server.requests.length;
        let settled = 0;
        let timedOut = 0;
        const result = await deliverWith(ledger, watched, {
          config: { concurrency: 3, resendUnknown, maxAttempts: 3 },
          observer: {
            onSettled: ({ accepted, failed, unknown }) => {
              settled += accepted + failed + unknown;
            },
            onAttempt: ({ result: came }) => {
              if (came === 'TIMEOUT') timedOut += 1;
            },
          },
        });

        const counts = await ledger.counts();
        const { accepted, failed, unknown } = result.messages;
        assert.equal(counts.accepted, accepted);
        assert.equal(counts.failed, failed);
        assert.equal(counts.unknown, unknown);
        assert.equal(settled, accepted + failed + unknown);
        assert.equal(accepted + failed + unknown + counts.pending, ledger.messages.length);
        if (result.stopReason === null) assert.equal(counts.pending, 0);

        for (const { message, state } of ledger.messages) {
          const isStored = stored.has(message.sourceUuid);
          if (state === 'accepted') assert.ok(isStored);
          if (isStored) assert.ok(state === 'accepted' || state === 'unknown', state);
        }
        // Given up before the server, on this same busy thread, came to read it: sent, and never seen.
        const seen = server.requests.length - seenBefore;
        assert.ok(seen <= result.requests.sent && result.requests.sent - timedOut <= seen);
        for (const { body } of server.requests.slice(seenBefore)) assert.ok(Buffer.byteLength(body) <= 300);
      },
    ),
    { numRuns: 40 },
  );
});

test('property: batches keep to both limits, are as full as they can be, and keep the order', async (t) => {
  const server = await scriptedServer(t, (request, response) =>
    answerJson(response, 200, saveAnswer(uuidsIn(request))),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 300, max: 1_200 }),
      async (lengths, maxBatchMessages, maxBatchBytes) => {
        const destination = createMykaarmaHistorical({
          ...{ baseUrl: server.origin, username: 'u', password: 'p', timeoutMs: 1_000, connections: 1 },
          limits: { maxBatchMessages, maxBatchBytes },
        });
        const ledger = memoryLedger([{ customer: 'c', messages: lengths.length }], (id) =>
          outgoing(id, `u-${id}`, 'é'.repeat((lengths[id] as number) / 2)),
        );
        const seenBefore = server.requests.length;
        await deliverWith(ledger, destination);
        await destination.close();

        const requests = server.requests.slice(seenBefore);
        assert.deepEqual(
          requests.flatMap(uuidsIn),
          ledger.messages.map(({ message }) => message.sourceUuid),
        );
        let drawn = 0;
        for (const request of requests) {
          const count = uuidsIn(request).length;
          drawn += count;
          assert.ok(count <= maxBatchMessages);
          assert.ok(Buffer.byteLength(request.body) <= maxBatchBytes);
          const following = ledger.messages[drawn]?.message.item.length;
          const hadRoom =
            count < maxBatchMessages &&
            following !== undefined &&
            Buffer.byteLength(request.body) + following + 1 <= maxBatchBytes;
          assert.equal(hadRoom, false, 'the next message would have fitted');
        }
      },
    ),
    { numRuns: 30 },
  );
});
