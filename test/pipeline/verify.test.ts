import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DamagedInputError } from '../../src/errors.ts';
import type { EvidenceArchive } from '../../src/evidence/evidence.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type VerifyOptions, verifyPipeline } from '../../src/pipeline/verify.ts';
import {
  archiveLine,
  archiveOf,
  eventLine,
  RECEIVED_AT,
  saveResult,
} from '../support/archived-deliveries.ts';
import { begin, claimAll, deliverAll, NOW_MS, settlement, stage } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DAY_MS = 86_400_000;
const callback = (id: string, code?: string) =>
  `${archiveLine('historical-callback', saveResult(id, code))}\n`;

async function acceptedLedger(t: TestContext, ids: readonly string[]): Promise<Ledger> {
  const ledger = await ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')).open({
    keepPayloads: 'until-stored',
  });
  const run = await begin(ledger);
  await stage(
    ledger,
    run,
    ids.map((id) => stagedMessage({ id })),
  );
  await deliverAll(ledger, run, ({ id, sourceUuid }) =>
    settlement(id, 'accepted', { messageUuid: `m-${sourceUuid}` }),
  );
  return ledger;
}

function verify(ledger: Ledger, archives: readonly EvidenceArchive[], options: Partial<VerifyOptions> = {}) {
  return verifyPipeline({
    ...{ stream: 'test-stream', ledger, archives, olderThanMs: DAY_MS, exampleCount: 2, observer: {} },
    clock: { nowMs: () => NOW_MS + 2 * DAY_MS, monotonicMs: () => 0, sleep: async () => {} },
    signal: new AbortController().signal,
    ...options,
  });
}

test('the summary says what was read, what it came to, and what was not heard of', async (t) => {
  assert.ok(Date.parse(RECEIVED_AT) > NOW_MS);
  const ledger = await acceptedLedger(t, ['a', 'b', 'c', 'd', 'e']);
  const archives = [
    archiveOf(callback('a') + callback('b', 'E1') + callback('stranger'), { name: '1.ndjson' }),
    archiveOf(`${eventLine('m-a')}\n${eventLine('m-everyday')}\nrubbish\n${callback('a', 'E2')}`, {
      name: '2.ndjson',
    }),
  ];
  const { summary, exitCode } = await verify(ledger, archives);
  assert.equal(exitCode, 3);
  const { startedAt, durationMs, ...rest } = summary;
  assert.equal(startedAt, new Date(NOW_MS + 2 * DAY_MS).toISOString());
  assert.equal(durationMs, 0);
  assert.deepEqual(rest, {
    ...{ run: 2, stream: 'test-stream', status: 'incomplete' },
    archives: { read: 2, damaged: 0 },
    deliveries: { read: 6, messageEvents: 2, historicalCallbacks: 4, textCallbacks: 0 },
    surprises: [{ code: 'NOT_A_DELIVERY', count: 1, examples: ['2.ndjson:3'] }],
    evidence: {
      ...{ read: 6, stored: 1, failed: 1, contradictory: 1, unsent: 0 },
      ...{ outdated: 0, known: 1, foreign: 2, undecided: 0 },
    },
    attention: [{ effect: 'contradictory', count: 1, examples: [{ sourceUuid: 'a', at: '2.ndjson:4' }] }],
    unevidenced: { olderThanMs: DAY_MS, count: 3, examples: ['c', 'd'] },
    messages: { accepted: 4, failed: 1, unknown: 0, pending: 0, stored: 1, missing: 0 },
    balanced: true,
  });
  const [kept] = await ledger.runs(1);
  assert.deepEqual([kept?.command, kept?.status], ['verify', 'incomplete']);
  assert.deepEqual(JSON.parse(kept?.summaryJson ?? ''), summary);
});

test('silence needs nobody: what was not heard of stays accepted, and all is well', async (t) => {
  const ledger = await acceptedLedger(t, ['a', 'b']);
  const { summary, exitCode } = await verify(ledger, []);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    [summary.status, summary.unevidenced.count, summary.messages.accepted],
    ['complete', 2, 2],
  );
  const young = await verify(ledger, [], { olderThanMs: 3 * DAY_MS });
  assert.equal(young.summary.unevidenced.count, 0);
});

test('a contradiction is shown once, then it is known', async (t) => {
  const ledger = await acceptedLedger(t, ['a']);
  const archive = () => [archiveOf(callback('a') + callback('a', 'E1'))];
  assert.equal((await verify(ledger, archive())).exitCode, 3);
  const again = await verify(ledger, archive());
  assert.equal(again.exitCode, 0);
  assert.deepEqual([again.summary.evidence.known, again.summary.attention], [2, []]);
});

test('what a dead process left is open to evidence', async (t) => {
  const ledger = await ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')).open();
  const run = await begin(ledger);
  await stage(ledger, run, [stagedMessage({ id: 'a' })]);
  await claimAll(ledger, run);
  let interrupted = 0;
  const { summary } = await verify(ledger, [archiveOf(callback('a'))], {
    observer: {
      onInterrupted(messages) {
        interrupted = messages;
      },
    },
  });
  assert.equal(interrupted, 1);
  assert.equal(summary.messages.stored, 1);
});

test('a damaged archive counts up to its damage, and the others as well', async (t) => {
  const ledger = await acceptedLedger(t, ['a', 'b']);
  const whole = archiveOf(callback('a'), { name: '1.ndjson.gz' });
  const damage = new DamagedInputError('torn', {
    code: 'TRUNCATED_ARCHIVE',
    fix: 'Copy it.',
    file: '1.ndjson.gz',
  });
  const damaged: EvidenceArchive = {
    name: whole.name,
    async *read(signal) {
      yield* whole.read(signal);
      throw damage;
    },
  };
  const damages: DamagedInputError[] = [];
  const { summary, exitCode } = await verify(ledger, [damaged, archiveOf(callback('b'))], {
    observer: { onDamage: (one) => damages.push(one) },
  });
  assert.equal(exitCode, 3);
  assert.deepEqual(summary.archives, { read: 2, damaged: 1 });
  assert.equal(summary.messages.stored, 2);
  assert.deepEqual(damages, [damage]);
});

test('more than one transaction holds, one callback included, comes out complete', async (t) => {
  const ids = Array.from({ length: 2_500 }, (_, index) => `id-${index}`);
  const ledger = await acceptedLedger(t, ids);
  const together = archiveLine('historical-callback', {
    succesfullySubmittedSourceUuids: ids.slice(0, 1_700),
  });
  const single = ids.slice(1_700).map((id) => callback(id));
  const { summary, exitCode } = await verify(ledger, [
    archiveOf(`${together}\n${single.join('')}`, { chunkBytes: 65_536 }),
  ]);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    [summary.evidence.read, summary.evidence.stored, summary.messages.stored],
    [2_500, 2_500, 2_500],
  );
});

test('an interrupted verification keeps what it recorded, and goes on next time', async (t) => {
  const ids = Array.from({ length: 1_500 }, (_, index) => `id-${index}`);
  const ledger = await acceptedLedger(t, ids);
  const content = ids.map((id) => callback(id)).join('');
  const interrupt = new AbortController();
  const whole = archiveOf(content, { chunkBytes: 65_536 });
  const archive: EvidenceArchive = {
    name: whole.name,
    async *read(signal) {
      let count = 0;
      for await (const delivery of whole.read(signal)) {
        if (++count === 1_200) interrupt.abort('SIGTERM');
        yield delivery;
      }
    },
  };
  const first = await verify(ledger, [archive], { signal: interrupt.signal });
  assert.deepEqual([first.exitCode, first.summary.status], [143, 'interrupted']);
  assert.equal(first.summary.messages.stored, first.summary.evidence.stored);
  assert.ok(first.summary.messages.stored >= 1_000 && first.summary.messages.stored < 1_500);
  const second = await verify(ledger, [archiveOf(content, { chunkBytes: 65_536 })]);
  assert.deepEqual([second.exitCode, second.summary.messages.stored], [0, 1_500]);
});
