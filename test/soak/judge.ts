/**
 * Judges an import of history from outside: the ledger by plain SQL and by what the program's own exports say, the API by what
 * it stored and how often, and both against what was planted.
 */
import assert from 'node:assert/strict';
import { assertGoodManners, judgeImport, LOST, type OracleVerdict } from '../support/oracle.ts';
import { MAX_BATCH_MESSAGES } from './history.ts';
import { type Place, readLedger } from './place.ts';
import type { Planted } from './planted-export.ts';

/** Faults after which a message is stored although its answer does not say so, by what the answer leaves open. */
const UNTOLD_REQUESTS = [
  'reset-after',
  'hang-after',
  'http-500-after',
  'http-502-after',
  'http-504-after',
  'close-early',
];
const UNTOLD_ITEMS = ['omit'];

/** States of a message, each with what the program exports of it. */
const MESSAGE_STATES = ['accepted', 'failed', 'unknown', 'pending', 'stored', 'missing'];

/** Holds at any time: what is claimed is true. @throws when it is not; what is lost is counted first. */
export async function assertTrueSoFar(place: Place, planted: Planted): Promise<OracleVerdict | null> {
  const { ledger, api, tally } = place;
  if (readLedger(ledger, () => true) === null) return null;
  const { verdict, violations } = await judgeImport({
    ledger,
    baseUrl: api.baseUrl,
    expected: planted.messages,
  });
  tally.lost += violations.count(LOST);
  violations.assertNone();
  return verdict;
}

/** Holds once faults have ceased and everything was sent: all is there, once, and nothing was sent without a reason. */
export async function assertComplete(place: Place, planted: Planted): Promise<void> {
  const { api, tally } = place;
  const expected = planted.messages.size;
  tally.messages += expected;
  const missing = await missingUuids(place, planted);
  tally.lost += missing.length;
  const { resent, doubled } = await countResent(place);
  tally.resent += resent;
  tally.doubled += doubled;
  const some = missing.slice(0, 5).join(', ');
  assert.equal(missing.length, 0, `${missing.length} messages of the export are not at the API: ${some}`);
  assert.equal(doubled, 0, `${doubled} messages were sent again for no reason that could be found`);
  const verdict = await assertTrueSoFar(place, planted);
  assert.deepEqual(verdict, { accepted: expected, failed: 0, unknown: 0, pending: 0, stored: expected });
  await assertGoodManners(api.baseUrl);
  const checked = await place.backhaul('ledger check --json');
  assert.equal(checked.exitCode, 0, checked.stdout);
}

async function missingUuids({ api }: Place, { messages }: Planted): Promise<readonly string[]> {
  const left = new Set(messages.keys());
  for await (const { sourceUuid } of api.stored()) left.delete(sourceUuid);
  return [...left];
}

/**
 * Messages are sent again because their process died while it sent them, or because of an attempt that nobody could tell the
 * end of. The first are known to the message, the others to the customer; and the API knows how often it was the reason.
 */
async function countResent({
  ledger,
  api,
  interruptions,
}: Place): Promise<{ resent: number; doubled: number }> {
  const resent = new Map<string, number>();
  const explained = ambiguousByCustomer(ledger);
  let interrupted = 0;
  for await (const { sourceUuid, departmentUuid, customerUuid, submissions } of api.stored()) {
    const customer = `${departmentUuid}/${customerUuid}`;
    const interruptedHere = interruptions.get(sourceUuid) ?? 0;
    interrupted += interruptedHere;
    resent.set(customer, (resent.get(customer) ?? 0) + submissions - 1);
    explained.set(customer, (explained.get(customer) ?? 0) + interruptedHere);
  }
  const { faults } = await api.stats();
  const struck = (names: readonly string[]) => names.reduce((sum, name) => sum + (faults[name] ?? 0), 0);
  const untoldItems = struck(UNTOLD_ITEMS);
  const all = sum(resent.values());
  const bySomeCustomer = sum(
    [...resent].map(([customer, times]) => Math.max(0, times - (explained.get(customer) ?? 0))),
  );
  const byAll = all - interrupted - struck(UNTOLD_REQUESTS) * MAX_BATCH_MESSAGES;
  return { resent: all, doubled: Math.max(0, bySomeCustomer - untoldItems, byAll - untoldItems) };
}

/** Messages of attempts whose end nobody could tell; those that a dying process left open are not among them. */
function ambiguousByCustomer(ledger: string): Map<string, number> {
  const sql = `
    SELECT department.uuid || '/' || conversation.customer_uuid, sum(attempt.messages)
    FROM attempt JOIN conversation ON conversation.id = attempt.conversation
    JOIN department ON department.id = conversation.department
    WHERE attempt.result IN ('TIMEOUT', 'CONNECTION_LOST') OR attempt.status IN (500, 502, 504)
      OR attempt.status BETWEEN 200 AND 299 AND attempt.result <> 'answered'
    GROUP BY 1`;
  return new Map(readLedger(ledger, (db) => db.prepare(sql).raw().all() as [string, number][]) ?? []);
}

/** As the program tells it once all is sent: by its exports, and by reading everything once more. */
export async function assertEveryRecordInOnePlace(place: Place, planted: Planted): Promise<void> {
  const found = new Map<string, string>();
  const { states } = (await place.backhaul('status --json')).json<{
    states: Readonly<Record<string, number>>;
  }>();
  for (const state of MESSAGE_STATES.filter((state) => states[state] !== 0)) {
    for (const uuid of await exported(place, state)) {
      assert.equal(found.get(uuid), undefined, `${uuid} is ${state} and ${found.get(uuid)}`);
      found.set(uuid, state);
    }
  }
  assert.deepEqual(
    new Set(found.keys()),
    new Set(planted.messages.keys()),
    'exports hold every message once',
  );
  const { rejected, conflicts, skipped, records } = planted;
  assert.equal((await exported(place, 'rejected')).length, rejected, 'rejects');
  assert.equal((await exported(place, 'conflict')).length, conflicts, 'conflicts');

  const again = await place.backhaul('run --reread --json --no-progress');
  const { records: read, requests } = again.json<{
    records: Readonly<Record<string, number>>;
    requests: { sent: number };
  }>();
  const { unchanged = 0, duplicates = 0, ...others } = read;
  assert.deepEqual(others, { read: records, new: 0, replaced: 0, conflicts, skipped, rejected });
  assert.equal(unchanged + duplicates, records - conflicts - skipped - rejected, 'what comes again is known');
  assert.equal(requests.sent, 0, 'nothing is left to send');
}

async function exported(place: Place, state: string): Promise<string[]> {
  const { exitCode, stdout, stderr } = await place.backhaul(`export --state ${state} --format ndjson`);
  assert.equal(exitCode, 0, stderr);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { _sourceUuid: string })._sourceUuid);
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}
