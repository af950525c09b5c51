import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { WriteStream } from 'node:tty';
import {
  type CheckSummary,
  STOP_REASONS,
  type StopReason,
  type Summary,
} from '../../src/pipeline/summary.ts';
import { checkText } from '../../src/reporting/check-text.ts';
import { type NextStepFacts, nextSteps } from '../../src/reporting/next-steps.ts';
import { paintFor } from '../../src/reporting/paint.ts';
import { statusText } from '../../src/reporting/status-text.ts';
import { summaryText } from '../../src/reporting/summary-text.ts';

const CLEAN: Summary = {
  run: 12,
  stream: 'legacy-sms',
  status: 'complete',
  stopReason: null,
  records: {
    read: 1_000,
    new: 996,
    replaced: 0,
    unchanged: 0,
    duplicates: 0,
    conflicts: 0,
    skipped: 4,
    rejected: 0,
  },
  skips: [
    { reason: 'never delivered', count: 3 },
    { reason: 'superseded', count: 1 },
  ],
  files: { read: 3, unchanged: 0, damaged: 0 },
  messages: { accepted: 996, failed: 0, unknown: 0, pending: 0 },
  requests: { sent: 41, retried: 0, throttled: 0 },
  balanced: true,
  startedAt: '2025-01-02T03:04:05.000Z',
  durationMs: 8_123,
};

const NEXT: NextStepFacts = { resendUnknown: true, isLive: false, exportFormat: 'csv', flags: [] };

const commands = (summary: Partial<Summary>, openRejects = 0, next = NEXT) =>
  nextSteps({ ...CLEAN, ...summary }, openRejects, next).map(({ command }) => command);

test('when all is done, nothing is left to do', () => {
  assert.deepEqual(commands({}), []);
  assert.match(
    summaryText(CLEAN, { codes: [], openRejects: 0, next: NEXT }),
    /^Run 12 of legacy-sms: complete after 8 s\n[\s\S]*Nothing is left to do\.\n$/,
  );
});

test('rejects are exported, corrected and fed back', () => {
  assert.deepEqual(commands({}, 2), [
    'backhaul export --state rejected -o rejects.csv',
    'backhaul run --input rejects.csv',
  ]);
  assert.deepEqual(
    commands({}, 2, { ...NEXT, exportFormat: 'ndjson' })[1],
    'backhaul run --input rejects.ndjson',
  );
});

test('failed messages are looked at, then sent again', () => {
  assert.deepEqual(commands({ messages: { ...CLEAN.messages, failed: 4 } }), [
    'backhaul export --state failed -o failed.csv',
    'backhaul retry',
  ]);
});

test('unknown messages are sent again by the next run, or by retry where resending is switched off', () => {
  const messages = { ...CLEAN.messages, unknown: 1 };
  assert.deepEqual(commands({ messages }), ['backhaul run', 'backhaul resolve --as accepted']);
  assert.equal(commands({ messages }, 0, { ...NEXT, resendUnknown: false })[0], 'backhaul retry --unknown');
});

test('what sends to people says so, and nobody is told to send unknown live messages again in bulk', () => {
  const live = { ...NEXT, isLive: true };
  const messages = { ...CLEAN.messages, failed: 1, unknown: 1, pending: 1 };
  assert.deepEqual(commands({ messages }, 1, live), [
    'backhaul run --live',
    'backhaul export --state rejected -o rejects.csv',
    'backhaul run --input rejects.csv --live',
    'backhaul export --state failed -o failed.csv',
    'backhaul retry --live',
    'backhaul export --state unknown -o unknown.csv',
    null,
  ]);
});

test('a run that stopped goes on with run, once its cause is gone', () => {
  const stopped = { status: 'stopped', messages: { ...CLEAN.messages, pending: 5 } } as const;
  assert.deepEqual(commands({ ...stopped, stopReason: 'credentials-refused' }), [null, 'backhaul run']);
  assert.deepEqual(commands({ ...stopped, stopReason: 'limit' }), ['backhaul run']);
  assert.deepEqual(commands({ status: 'interrupted', stopReason: 'interrupted' }), ['backhaul run']);
});

test('the next command carries the flags of this one, quoted for a shell', () => {
  const flags = ['-c', "it's mine.json"];
  assert.deepEqual(commands({ messages: { ...CLEAN.messages, pending: 1 } }, 0, { ...NEXT, flags }), [
    `backhaul run -c 'it'\\''s mine.json'`,
  ]);
});

test('a rehearsal has nothing to go on with', () => {
  const text = summaryText(
    { ...CLEAN, messages: { ...CLEAN.messages, failed: 1 } },
    { codes: [], openRejects: 0, next: null },
  );
  assert.doesNotMatch(text, /Next|Nothing is left/);
});

test('the text tells every count that is not nothing, every code with a place, and why the run stopped', () => {
  const text = summaryText(
    {
      ...CLEAN,
      status: 'stopped',
      stopReason: 'outage',
      records: { ...CLEAN.records, read: 1_006, duplicates: 3, conflicts: 1, rejected: 2 },
      files: { read: 3, unchanged: 5, damaged: 1 },
      messages: { accepted: 990, failed: 4, unknown: 1, pending: 1 },
      requests: { sent: 41, retried: 2, throttled: 1 },
    },
    {
      codes: [
        {
          state: 'rejected',
          code: 'TIME_UNREADABLE',
          field: 'sentOn',
          count: 2,
          examples: ['b\x1b.csv:2', 'a.csv:17'],
        },
        { state: 'failed', code: 'HTTP_404', field: null, count: 4, examples: ['a.csv:9'] },
      ],
      openRejects: 2,
      next: NEXT,
    },
  );
  for (const expected of [
    /stopped after 8 s\n {2}the API was unavailable .*\(outage\)/,
    /records read +1,006/,
    /duplicates +3/,
    /conflicts +1/,
    /skipped +4\n +never delivered +3\n +superseded +1\n/,
    /rejected +2/,
    /files unchanged, not read again +5/,
    /files damaged +1/,
    /accepted +990/,
    /pending +1/,
    /repeated +2/,
    /throttled by the API +1/,
    /rejected +TIME_UNREADABLE +sentOn +2 +b\\x1b\.csv:2, …/,
    /failed +HTTP_404 +4 +a\.csv:9/,
  ]) {
    assert.match(text, expected);
  }
  assert.doesNotMatch(text, /replaced/);
});

test('every reason to stop has words', () => {
  for (const [name, words] of Object.entries(STOP_REASONS)) {
    const stopReason = name as StopReason;
    if (stopReason === 'interrupted') continue;
    const text = summaryText(
      { ...CLEAN, status: 'stopped', stopReason },
      { codes: [], openRejects: 0, next: NEXT },
    );
    assert.ok(text.includes(`${words} (${stopReason})`), stopReason);
  }
});

test('counts that do not add up are the first thing said', () => {
  const text = summaryText({ ...CLEAN, balanced: false }, { codes: [], openRejects: 0, next: NEXT });
  assert.match(text.split('\n')[1] as string, /do not add up/);
});

test('colours go to terminals only, and not where NO_COLOR is set', (t) => {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  process.env = { TERM: 'xterm-256color' };
  const { getColorDepth } = WriteStream.prototype;
  const terminal = Object.assign(new PassThrough(), { isTTY: true, getColorDepth });
  const textOn = (stream: PassThrough) =>
    summaryText(CLEAN, { codes: [], openRejects: 0, next: NEXT, paint: paintFor(stream) });

  assert.ok(textOn(terminal).includes('\x1b['));
  assert.ok(!textOn(new PassThrough()).includes('\x1b'));
  process.env = { TERM: 'xterm-256color', NO_COLOR: '1' };
  assert.ok(!textOn(terminal).includes('\x1b'));
});

const CHECK: CheckSummary = {
  run: 1,
  stream: 'legacy-sms',
  status: 'incomplete',
  stopReason: null,
  records: { ...CLEAN.records, rejected: 2, read: 1_002 },
  skips: [{ reason: 'never delivered', count: 4 }],
  files: CLEAN.files,
  plan: { batches: 41, requests: 41, customers: 250, departments: 2, minimumDurationMs: 8_000 },
  rejects: [{ code: 'NOT_IN_LIST', field: 'messageAttributes.type', count: 2, examples: ['a.csv:3'] }],
  breakdown: {
    departments: Array.from({ length: 25 }, (_, index) => ({ departmentUuid: `d-${index}`, messages: 2 })),
    types: [{ type: 'INCOMING', messages: 500 }],
    days: [
      { day: '2025-01-31', messages: 3 },
      { day: '2025-02-01', messages: 4 },
    ],
  },
  balanced: true,
  startedAt: CLEAN.startedAt,
  durationMs: 900,
};

test('check shows what there is, by department, type and day, the rejects, and what delivery would take', () => {
  const text = checkText(CHECK, { flags: ['-c', 'x.json'] });
  for (const expected of [
    /nothing sent: incomplete/,
    /d-0 +2\n/,
    /5 other departments +10\n/,
    /INCOMING +500/,
    /Messages by day \(UTC\)\n {2}2025-01-31 +3\n {2}2025-02-01 +4\n/,
    /NOT_IN_LIST +messageAttributes\.type +2 +a\.csv:3/,
    /41 requests for 250 customers in 2 departments: at least 8 s at the configured rate/,
    /backhaul preview -c x\.json/,
    /backhaul run --limit 10 -c x\.json/,
  ]) {
    assert.match(text, expected);
  }
});

test('many days are summed up by month, many months by year', () => {
  const days = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      day: new Date(Date.UTC(2020, 0, 1 + index)).toISOString().slice(0, 10),
      messages: 1,
    }));
  const textOf = (count: number) =>
    checkText({ ...CHECK, breakdown: { ...CHECK.breakdown, days: days(count) } });
  assert.match(textOf(60), /by month \(UTC\)\n {2}2020-01 +31\n {2}2020-02 +29\n\n/);
  assert.match(textOf(366 + 365 + 365), /by year \(UTC\)\n {2}2020 +366\n {2}2021 +365\n {2}2022 +365\n\n/);
});

test('when there is nothing to send, check does not suggest to', () => {
  const plan = { batches: 0, requests: 0, customers: 0, departments: 0, minimumDurationMs: 0 };
  const text = checkText({ ...CHECK, plan });
  assert.match(text, /nothing new to send/);
  assert.doesNotMatch(text, /run --limit/);
});

test('status shows messages, open rejects, codes and the latest runs', () => {
  const text = statusText({
    stream: 'legacy-sms',
    ledger: '/data/backhaul.db',
    messages: { accepted: 9, failed: 1, unknown: 0, pending: 0 },
    states: {
      accepted: 4,
      stored: 5,
      missing: 0,
      failed: 1,
      unknown: 0,
      pending: 0,
      rejected: 2,
      conflict: 1,
    },
    codes: [{ state: 'failed', code: 'HTTP_404', field: null, count: 1, examples: [] }],
    runs: [{ run: 3, command: 'run', status: 'running', startedAt: CLEAN.startedAt, endedAt: null }],
  });
  for (const expected of [
    /^legacy-sms in \/data\/backhaul\.db\n/,
    /accepted +9/,
    /of these stored +5/,
    /open rejects +2/,
    /conflicts +1/,
    /HTTP_404/,
    /3 +run +running +2025-/,
  ]) {
    assert.match(text, expected);
  }
  assert.doesNotMatch(text, /missing/);
});
