/**
 * Every fault in every phase of a delivery, on a real ledger: how the run ends, and what becomes of the messages
 * (design: delivery, the ledger's states).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { StopReason } from '../../src/delivery/halt.ts';
import { createMykaarmaHistorical } from '../../src/destinations/mykaarma-historical.ts';
import { createMykaarmaText } from '../../src/destinations/mykaarma-text.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { deliverWith } from '../support/deliver-with.ts';
import { type Consequence, FAULTS, type Fault } from '../support/faults.ts';
import { faultyApi } from '../support/faulty-api.ts';
import { begin, rows, stage } from '../support/ledger-scenes.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/**
 * - `once`: the first attempt meets the fault, the next ones do not.
 * - `for good`: all of them do.
 * - `after ambiguity`: the first attempt may have been taken (500), all others meet the fault.
 */
type Phase = 'once' | 'for good' | 'after ambiguity' | 'live, once' | 'live, for good';

type State = 'accepted' | 'failed' | 'unknown' | 'pending';
type End = readonly [stopReason: StopReason | null, state: State];

const ACCEPTED: End = [null, 'accepted'];
const UNKNOWN: End = [null, 'unknown'];
const FAILED: End = [null, 'failed'];

/** In the order of the phases. */
const ENDS: Readonly<Record<Consequence, readonly [End, End, End, End, End]>> = {
  none: [ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED],
  'not-there': [ACCEPTED, ['outage', 'pending'], ['outage', 'unknown'], ACCEPTED, ['outage', 'pending']],
  'turned-away': [ACCEPTED, ['outage', 'pending'], ['outage', 'unknown'], UNKNOWN, UNKNOWN],
  'not-now': [ACCEPTED, ['attempts-exhausted', 'pending'], UNKNOWN, UNKNOWN, UNKNOWN],
  'perhaps-taken': [ACCEPTED, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
  unreadable: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
  'leave-alone': always('outage'),
  stop: always('request-refused'),
  credentials: always('credentials-refused'),
  park: always('department-parked'),
  'no-customer': [FAILED, FAILED, UNKNOWN, FAILED, FAILED],
  blame: [ACCEPTED, FAILED, UNKNOWN, FAILED, FAILED],
};

function always(reason: StopReason): readonly [End, End, End, End, End] {
  const end: End = [reason, 'pending'];
  return [end, end, [reason, 'unknown'], end, end];
}

const PHASES: readonly Phase[] = ['once', 'for good', 'after ambiguity', 'live, once', 'live, for good'];

/** Faults that are waited out end by this bound; it must not be met by anything else, however busy the machine is. */
const BRIEF_OUTAGE_MS = 60;
const LONG_OUTAGE_MS = 30_000;

const SECRET = 'planted-password';

for (const fault of FAULTS) {
  for (const [index, phase] of PHASES.entries()) {
    const [stopReason, state] = ENDS[fault.means][index] as End;
    if (fault.isLasting && !phase.endsWith('for good')) continue;
    if (fault.isVariant && phase !== 'for good') continue;
    test(`${fault.title} · ${phase}: ${state}${stopReason === null ? '' : `, stopped (${stopReason})`}`, (t) =>
      tryOut(t, fault, phase, { stopReason, state }));
  }
}

async function tryOut(
  t: TestContext,
  fault: Fault,
  phase: Phase,
  expected: { readonly stopReason: StopReason | null; readonly state: State },
): Promise<void> {
  const isLive = phase.startsWith('live');
  const isOnce = phase.endsWith('once');
  const api = await faultyApi(t, fault);
  const { ledger, destination, ids } = await sceneOf(t, fault, api, isLive);
  const results: string[] = [];
  let moved: Promise<void> = Promise.resolve();

  await api.become(phase === 'after ambiguity' ? 'prelude' : 'ill');
  const deliver = async (maxOutageMs: number) =>
    deliverWith(ledger, destination, {
      run: await begin(ledger),
      clock: fault.clock?.() ?? systemClock,
      config: { maxOutageMs, maxAttempts: isOnce ? 20 : 3 },
      observer: {
        onAttempt({ result }) {
          results.push(result);
          if (results.length > 1) return;
          if (isOnce) moved = api.become('well');
          else if (phase === 'after ambiguity') moved = api.become('ill');
        },
      },
    });
  const endsByOutage = expected.stopReason === 'outage';
  const first = await deliver(endsByOutage ? BRIEF_OUTAGE_MS : LONG_OUTAGE_MS);
  await moved;

  assert.equal(first.stopReason, expected.stopReason);
  assert.doesNotMatch(first.stopDetail ?? '', new RegExp(SECRET));
  if (expected.stopReason === 'request-refused')
    assert.match(first.stopDetail ?? '', /proxy|certificate|URL|\d{3}/i);
  const none = { accepted: 0, failed: 0, unknown: 0, pending: 0 };
  assert.deepEqual(await ledger.counts(), { ...none, [expected.state]: ids.length });
  assert.equal(results[phase === 'after ambiguity' ? 1 : 0], fault.code);
  await assertAccountedFor();

  // The fault is over: the next run completes what may be sent (again), and only that.
  const sentBefore = api.requestCount();
  await api.become('well');
  if (!fault.isLasting) {
    const second = await deliver(LONG_OUTAGE_MS);
    assert.equal(second.stopReason, null);
    const isFinal = expected.state === 'failed' || (isLive && expected.state === 'unknown');
    assert.deepEqual(await ledger.counts(), { ...none, [isFinal ? expected.state : 'accepted']: ids.length });
    if (isFinal || expected.state === 'accepted') assert.equal(api.requestCount(), sentBefore, 'sent again');
    await assertAccountedFor();
  }
  assert.equal(api.elsewhereCount(), 0, 'another host heard of it');
  if (isLive) for (const times of api.taken.values()) assert.equal(times, 1, 'somebody got it twice');

  /** Accepted in the ledger ⊆ taken by the API ⊆ accepted or unknown in the ledger. */
  async function assertAccountedFor() {
    const idsIn = async (which: 'accepted' | 'unknown') =>
      (await rows(ledger.export(which))).map((row) => row.sourceUuid ?? '');
    const accepted = await idsIn('accepted');
    const known = new Set([...accepted, ...(await idsIn('unknown'))]);
    for (const id of accepted) assert.ok(api.taken.has(id), 'accepted, but never taken');
    for (const id of api.taken.keys()) assert.ok(known.has(id), 'taken, and not known');
  }
}

async function sceneOf(
  t: TestContext,
  { timeoutMs = 20_000, clock }: Fault,
  { baseUrl, route }: Awaited<ReturnType<typeof faultyApi>>,
  isLive: boolean,
) {
  const ids = isLive ? ['u-1'] : ['u-1', 'u-2'];
  const ledger = await openLedger({
    path: join(temporaryDirectory(t), 'ledger.db'),
    ...{ stream: 'matrix', destinationType: isLive ? 'mykaarma-text' : 'mykaarma-historical', baseUrl },
    ...{ keepPayloads: 'until-accepted', mode: 'create' },
  });
  t.after(() => ledger.close());
  const transport = {
    ...{ baseUrl, route, timeoutMs, username: 'u', password: SECRET, connections: 1 },
    ...(clock === undefined ? {} : { clock: clock() }),
  };
  const destination = isLive
    ? createMykaarmaText({ ...transport, maxBatchBytes: 1_000_000 })
    : createMykaarmaHistorical({ ...transport, limits: { maxBatchMessages: 10, maxBatchBytes: 1_000_000 } });
  t.after(() => destination.close());
  const records = ids.map((id, index) => {
    const staged = stagedMessage({ id, line: index + 2 });
    if (!isLive) return staged;
    return {
      ...staged,
      itemJson: JSON.stringify({ userUuid: 'user-1', messageAttributes: { body: id } }),
    };
  });
  await stage(ledger, await begin(ledger), records);
  return { ledger, destination, ids };
}
