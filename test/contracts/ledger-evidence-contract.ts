import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceEffect, EvidenceKind } from '../../src/evidence/evidence.ts';
import type { ExportState, Ledger } from '../../src/ledger/ledger.ts';
import { evidence, HEARD_MS } from '../support/evidence-pieces.ts';
import {
  begin,
  claimAll,
  deliverAll,
  NOW_MS,
  plannedIds,
  rows,
  settlement,
  stage,
} from '../support/ledger-scenes.ts';
import { stagedMessage } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

/** A ledger whose one message `a`, known there as `m-a`, was accepted. */
async function accepted(ledger: Ledger): Promise<Ledger> {
  const run = await begin(ledger);
  await stage(ledger, run, [stagedMessage({ id: 'a' })]);
  await deliverAll(ledger, run, ({ id }) => settlement(id, 'accepted', { messageUuid: 'm-a' }));
  return ledger;
}

/** Leads the message `a` into each state. */
const WAYS: Readonly<
  Record<Exclude<ExportState, 'missing' | 'rejected' | 'conflict'>, (ledger: Ledger) => Promise<unknown>>
> = {
  pending: async (ledger) => stage(ledger, await begin(ledger), [stagedMessage({ id: 'a' })]),
  accepted,
  failed: async (ledger) => {
    await WAYS.pending(ledger);
    await deliverAll(ledger, await begin(ledger), 'failed');
  },
  unknown: async (ledger) => {
    await WAYS.pending(ledger);
    await deliverAll(ledger, await begin(ledger), 'unknown');
  },
  stored: async (ledger) => {
    await accepted(ledger);
    await ledger.recordEvidence([evidence('seen', { messageUuid: 'm-a' })]);
  },
};

async function stateOf(ledger: Ledger): Promise<string | undefined> {
  return Object.entries(await ledger.stateCounts()).find(([, count]) => count > 0)?.[0];
}

async function effectOf(ledger: Ledger, ...pieces: readonly ReturnType<typeof evidence>[]): Promise<string> {
  const { tally } = await ledger.recordEvidence(pieces);
  assert.equal(
    Object.values(tally).reduce((sum, count) => sum + count, 0),
    pieces.length,
    'every piece comes to exactly one thing',
  );
  return Object.entries(tally)
    .filter(([, count]) => count > 0)
    .map(([effect]) => effect)
    .join();
}

export function evidenceContract(openFresh: OpenFresh): void {
  const table: readonly [keyof typeof WAYS, EvidenceKind, EvidenceEffect, ExportState][] = [
    ['pending', 'stored', 'unsent', 'pending'],
    ['pending', 'failed', 'outdated', 'pending'],
    ['accepted', 'stored', 'stored', 'stored'],
    ['accepted', 'seen', 'stored', 'stored'],
    ['accepted', 'failed', 'failed', 'failed'],
    ['failed', 'stored', 'stored', 'stored'],
    ['failed', 'failed', 'known', 'failed'],
    ['unknown', 'stored', 'stored', 'stored'],
    ['unknown', 'failed', 'failed', 'failed'],
    ['stored', 'stored', 'known', 'stored'],
    ['stored', 'failed', 'contradictory', 'stored'],
  ];
  for (const [state, kind, effect, becomes] of table) {
    test(`a message that is ${state}, and evidence that says ${kind}: ${effect}`, async (t) => {
      const ledger = await openFresh(t).open();
      await WAYS[state](ledger);
      const piece = evidence(kind, { id: 'a' });
      assert.equal(await effectOf(ledger, piece), effect);
      assert.equal(await stateOf(ledger), becomes);
      const repeated = await effectOf(ledger, piece);
      assert.equal(repeated, effect === 'unsent' ? effect : 'known', 'once more changes nothing');
      assert.equal(await stateOf(ledger), becomes);
    });
  }

  test('what is settled by evidence is no longer handed out, and no longer ambiguous', async (t) => {
    const ledger = await openFresh(t).open();
    await WAYS.unknown(ledger);
    assert.deepEqual(await plannedIds(ledger), ['a']);
    await ledger.recordEvidence([evidence('failed', { id: 'a', code: 'E9', error: 'no such thread' })]);
    assert.deepEqual(await plannedIds(ledger), []);
    const [row] = await rows(ledger.export('failed'));
    assert.deepEqual([row?.code, row?.error], ['E9', 'no such thread']);
    await ledger.requeue({ codes: ['E9'] }, await begin(ledger));
    assert.equal(await stateOf(ledger), 'pending', 'an ambiguous one would have stayed unknown');
  });

  test('a report counts once: what is sent again after it does not fail by it again', async (t) => {
    const ledger = await openFresh(t).open({ keepPayloads: 'until-stored' });
    await accepted(ledger);
    const report = evidence('failed', { id: 'a' });
    assert.equal(await effectOf(ledger, report), 'failed');
    const retry = await begin(ledger);
    await ledger.requeue({}, retry);
    assert.equal(await effectOf(ledger, report), 'known');
    await deliverAll(ledger, retry, 'accepted');
    assert.equal(await effectOf(ledger, report), 'known');
    assert.equal(await stateOf(ledger), 'accepted');
    const next = evidence('failed', { id: 'a', receivedAtMs: HEARD_MS + 1 });
    assert.equal(await effectOf(ledger, next), 'failed', 'the next report is another one');
  });

  test('a report from before the last attempt is outdated, a word for the message is not', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, (await ledger.beginRun({ command: 'run', startedAtMs: 0 })).run, [
      stagedMessage({ id: 'a' }),
    ]);
    await deliverAll(ledger, await begin(ledger), 'accepted');
    const before = { id: 'a', receivedAtMs: NOW_MS - 3_600_000 };
    assert.equal(await effectOf(ledger, evidence('failed', before)), 'outdated');
    assert.equal(await stateOf(ledger), 'accepted');
    assert.equal(await effectOf(ledger, evidence('stored', before)), 'stored');
  });

  test('what was heard before the present content was staged is about what it replaced', async (t) => {
    const ledger = await openFresh(t).open();
    await accepted(ledger);
    const { run } = await ledger.beginRun({ command: 'run', startedAtMs: HEARD_MS + 3_600_000 });
    await stage(ledger, run, [stagedMessage({ id: 'a', body: 'Corrected' })], 'replace');
    assert.equal(await effectOf(ledger, evidence('stored', { id: 'a' })), 'outdated');
    assert.equal(await stateOf(ledger), 'pending');
  });

  test('a little too early is taken for a clock that is behind', async (t) => {
    const ledger = await openFresh(t).open();
    await accepted(ledger);
    assert.equal(
      await effectOf(ledger, evidence('failed', { id: 'a', receivedAtMs: NOW_MS - 5_000 })),
      'failed',
    );
  });

  test('pieces count in their order: a message that failed and is then spoken for is stored', async (t) => {
    const ledger = await openFresh(t).open();
    await accepted(ledger);
    const { tally } = await ledger.recordEvidence([
      evidence('failed', { id: 'a' }),
      evidence('stored', { id: 'a', receivedAtMs: HEARD_MS + 1 }),
    ]);
    assert.deepEqual([tally.failed, tally.stored], [1, 1]);
    assert.equal(await stateOf(ledger), 'stored');
  });

  test('a message is found by the identifier that the API gave it, however it was told', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(
      ledger,
      run,
      ['a', 'b', 'c'].map((id) => stagedMessage({ id })),
    );
    const seen = (messageUuid: string) => evidence('seen', { messageUuid });
    assert.equal(await effectOf(ledger, seen('m-a')), 'foreign');
    await deliverAll(ledger, run, ({ id, sourceUuid }) =>
      sourceUuid === 'a' ? settlement(id, 'accepted', { messageUuid: 'm-a' }) : settlement(id, 'accepted'),
    );
    assert.equal(await effectOf(ledger, seen('m-a')), 'stored', 'learned from an answer since');
    await ledger.recordEvidence([evidence('failed', { id: 'b', messageUuid: 'm-b' })]);
    assert.equal(await effectOf(ledger, seen('m-b')), 'stored', 'learned from a callback');
    assert.equal(await effectOf(ledger, evidence('stored', { id: 'no such', messageUuid: 'm-b' })), 'known');
    assert.equal((await ledger.stateCounts()).accepted, 1);
  });

  test('strangers and messages of other streams are left alone', async (t) => {
    const place = openFresh(t);
    const [one, two] = [await place.open({ stream: 'one' }), await place.open({ stream: 'two' })];
    await accepted(one);
    assert.equal(await effectOf(two, evidence('stored', { id: 'a', messageUuid: 'm-a' })), 'foreign');
    assert.equal(await stateOf(one), 'accepted');
  });

  test('a person is told of contradictions, and of what waits although it is there', async (t) => {
    const ledger = await openFresh(t).open();
    await WAYS.stored(ledger);
    await stage(ledger, await begin(ledger), [stagedMessage({ id: 'b' })]);
    const position = { file: 'events-20250402-0003.ndjson', line: 7 };
    const { notices } = await ledger.recordEvidence([
      evidence('failed', { id: 'a', position }),
      evidence('stored', { id: 'b', position }),
    ]);
    assert.deepEqual(notices, [
      { effect: 'contradictory', sourceUuid: 'a', position },
      { effect: 'unsent', sourceUuid: 'b', position },
    ]);
  });

  for (const [keepPayloads, isKept] of [
    ['until-accepted', false],
    ['until-stored', false],
    ['always', true],
  ] as const) {
    test(`payloads ${keepPayloads}: stored messages ${isKept ? 'keep' : 'lose'} theirs, those reported as failed keep it`, async (t) => {
      const ledger = await openFresh(t).open({ keepPayloads });
      const run = await begin(ledger);
      const ids = ['a', 'b'];
      await stage(
        ledger,
        run,
        ids.map((id) => stagedMessage({ id })),
      );
      await deliverAll(ledger, run, 'unknown');
      await ledger.recordEvidence([evidence('stored', { id: 'a' }), evidence('failed', { id: 'b' })]);
      const [stored] = await rows(ledger.export('stored'));
      const [failed] = await rows(ledger.export('failed'));
      assert.equal(stored?.recordJson, isKept ? stagedMessage({ id: 'a' }).recordJson : null);
      assert.equal(failed?.recordJson, stagedMessage({ id: 'b' }).recordJson);
    });
  }

  test('payloads until-stored: an accepted message that fails later can be sent again', async (t) => {
    const ledger = await openFresh(t).open({ keepPayloads: 'until-stored' });
    await accepted(ledger);
    await ledger.recordEvidence([evidence('failed', { id: 'a' })]);
    const retry = await begin(ledger);
    assert.deepEqual(await ledger.requeue({}, retry), { requeued: 1, payloadDropped: 0 });
    assert.deepEqual(await deliverAll(ledger, retry, 'accepted'), ['a']);
  });

  test('while a process is at it, a message is left to its settlement', async (t) => {
    const ledger = await openFresh(t).open();
    await WAYS.pending(ledger);
    const run = await begin(ledger);
    const [claimed] = await claimAll(ledger, run);
    assert.ok(claimed);
    assert.equal(await effectOf(ledger, evidence('stored', { id: 'a' })), 'unsent');
    const settlements = claimed.messages.map(({ id }) => settlement(id, 'accepted'));
    await ledger.settle({
      attempt: claimed.attempt,
      status: 200,
      result: 'answered',
      endedAtMs: 1,
      settlements,
    });
    assert.equal(await stateOf(ledger), 'accepted');
  });

  test('accepted messages of which nothing was heard are counted from an age on, the oldest first', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    await stage(
      ledger,
      run,
      ['a', 'b', 'c', 'd'].map((id) => stagedMessage({ id })),
    );
    await deliverAll(ledger, run, ({ id, sourceUuid }) =>
      settlement(id, sourceUuid === 'd' ? 'failed' : 'accepted'),
    );
    await ledger.recordEvidence([evidence('stored', { id: 'b' })]);
    assert.deepEqual(await ledger.unevidenced(NOW_MS, 5), { count: 0, examples: [] });
    assert.deepEqual(await ledger.unevidenced(NOW_MS + 1, 5), { count: 2, examples: ['a', 'c'] });
    assert.deepEqual(await ledger.unevidenced(NOW_MS + 1, 1), { count: 2, examples: ['a'] });
  });
}
