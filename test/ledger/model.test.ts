import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { emptyEvidenceTally } from '../../src/evidence/evidence.ts';
import type { Ledger, RecordTally, Settlement } from '../../src/ledger/ledger.ts';
import { checkLedger } from '../../src/ledger/maintenance.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { evidence, HEARD_MS } from '../support/evidence-pieces.ts';
import {
  begin,
  claimAll,
  deliverAll,
  plannedIds,
  rows,
  settlement,
  stage,
} from '../support/ledger-scenes.ts';
import { ledgerOptions } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { LedgerModel, type ModelRecord } from './model.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd');
const record: fc.Arbitrary<ModelRecord> = fc.record({
  id,
  body: fc.constantFrom('x', 'y', 'z'),
  mapping: fc.constantFrom('', '!'),
  exported: fc.boolean(),
});
const outcome = fc.constantFrom<Settlement['outcome']>('accepted', 'failed', 'unknown', 'released');

const step = fc.oneof(
  fc.record({
    do: fc.constant('stage' as const),
    records: fc.array(record, { minLength: 1, maxLength: 6 }),
    onConflict: fc.constantFrom('reject' as const, 'replace' as const),
  }),
  fc.record({
    do: fc.constant('deliver' as const),
    outcomes: fc.dictionary(id, outcome),
    resendUnknown: fc.boolean(),
    limit: fc.constantFrom(null, 1),
  }),
  fc.record({ do: fc.constant('crash' as const), resendUnknown: fc.boolean() }),
  fc.record({ do: fc.constant('run' as const) }),
  fc.record({ do: fc.constantFrom('requeue' as const, 'resend' as const), ids: fc.uniqueArray(id) }),
  fc.record({
    do: fc.constant('resolve' as const),
    ids: fc.uniqueArray(id),
    verdict: fc.constantFrom('accepted' as const, 'failed' as const),
  }),
  fc.record({
    do: fc.constant('hear' as const),
    pieces: fc.array(fc.record({ id, kind: fc.constantFrom('stored' as const, 'failed' as const) }), {
      maxLength: 4,
    }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function toStaged({ id, body, mapping, exported }: ModelRecord, index: number) {
  const origin = exported ? { origin: { file: 'export.csv', line: 1_000 } } : {};
  return stagedMessage({ id, body, mapping, line: index + 2, customer: id, ...origin });
}

/** Takes the step in the ledger and in the model. @returns the ledger, which a crash reopens. */
async function take(
  step: Step,
  ledger: Ledger,
  model: LedgerModel,
  reopen: () => Promise<Ledger>,
): Promise<Ledger> {
  const present = (ids: readonly string[]) => ids.filter((one) => model.messages.has(one));
  switch (step.do) {
    case 'stage': {
      const { tally } = await stage(ledger, model.run, step.records.map(toStaged), step.onConflict);
      const expected: Record<string, number> = {};
      for (const one of step.records) {
        const key = model.stage(one, step.onConflict);
        expected[key] = (expected[key] ?? 0) + 1;
      }
      const counted = Object.fromEntries(Object.entries(tally).filter(([, count]) => count > 0));
      assert.deepEqual(counted, expected);
      assert.equal(sum(tally), step.records.length, 'the accounting identity of a reading');
      return ledger;
    }
    case 'deliver': {
      const settle = (sourceUuid: string) => step.outcomes[sourceUuid] ?? 'accepted';
      const sent = await deliverAll(ledger, model.run, (m) => settlement(m.id, settle(m.sourceUuid)), step);
      assert.equal(
        sent.length,
        step.limit === null
          ? model.due(step.resendUnknown).length
          : Math.min(1, model.due(step.resendUnknown).length),
      );
      for (const one of sent) model.settle(one, settle(one));
      return ledger;
    }
    case 'crash': {
      const claimed = await claimAll(ledger, model.run, { resendUnknown: step.resendUnknown });
      for (const { messages } of claimed) for (const { sourceUuid } of messages) model.crash(sourceUuid);
      await ledger.close();
      const reopened = await reopen();
      model.run = await begin(reopened);
      return reopened;
    }
    case 'run':
      model.run = await begin(ledger);
      return ledger;
    case 'requeue':
      await ledger.requeue({ sourceUuids: step.ids }, model.run);
      for (const one of present(step.ids)) model.queue(one);
      return ledger;
    case 'resend':
      await ledger.resolve({ sourceUuids: step.ids }, 'resend');
      for (const one of present(step.ids)) model.queue(one);
      return ledger;
    case 'hear': {
      const pieces = step.pieces.map(({ id, kind }) =>
        evidence(kind, { id, receivedAtMs: HEARD_MS + model.heard++ }),
      );
      const { tally } = await ledger.recordEvidence(pieces);
      const expected = emptyEvidenceTally();
      for (const { id, kind } of step.pieces) expected[model.hear(id, kind)] += 1;
      assert.deepEqual(tally, expected);
      const repeated = await ledger.recordEvidence(pieces);
      assert.equal(repeated.tally.stored + repeated.tally.failed + repeated.tally.contradictory, 0);
      return ledger;
    }
    case 'resolve':
      await ledger.resolve({ sourceUuids: step.ids }, step.verdict);
      for (const one of present(step.ids)) model.resolve(one, step.verdict);
      return ledger;
  }
}

function sum(tally: RecordTally): number {
  return Object.values(tally).reduce((total, count) => total + count, 0);
}

async function assertAgree(ledger: Ledger, model: LedgerModel): Promise<void> {
  const counts = await ledger.counts();
  assert.deepEqual(counts, model.counts());
  assert.equal((await ledger.stateCounts()).conflict, model.conflicts());
  for (const resendUnknown of [true, false]) {
    assert.deepEqual(
      (await plannedIds(ledger, { resendUnknown })).toSorted(),
      model.due(resendUnknown).toSorted(),
    );
  }
  const withPayload: (string | null)[] = [];
  for (const state of ['pending', 'accepted', 'failed', 'unknown'] as const) {
    const exported = await rows(ledger.export(state));
    assert.equal(exported.length, counts[state] - (state === 'accepted' ? model.stored() : 0));
    withPayload.push(...exported.filter((row) => row.recordJson !== null).map((row) => row.sourceUuid));
  }
  assert.deepEqual(withPayload.toSorted(), model.withPayload().toSorted());
}

test('whatever is staged, sent, interrupted and decided: states, queues and payloads are as the rules say', async (t) => {
  const directory = temporaryDirectory(t);
  let files = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), async (steps) => {
      files += 1;
      const path = join(directory, `${files}.db`);
      const reopen = () => openLedger(ledgerOptions(path));
      const model = new LedgerModel();
      let ledger = await reopen();
      try {
        model.run = await begin(ledger);
        for (const one of steps) {
          ledger = await take(one, ledger, model, reopen);
          await assertAgree(ledger, model);
        }
      } finally {
        await ledger.close();
      }
      assert.deepEqual(await checkLedger(path), []);
    }),
    { numRuns: 40 },
  );
});
