import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../src/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { memoryLedger } from '../support/memory-ledger.ts';
import { accept, scriptedDestination } from '../support/scripted-destination.ts';

const full = new LedgerError('No room.', { code: 'LEDGER_FULL', fix: 'Make some.' });

test('a worker goes on while the outcome before is being written, and the delivery ends when all are', async () => {
  const ledger = memoryLedger([{ customer: 'c1', messages: 30 }]);
  const calls: string[] = [];
  let settled = 0;
  const slowly: Ledger = {
    ...ledger,
    claim(start) {
      calls.push('claim');
      return ledger.claim(start);
    },
    async settle(end) {
      calls.push('settle');
      await ledger.settle(end);
      await sleep(20);
      settled++;
    },
  };
  let settledAtLastRequest = -1;
  const destination = scriptedDestination((batch) => {
    settledAtLastRequest = settled;
    return accept(batch);
  });
  const { messages } = await deliverWith(slowly, destination);
  assert.deepEqual(calls, ['claim', 'settle', 'claim', 'settle', 'claim', 'settle']);
  assert.equal(settledAtLastRequest, 0);
  assert.equal(settled, 3);
  assert.equal(messages.accepted, 30);
});

test('an outcome that cannot be written stops the delivery with its error, once every request is back', async () => {
  const ledger = memoryLedger([1, 2, 3, 4].map((n) => ({ customer: `c${n}`, messages: 100 })));
  let inFlight = 0;
  const destination = scriptedDestination(async (batch) => {
    inFlight++;
    await sleep(5);
    inFlight--;
    return accept(batch);
  });
  let settlements = 0;
  const filling: Ledger = {
    ...ledger,
    async settle(end) {
      if (++settlements > 5) throw full;
      await ledger.settle(end);
    },
  };
  await assert.rejects(deliverWith(filling, destination), full);
  assert.equal(inFlight, 0);
  assert.ok(destination.sent.length < 20, 'long before the end');
});
