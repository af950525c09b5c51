/**
 * Exports with every trap, through a server with every fault, judged from outside: what is stored is held against what
 * the exports were made to say, what the ledger claims against what is stored.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import type { CheckSummary, Summary } from '../../src/pipeline/summary.ts';
import type { CommandResult } from '../support/command-line.ts';
import { assertGoodManners, assertImportIsTrue } from '../support/oracle.ts';
import { type SimulatorStatistics, simulatorProcess } from '../support/simulator-process.ts';
import { correctRejects } from '../support/trap-corrections.ts';
import { messagesOf, recordCountsOf, type TrapExport } from '../support/trap-export.ts';
import { trapExports } from '../support/trap-exports.ts';
import {
  assertConflictsAsPlanned,
  assertOnlyExpectedIsStored,
  assertRejectsAsPlanned,
} from '../support/trap-judgement.ts';
import { trapProject } from '../support/trap-project.ts';
import { OVERSIZED_BYTES } from '../support/trap-texts-export.ts';

const SEED = Number(process.env.BACKHAUL_SEED ?? 1);
const RECORDS = 20_000;
const MOST_ROUNDS = 12;

const DELIVERY = {
  maxBatchMessages: 5,
  maxBatchBytes: 250_000,
  requestsPerSecond: 2_000,
  concurrency: 8,
  timeoutMs: 500,
  maxAttempts: 6,
  retryBaseMs: 5,
  retryMaxMs: 100,
  maxOutageMs: 6_000,
};

/** Each strikes whatever it is asked about with a small chance, or a few times. */
const LIKELY_FAULTS = [
  'refuse:0.001,warn:0.005,omit:0.002,omit-before:0.002,contradict:0.001,contradict-error:0.001',
  'poison:0.0005,poison-409:0.0005,poison-422:0.0005',
  'stranger:0.005,wrong-type:0.005,truncated:0.003,close-early:0.003,slow-drip:#400:x4',
  'null-lists:0.003,empty:0.003,html:0.003,rubbish:0.003,huge:#500:x2,gzip-bomb:#600:x2',
  'null-lists-before:0.003,empty-before:0.003,html-before:0.003,rubbish-before:0.003',
  'huge-before:#700:x1,gzip-bomb-before:#800:x1',
  'hang-before:#300:x4,hang-after:#200:x6,reset-before:0.004,reset-after:0.004',
  'http-408:0.003,http-409:0.002,http-413:0.003,http-422:0.002,http-425:0.003',
  'http-429:#900:x1,http-429-date:#1000:x1,http-429-none:0.003,http-429-garbled:0.002',
  'http-500:0.003,http-500-after:0.003,http-502:0.003,http-502-after:0.003',
  'http-503:0.003,http-503-later:#1100:x1,http-504:0.003,http-504-after:0.003',
  'http-400:0.001,http-404:#250:x4',
]
  .join(',')
  .split(',');

/** Once for certain, since chance may pass a fault over. Numbers far apart, so that the faults do not fall on one batch. */
const CERTAIN_FAULTS = LIKELY_FAULTS.map((rule, index) => `${nameOf(rule)}:#${50 + 17 * index}:x1`);

const FAULTS = [...CERTAIN_FAULTS, ...LIKELY_FAULTS].join(',');

/** By round: one each of those that end a run, or keep it from a department; then nobody is there for a while. */
const EXTRA_FAULTS = [
  'http-401:#20:x1,http-301:#40:x1,http-403:#60:x1,http-405:#80:x1',
  'http-302:#20:x1,http-307:#40:x1,http-415:#60:x1,http-429-absurd:#80:x1',
  'outage:during=2s+700ms',
];

/** Stored, and the answer did not say so of any message. */
const UNTOLD = [
  'null-lists',
  'empty',
  'html',
  'rubbish',
  'truncated',
  'close-early',
  'slow-drip',
  'huge',
  'gzip-bomb',
  'hang-after',
  'reset-after',
  'http-500-after',
  'http-502-after',
  'http-504-after',
];

test('exports with every trap go through an API with every fault', { timeout: 900_000 }, async (t) => {
  const exports = trapExports(SEED, RECORDS);
  const api = await simulatorProcess(t, ['--keep-bodies', '--seed', String(SEED)]);
  const project = trapProject(t, exports, { baseUrl: api.baseUrl, delivery: DELIVERY });
  const messages = exports.flatMap(messagesOf);
  const expected = messages.length;
  const judge = { ledger: project.ledger, baseUrl: api.baseUrl };
  const everyStream = (words: readonly string[]) =>
    Promise.all(exports.map((stream) => project.backhaul(stream, words)));

  await t.test('check tells beforehand what the run will find', async () => {
    const results = await everyStream(['check', '--json', '--no-progress']);
    assert.deepEqual(results.map(documentOf<CheckSummary>).map(recordsIn), exports.map(recordCountsOf));
    assert.ok(results.every(({ exitCode }) => exitCode === 3));
    assert.equal((await api.stats()).requests, 0);
  });

  await t.test('whatever the API does, what is claimed is true', async () => {
    for (let round = 0; ; round++) {
      assert.ok(round < MOST_ROUNDS, 'runs come to an end');
      // Of the rules that hold, the first one strikes.
      const extra = EXTRA_FAULTS[round];
      await api.setFaults(extra === undefined ? FAULTS : `${extra},${FAULTS}`);
      const summaries = (await everyStream(['run', '--json', '--no-progress'])).map(documentOf<Summary>);
      summaries.forEach(assertBalanced);
      if (round === 0) {
        assert.deepEqual(summaries.map(recordsIn), exports.map(recordCountsOf));
      }
      const { unknown, pending } = await assertImportIsTrue(judge);
      await assertOnlyExpectedIsStored(api, messages);
      if (extra === undefined && pending === 0 && unknown < expected / 100) break;
    }
  });

  await t.test('every fault struck', async () => {
    const { faults } = await api.stats();
    const names = [FAULTS, ...EXTRA_FAULTS].flatMap((rules) => rules.split(',').map(nameOf));
    assert.deepEqual(
      names.filter((name) => faults[name] === undefined),
      [],
    );
  });

  await t.test('retry sends just what failed or is unknown', async () => {
    await api.setFaults('');
    const before = await assertImportIsTrue(judge);
    const { stored, resubmitted } = await api.stats();

    await everyStream([
      ...['retry', '--unknown', '--json', '--no-progress'],
      ...['--set', `delivery.maxBatchBytes=${OVERSIZED_BYTES * 2}`],
      // On a busy machine an answer may take longer than the faults were given.
      ...['--set', 'delivery.timeoutMs=60000'],
    ]);

    const after = await api.stats();
    assert.equal(
      after.stored - stored + (after.resubmitted - resubmitted),
      before.failed + before.unknown,
      'each once, and nothing else',
    );
  });

  await t.test('in the end everything that should be there is there, once, to the byte', async () => {
    const verdict = await assertImportIsTrue(judge);
    assert.deepEqual(verdict, { accepted: expected, failed: 0, unknown: 0, pending: 0, stored: expected });
    const { missing, resubmissions } = await assertOnlyExpectedIsStored(api, messages);
    assert.equal(missing, 0);
    await assertGoodManners(api.baseUrl);
    const stats = await api.stats();
    assert.deepEqual(stats.problems.NOT_IN_LIST ?? 0, 0);
    assert.ok(
      resubmissions <= explainedResubmissions(project.ledger, stats),
      `${resubmissions} messages were sent again, which ambiguous attempts do not explain`,
    );
  });

  await t.test('rejects and conflicts are those planned, each at its file and line', async () => {
    for (const trapExport of exports) {
      for (const state of ['rejected', 'conflict']) {
        const words = ['export', '--state', state, '--format', 'ndjson', '-o', `${state}.ndjson`];
        const { exitCode, stderr } = await project.backhaul(trapExport, words);
        assert.equal(exitCode, 0, stderr);
      }
      assertRejectsAsPlanned(project.path(trapExport, 'rejected.ndjson'), trapExport);
      assertConflictsAsPlanned(project.path(trapExport, 'conflict.ndjson'), trapExport);
    }
  });

  await t.test('one more run sends nothing and reads only what is damaged', async () => {
    const { requests } = await api.stats();
    const results = await everyStream(['run', '--json', '--no-progress']);
    results.forEach((result, at) => {
      const { files } = exports[at] as TrapExport;
      const damaged = files.filter((file) => file.damaged).length;
      const summary = documentOf<Summary>(result);
      assert.deepEqual(summary.files, { read: damaged, unchanged: files.length - damaged, damaged });
      assert.equal(summary.requests.sent, 0);
      assert.equal(summary.records.new, 0);
      assert.equal(result.exitCode, 3, 'there are still open rejects');
    });
    assert.equal((await api.stats()).requests, requests);
  });

  await t.test('rejects, corrected by hand and fed back, complete the import', async () => {
    for (const trapExport of exports) {
      const isCsv = ['texts', 'letters'].includes(trapExport.stream);
      const file = `corrected.${isCsv ? 'csv' : 'ndjson'}`;
      await project.backhaul(trapExport, ['export', '--state', 'rejected', '-o', file]);
      const corrected = correctRejects(project.path(trapExport, file), trapExport);
      const result = await project.backhaul(trapExport, ['run', '--json', '--input', file]);
      assert.equal(result.exitCode, 0, result.stdout + result.stderr);
      assert.equal(documentOf<Summary>(result).records.new, corrected.length);
      messages.push(...corrected);
    }
    assert.equal((await assertOnlyExpectedIsStored(api, messages)).missing, 0);
    const again = await everyStream(['run', '--json', '--no-progress']);
    assert.deepEqual(
      again.map(({ exitCode }) => exitCode),
      exports.map(({ files }) => (files.some((file) => file.damaged) ? 3 : 0)),
      'nothing is open any more, but for what is damaged',
    );
  });
});

function nameOf(rule: string): string {
  return rule.slice(0, rule.indexOf(':'));
}

function documentOf<T>(result: CommandResult): T {
  try {
    return result.json<T>();
  } catch {
    assert.fail(`no JSON document; exit ${result.exitCode}: ${result.stdout}${result.stderr}`);
  }
}

function recordsIn({ records }: { records: Summary['records'] }) {
  const { read, new: added, replaced, unchanged, duplicates, conflicts, skipped, rejected } = records;
  return { read, new: added, replaced, unchanged, duplicates, conflicts, skipped, rejected };
}

function assertBalanced(summary: Summary): void {
  const { read, ...places } = recordsIn(summary);
  assert.equal(
    read,
    Object.values(places).reduce((sum, count) => sum + count, 0),
    'every record is in one place',
  );
  assert.equal(summary.balanced, true);
}

/** At most so many messages were sent again for a reason: nobody could say what had become of them. */
function explainedResubmissions(ledger: string, { faults }: SimulatorStatistics): number {
  const database = new Database(ledger, { readonly: true });
  const lost = database
    .prepare("SELECT coalesce(sum(messages), 0) FROM attempt WHERE result IN ('TIMEOUT', 'CONNECTION_LOST')")
    .pluck()
    .get() as number;
  database.close();
  const untold = UNTOLD.reduce((sum, name) => sum + (faults[name] ?? 0), 0);
  return lost + untold * DELIVERY.maxBatchMessages + (faults.omit ?? 0);
}
