import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createMykaarmaHistorical } from '../../src/destinations/mykaarma-historical.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { begin, rows, stage } from '../support/ledger-scenes.ts';
import { answerJson, type Script, saveAnswer, scriptedServer, uuidsIn } from '../support/scripted-server.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const CUSTOMERS = 12;
const MESSAGES = 240;

async function scene(t: TestContext, script: Script, { timeoutMs = 100 } = {}) {
  const server = await scriptedServer(t, script);
  const ledger = await openLedger({
    path: join(temporaryDirectory(t), 'ledger.db'),
    ...{ stream: 'texts', destinationType: 'mykaarma-historical', baseUrl: server.origin },
    ...{ keepPayloads: 'until-accepted', mode: 'create' },
  });
  t.after(() => ledger.close());
  const destination = createMykaarmaHistorical({
    ...{ baseUrl: server.origin, username: 'u', password: 'p', timeoutMs, connections: 4 },
    limits: { maxBatchMessages: 6, maxBatchBytes: 10_000 },
  });
  t.after(() => destination.close());
  const records = Array.from({ length: MESSAGES }, (_, index) =>
    stagedMessage({
      id: `u-${index}`,
      body: `words ${index} 🙂`,
      customer: `c${index % CUSTOMERS}`,
      // Staged newest first.
      sentAtUtcMs: 1_700_000_000_000 - index,
      line: index + 2,
    }),
  );
  await stage(ledger, await begin(ledger), records);
  const run = async () => deliverWith(ledger, destination, { run: await begin(ledger) });
  return { server, ledger, run };
}

async function uuidsOf(ledger: Ledger, state: 'accepted' | 'unknown' | 'failed'): Promise<Set<string>> {
  return new Set((await rows(ledger.export(state))).map((row) => row.sourceUuid ?? ''));
}

test('with a real ledger: everything arrives once, in conversation order, and the next run sends nothing', async (t) => {
  const { server, ledger, run } = await scene(
    t,
    (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request))),
    { timeoutMs: 10_000 },
  );
  const first = await run();
  assert.deepEqual(first.messages, { accepted: MESSAGES, failed: 0, unknown: 0 });
  const arrived = server.requests.flatMap(uuidsIn);
  assert.equal(new Set(arrived).size, MESSAGES);
  assert.equal(arrived.length, MESSAGES);
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    const order = server.requests
      .filter((request) => request.path.includes(`/customer/c${customer}/`))
      .flatMap(uuidsIn)
      .map((uuid) => Number(uuid.slice(2)));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => b - a),
    );
  }
  assert.equal((await run()).requests.sent, 0);
  assert.deepEqual(await ledger.counts(), { accepted: MESSAGES, failed: 0, unknown: 0, pending: 0 });
});

test('with a real ledger: under faults accepted ⊆ stored ⊆ accepted or unknown, and later runs complete it', async (t) => {
  const stored = new Set<string>();
  const faults: Record<number, Script> = {
    1: () => {},
    2: (_, response) => void response.socket?.destroy(),
    3: (_, response) => void response.writeHead(500).end(),
    4: (_, response) => void response.end('not JSON'),
    5: (request, response) => answerJson(response, 200, saveAnswer(uuidsIn(request).slice(1))),
    6: (_, response) => void response.writeHead(429, { 'retry-after': '0' }).end(),
  };
  let faulty = true;
  const { ledger, run } = await scene(t, (request, response) => {
    const uuids = uuidsIn(request);
    if (uuids.includes('u-77')) return void response.writeHead(422).end();
    for (const uuid of uuids) stored.add(uuid);
    const fault = faulty ? faults[request.index % 9] : undefined;
    return fault ? fault(request, response) : answerJson(response, 200, saveAnswer(uuids));
  });

  const first = await run();
  const [accepted, unknown] = [await uuidsOf(ledger, 'accepted'), await uuidsOf(ledger, 'unknown')];
  for (const uuid of accepted) assert.ok(stored.has(uuid));
  for (const uuid of stored) assert.ok(accepted.has(uuid) || unknown.has(uuid));
  assert.ok(unknown.size > 0);
  const counts = await ledger.counts();
  assert.deepEqual({ ...first.messages, pending: counts.pending }, counts);

  faulty = false;
  const second = await run();
  assert.equal(second.stopReason, null);
  const end = await ledger.counts();
  assert.equal(end.accepted, MESSAGES - 1);
  assert.equal(end.failed + end.unknown, 1);
  assert.ok(!(await uuidsOf(ledger, 'accepted')).has('u-77'));
});
