import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLog } from '../../src/reporting/log.ts';
import { createProgress } from '../../src/reporting/progress.ts';

/** What a terminal is to a progress bar: a stream that says so, and how wide it is. */
class Terminal extends Writable {
  readonly isTTY: boolean;
  readonly columns = 100;
  written = '';
  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }
  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString();
    done();
  }
}

function setUp({ isTTY = false, enabled = true } = {}) {
  const terminal = new Terminal(isTTY);
  let nowMs = 0;
  const lines: { fields: Record<string, unknown>; words: string }[] = [];
  const progress = createProgress({
    stream: terminal as unknown as NodeJS.WriteStream,
    enabled,
    clock: { monotonicMs: () => nowMs },
    log: {
      info: (fields: unknown, words?: string) => {
        lines.push({ fields: fields as Record<string, unknown>, words: words ?? '' });
      },
    },
  });
  return {
    terminal,
    progress,
    lines,
    pass: (delayMs: number) => {
      nowMs += delayMs;
    },
  };
}

test('without a terminal nothing is drawn: a log line every five seconds and at the end of each phase', () => {
  const { terminal, progress, lines, pass } = setUp();
  for (let second = 1; second <= 12; second += 1) {
    pass(1_000);
    progress.staging({ bytes: second * 1_000, totalBytes: 20_000, records: second * 10, rejected: 1 });
  }
  progress.delivering({ messages: 0, totalMessages: 100, failed: 0, unknown: 0 });
  pass(2_000);
  progress.delivering({ messages: 100, totalMessages: 100, failed: 3, unknown: 0 });
  progress.stop();
  progress.stop();

  assert.equal(terminal.written, '');
  assert.deepEqual(
    lines.map(({ words }) => words),
    [
      'reading 30 %, 6.0 kB of 20 kB, 60 records, 1 rejected, 14 s left',
      'reading 55 %, 11 kB of 20 kB, 110 records, 1 rejected, 9 s left',
      'reading 60 %, 12 kB of 20 kB, 120 records, 1 rejected, 8 s left',
      'delivering 100 %, 100 of 100 messages, 50/s, 3 failed',
    ],
  );
  assert.deepEqual(lines[3]?.fields, {
    phase: 'delivering',
    messages: 100,
    totalMessages: 100,
    failed: 3,
    unknown: 0,
    perSecond: 50,
  });
});

test('of inputs whose size is not known, what is read is told without a share', () => {
  const { progress, lines } = setUp();
  progress.staging({ bytes: 1_500, totalBytes: null, records: 7, rejected: 0 });
  progress.stop();
  assert.equal(lines[0]?.words, 'reading, 1.5 kB, 7 records');
});

test('the time that is left follows the recent rate, not an outage long ago', () => {
  const { progress, lines, pass } = setUp();
  progress.delivering({ messages: 0, totalMessages: 1_000, failed: 0, unknown: 0 });
  pass(600_000);
  for (let second = 1; second <= 60; second += 1) {
    pass(1_000);
    progress.delivering({ messages: second * 10, totalMessages: 1_000, failed: 0, unknown: 0 });
  }
  progress.stop();
  assert.match(lines.at(-1)?.words ?? '', /10\/s, 40 s left$/);
});

test('when it is switched off, nothing is drawn or logged', () => {
  for (const isTTY of [true, false]) {
    const { terminal, progress, lines, pass } = setUp({ isTTY, enabled: false });
    progress.staging({ bytes: 1, totalBytes: 2, records: 1, rejected: 0 });
    pass(10_000);
    progress.delivering({ messages: 1, totalMessages: 2, failed: 0, unknown: 0 });
    progress.stop();
    assert.equal(terminal.written, '');
    assert.deepEqual(lines, []);
  }
});

test('on a terminal a bar is drawn, log lines stand above it, and the terminal is left as it was', () => {
  const { terminal, progress, lines } = setUp({ isTTY: true });
  progress.delivering({ messages: 50, totalMessages: 100, failed: 0, unknown: 0 });
  createLog({ level: 'info', pretty: true, destination: terminal }).info('a line of the log');
  assert.match(terminal.written, /\[={12} {12}\] delivering 50 %, 50 of 100 messages/);
  assert.match(terminal.written, /a line of the log\n/);
  assert.ok(terminal.written.lastIndexOf('delivering 50 %') > terminal.written.indexOf('a line of the log'));

  progress.stop();
  assert.equal(terminal.written.split('\x1b[?7l').length, terminal.written.split('\x1b[?7h').length);
  const length = terminal.written.length;
  createLog({ level: 'info', pretty: true, destination: terminal }).info('after');
  assert.match(terminal.written.slice(length), /^\d\d:\d\d:\d\d info {2}after\n$/);
  assert.deepEqual(lines, []);
});

test('a bar neither keeps the process alive nor leaves the terminal changed when the process just ends', () => {
  const module = (path: string) =>
    JSON.stringify(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)));
  const script = `
    import { createProgress } from ${module('reporting/progress.ts')};
    import { systemClock } from ${module('clock.ts')};
    process.stderr.isTTY = true;
    const progress = createProgress({ stream: process.stderr, enabled: true, clock: systemClock, log: { info() {} } });
    progress.staging({ bytes: 5, totalBytes: 10, records: 1, rejected: 0 });
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  assert.equal(status, 0);
  assert.ok(stderr.includes('\x1b[?7l'), 'a bar was drawn');
  assert.ok(stderr.lastIndexOf('\x1b[?7h') > stderr.lastIndexOf('\x1b[?7l'));
});
