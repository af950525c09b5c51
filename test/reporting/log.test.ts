import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackhaulError, DamagedInputError, UsageError } from '../../src/errors.ts';
import { createLog, type Log, type LogLevel } from '../../src/reporting/log.ts';

function logged(use: (log: Log) => void, { pretty = false, level = 'info' as LogLevel } = {}): string {
  let output = '';
  use(
    createLog({
      level,
      pretty,
      destination: {
        write: (text: string) => {
          output += text;
        },
      },
    }),
  );
  return output;
}

const parsed = (output: string) =>
  output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('machines get one JSON document a line: level by name, time in UTC, no host or pid', () => {
  const [line, ...rest] = parsed(
    logged((log) => log.info({ customers: 3, dry: true, none: null }, 'begins\nnow')),
  );
  const { time, ...fields } = line as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(fields, { level: 'info', customers: 3, dry: true, none: null, msg: 'begins\nnow' });
  assert.deepEqual(rest, []);
});

test('people get one short line', () => {
  const output = logged((log) => log.warn({ delayMs: 2_000 }, 'the API asks to wait'), { pretty: true });
  assert.match(output, /^\d\d:\d\d:\d\d warn {2}the API asks to wait delayMs=2000\n$/);
});

test('lines below the level are not written; silent writes none', () => {
  assert.equal(
    logged((log) => log.debug('x')),
    '',
  );
  assert.notEqual(
    logged((log) => log.trace('x'), { level: 'trace' }),
    '',
  );
  assert.equal(
    logged((log) => log.error('x'), { level: 'silent' }),
    '',
  );
});

test('nested values are left out, wherever they hide', () => {
  const record = { body: 'secret words' } as unknown as string;
  for (const pretty of [false, true]) {
    const output = logged(
      (log) => {
        log.info({ record }, 'a');
        log.info({ err: record }, 'b');
        log.info({ list: ['secret words'] as unknown as string }, 'c');
        (log.info as (...args: unknown[]) => void)({ record: new Map([['secret words', 1]]) }, 'd');
      },
      { pretty },
    );
    assert.doesNotMatch(output, /secret words/);
    assert.equal(output.trimEnd().split('\n').length, 4);
  }
});

test('our errors say code, message and fix, and no stack or cause', () => {
  const details = { code: 'CODE', fix: 'Do it.', cause: new Error('secret words') };
  for (const error of [
    new UsageError('wrong', details),
    new BackhaulError('stopped', 'wrong', details),
    new DamagedInputError('wrong', { ...details, file: 'a.csv' }),
  ]) {
    const [line] = parsed(logged((log) => log.error({ err: error }, 'failed')));
    assert.deepEqual(line?.err, { code: 'CODE', message: 'wrong', fix: 'Do it.' });
  }
  const people = logged((log) => log.error({ err: new UsageError('wrong', details) }, 'failed'), {
    pretty: true,
  });
  assert.match(people, /error failed\n +wrong \(CODE\)\n +Do it\.\n$/);
});

test('other errors are defects and keep their stack, but not what a parser quotes', () => {
  const [line] = parsed(logged((log) => log.error({ err: new TypeError('oops') }, 'failed')));
  const error = line?.err as { message: string; stack: string };
  assert.equal(error.message, 'TypeError: oops');
  assert.match(error.stack, /log\.test\.ts/);

  const quoting = logged((log) => {
    try {
      JSON.parse('secret words');
    } catch (cause) {
      log.error({ err: cause as Error }, 'failed');
    }
  });
  assert.doesNotMatch(quoting, /secret|"s"/);
});

test('nothing logged can drive a terminal', () => {
  const hostile = '\x1b[2J\x07\u009b31m\u202e';
  const output = logged((log) => log.info({ file: hostile, err: new Error(hostile) }, hostile), {
    pretty: true,
  });
  assert.doesNotMatch(output.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
});
