import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { closeCheck, closeSummary, isBalanced, type RunFacts } from '../../src/pipeline/summary.ts';

const NOTHING_READ = {
  read: 0,
  new: 0,
  replaced: 0,
  unchanged: 0,
  duplicates: 0,
  conflicts: 0,
  skipped: 0,
  rejected: 0,
};

const CLEAN: RunFacts = {
  run: 12,
  stream: 'legacy-sms',
  startedAtMs: Date.UTC(2025, 0, 2, 3, 4, 5),
  endedAtMs: Date.UTC(2025, 0, 2, 3, 4, 13) + 123,
  records: { ...NOTHING_READ, read: 10, new: 9, skipped: 1 },
  skips: [{ reason: 'never delivered', count: 1 }],
  files: { read: 1, unchanged: 0, damaged: 0 },
  requests: { sent: 2, retried: 0, throttled: 0 },
  messages: { accepted: 9, failed: 0, unknown: 0, pending: 0 },
  stateCounts: {
    accepted: 9,
    failed: 0,
    unknown: 0,
    pending: 0,
    stored: 0,
    missing: 0,
    rejected: 0,
    conflict: 0,
  },
  newlyFailed: 0,
  newlyUnknown: 0,
  onConflict: 'reject',
  stopReason: null,
  signal: null,
};

/** A run that ended with these messages, and everything else clean. */
function holding(messages: Partial<RunFacts['messages']>, more: Partial<RunFacts> = {}): RunFacts {
  return {
    ...CLEAN,
    messages: { ...CLEAN.messages, ...messages },
    stateCounts: { ...CLEAN.stateCounts, ...messages },
    ...more,
  };
}

const ending = (facts: RunFacts) => {
  const { summary, exitCode } = closeSummary(facts);
  return [summary.status, summary.stopReason, exitCode];
};

test('the document is the one that callers rely on', () => {
  const { summary } = closeSummary(CLEAN);
  assert.deepEqual(Object.keys(summary), [
    'run',
    'stream',
    'status',
    'stopReason',
    'records',
    'skips',
    'files',
    'messages',
    'requests',
    'balanced',
    'startedAt',
    'durationMs',
  ]);
  assert.equal(summary.startedAt, '2025-01-02T03:04:05.000Z');
  assert.equal(summary.durationMs, 8_123);
});

test('all done is complete, exit 0', () => {
  assert.deepEqual(ending(CLEAN), ['complete', null, 0]);
});

test('failed, unknown or waiting messages and open rejects are incomplete, exit 3', () => {
  assert.deepEqual(ending(holding({ failed: 1 })), ['incomplete', null, 3]);
  assert.deepEqual(ending(holding({ unknown: 1 })), ['incomplete', null, 3]);
  assert.deepEqual(ending(holding({ pending: 1 })), ['incomplete', null, 3]);
  const rejects = { ...CLEAN.stateCounts, rejected: 1 };
  assert.deepEqual(ending({ ...CLEAN, stateCounts: rejects }), ['incomplete', null, 3]);
});

test('damaged files are incomplete; conflicts only when they are to be rejected', () => {
  assert.deepEqual(ending({ ...CLEAN, files: { read: 1, unchanged: 0, damaged: 1 } }), [
    'incomplete',
    null,
    3,
  ]);
  const records = { ...CLEAN.records, read: 11, conflicts: 1 };
  assert.deepEqual(ending({ ...CLEAN, records }), ['incomplete', null, 3]);
  assert.deepEqual(ending({ ...CLEAN, records, onConflict: 'keep-first' }), ['complete', null, 0]);
  assert.deepEqual(ending({ ...CLEAN, records, onConflict: 'replace' }), ['complete', null, 0]);
});

test('a limit that is reached is what was asked for: exit 0, whatever older trouble the stream holds', () => {
  const canary = holding({ pending: 90, failed: 5, unknown: 2 }, { stopReason: 'limit' });
  assert.deepEqual(ending(canary), ['complete', 'limit', 0]);
  assert.deepEqual(ending({ ...canary, newlyFailed: 1 }), ['incomplete', 'limit', 3]);
  assert.deepEqual(ending({ ...canary, newlyUnknown: 1 }), ['incomplete', 'limit', 3]);
});

test('any other reason to stop leaves work behind: exit 4, also when messages failed', () => {
  for (const stopReason of [
    'credentials-refused',
    'outage',
    'max-failures',
    'max-duration',
    'department-parked',
    'attempts-exhausted',
  ] as const) {
    assert.deepEqual(ending(holding({ pending: 1, failed: 1 }, { stopReason })), ['stopped', stopReason, 4]);
  }
});

test('a signal outranks everything: 130 for Ctrl-C, 143 for SIGTERM', () => {
  const facts = holding({ pending: 1, failed: 1 }, { stopReason: 'outage' });
  assert.deepEqual(ending({ ...facts, signal: 'SIGINT' }), ['interrupted', 'interrupted', 130]);
  assert.deepEqual(ending({ ...facts, signal: 'SIGTERM' }), ['interrupted', 'interrupted', 143]);
});

test('counts that do not add up are said, and never exit 0', () => {
  const lost = { ...CLEAN, records: { ...CLEAN.records, read: 11 } };
  assert.equal(closeSummary(lost).summary.balanced, false);
  assert.equal(closeSummary(lost).exitCode, 3);
  assert.equal(closeSummary({ ...lost, stopReason: 'limit' }).exitCode, 3);

  const leftSending = { ...CLEAN, messages: { ...CLEAN.messages, unknown: 1 } };
  assert.equal(closeSummary(leftSending).summary.balanced, false);
});

test('stored and missing messages are within accepted', () => {
  const facts = holding({}, { stateCounts: { ...CLEAN.stateCounts, accepted: 4, stored: 3, missing: 2 } });
  assert.equal(closeSummary(facts).summary.balanced, true);
});

test('records balance exactly when every one of them is in one place', () => {
  const counts = fc.record({
    new: fc.nat(),
    replaced: fc.nat(),
    unchanged: fc.nat(),
    duplicates: fc.nat(),
    conflicts: fc.nat(),
    skipped: fc.nat(),
    rejected: fc.nat(),
  });
  fc.assert(
    fc.property(counts, fc.integer({ min: -3, max: 3 }), (places, off) => {
      const sum = Object.values(places).reduce((total, count) => total + count, 0);
      assert.equal(isBalanced({ ...places, read: sum + off }), off === 0);
    }),
  );
});

test('check ends with 0 or 3, by what it read alone', () => {
  const facts = {
    ...CLEAN,
    plan: { batches: 1, requests: 1, customers: 1, departments: 1, minimumDurationMs: 0 },
    rejects: [],
    breakdown: { departments: [], types: [], days: [] },
    codes: [],
  };
  const { summary, exitCode } = closeCheck(facts);
  assert.equal(exitCode, 0);
  assert.ok(!('messages' in summary) && !('requests' in summary));
  const rejected = { ...CLEAN.records, read: 11, rejected: 1 };
  assert.equal(closeCheck({ ...facts, records: rejected }).exitCode, 3);
  assert.equal(closeCheck({ ...facts, files: { read: 1, unchanged: 0, damaged: 1 } }).exitCode, 3);
  assert.equal(closeCheck({ ...facts, signal: 'SIGINT' }).exitCode, 130);
});
