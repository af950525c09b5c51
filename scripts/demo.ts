/**
 * The main job on the bundled export, as a person would see it; then once more at full speed, held against what
 * fixtures/expected.json says was planted in the export. Ends with 0 when everything is as expected, although the rehearsal
 * itself ends with 3: the export holds records that cannot be imported.
 */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CheckSummary, Summary } from '../src/pipeline/summary.ts';
import type { Expectations } from './fixtures/expectations.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXIT_INCOMPLETE = 3;

const expected = JSON.parse(readFileSync(`${ROOT}/fixtures/expected.json`, 'utf8')) as Expectations;

say('backhaul rehearse');
const shown = backhaul(['rehearse'], 'inherit');
if (shown.status !== EXIT_INCOMPLETE) process.exit(shown.status || 1);

say('The same at full speed, held against fixtures/expected.json');
const summary = document<Summary>([
  'rehearse',
  '--json',
  '--quiet',
  '--set',
  'delivery.requestsPerSecond=1000',
]);
const { messages, requests } = summary;
assert.deepEqual(summary.records, expected.records, 'what became of the records');
assert.equal(
  messages.accepted + messages.failed + messages.unknown,
  expected.records.new,
  'every new message was delivered, one way or another',
);
assert.equal(messages.pending, 0, 'nothing is left to send');
assert.ok(messages.accepted > 0.99 * expected.records.new, 'all but a few messages are accepted');
assert.ok(messages.failed > 0, 'the simulator refuses a few messages for good');
assert.ok(requests.retried > 0 && requests.throttled > 0, 'requests were throttled and repeated');
assert.equal(summary.balanced, true, 'the accounting identity holds');
assert.equal(summary.status, 'incomplete');

const check = document<CheckSummary>(['check', '--json', '--quiet', '--ledger', '.demo-has-no-ledger.db']);
assert.deepEqual(check.records, expected.records, 'check foresees what becomes of the records');
assert.equal(check.plan.departments, Object.keys(expected.departments).length);
assert.deepEqual(
  Object.fromEntries(check.breakdown.departments.map((entry) => [entry.departmentUuid, entry.messages])),
  expected.departments,
);
assert.deepEqual(
  Object.fromEntries(check.breakdown.types.map(({ type, messages: count }) => [type, count])),
  expected.types,
);
assert.deepEqual(
  Object.fromEntries(check.rejects.map(({ field, code, count }) => [`${field ?? ''} ${code}`.trim(), count])),
  expected.rejects,
  'rejects, by field and code',
);

say('As expected:');
const { read, duplicates, conflicts, skipped, rejected } = expected.records;
process.stdout.write(
  `${read} records read: ${expected.records.new} messages, ${duplicates} duplicates, ${conflicts} conflicts, ` +
    `${skipped} skipped, ${rejected} rejected.\n` +
    `${messages.accepted} messages accepted, ${messages.failed} failed, ${messages.unknown} unknown; ` +
    `${requests.sent} requests, ${requests.retried} of them repeated, ${requests.throttled} throttled.\n`,
);

/** @returns the one JSON document that the command prints. */
function document<T>(words: readonly string[]): T {
  const { status, stdout } = backhaul(words, 'pipe');
  assert.equal(status, EXIT_INCOMPLETE, `backhaul ${words.join(' ')} ends with ${status}`);
  return JSON.parse(stdout) as T;
}

function backhaul(words: readonly string[], output: 'inherit' | 'pipe'): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [`${ROOT}/dist/cli.js`, ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', output, 'inherit'],
  });
}

function say(title: string): void {
  process.stdout.write(`\n── ${title}\n\n`);
}
