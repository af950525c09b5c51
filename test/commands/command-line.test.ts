import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readCommandLine } from '../../src/commands/command-line.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { UsageError } from '../../src/errors.ts';
import { backhaul } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function flagsOf(...words: string[]): Promise<Record<string, unknown>> {
  const line = await readCommandLine(words);
  assert.ok('flags' in line, 'a command, not help');
  return line.flags;
}

async function problemOf(...words: string[]): Promise<UsageError> {
  const problem = await readCommandLine(words).then(
    () => assert.fail(`${words.join(' ')} is accepted`),
    (error: unknown) => error,
  );
  assert.ok(problem instanceof UsageError, String(problem));
  return problem;
}

test('help goes to standard output and names every command', async (t) => {
  const { exitCode, stdout, stderr } = await backhaul(['--help'], { cwd: temporaryDirectory(t) });
  assert.equal(exitCode, 0);
  assert.equal(stderr, '');
  for (const name of Object.keys(COMMANDS))
    assert.ok(stdout.includes(name.split(' ').at(-1) as string), name);
});

for (const name of Object.keys(COMMANDS)) {
  test(`${name} --help shows each of its flags`, async () => {
    const line = await readCommandLine([...name.split(' '), '--help']);
    assert.ok('text' in line);
    const { flags } = await (COMMANDS[name] as (typeof COMMANDS)[string]).load();
    for (const flag of [...Object.keys(flags), 'config', 'json', 'help']) {
      assert.ok(line.text.includes(`--${flag}`), flag);
    }
  });
}

test('the version is the package’s', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const { exitCode, stdout } = await backhaul(['--version'], { cwd: temporaryDirectory(t) });
  assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: `${version}\n` });
});

test('a command that does not exist is exit 2, with the likely one', async (t) => {
  const { exitCode, stdout, stderr } = await backhaul(['statsu'], { cwd: temporaryDirectory(t) });
  assert.equal(exitCode, 2);
  assert.equal(stdout, '');
  assert.equal(stderr, 'backhaul: there is no command statsu (UNKNOWN_COMMAND)\nDid you mean status?\n');
  const inGroup = Object.keys(COMMANDS).filter((name) => name.startsWith('ledger '));
  assert.equal((await problemOf('ledger', 'chek')).fix, `There are: ${inGroup.join(', ')}.`);
  assert.equal((await problemOf('simulat', 'check')).fix, 'Did you mean simulate?');
  assert.equal((await problemOf('ledger')).fix, `There are: ${inGroup.join(', ')}.`);
  assert.equal((await problemOf('frobnicate')).fix, 'See `backhaul --help`.');
  assert.match((await problemOf()).message, /a command is missing/);
});

test('a flag that does not exist is exit 2, with the likely one', async (t) => {
  const { exitCode, stdout, stderr } = await backhaul(['run', '--limt', '3'], { cwd: temporaryDirectory(t) });
  assert.equal(exitCode, 2);
  assert.equal(stdout, '');
  assert.equal(stderr, 'backhaul: run has no flag --limt (BAD_FLAG)\nDid you mean --limit?\n');
  assert.match((await problemOf('run', '-x')).message, /run has no flag -x/);
  assert.match((await problemOf('check', '--limit', '3')).message, /check has no flag --limit/);
  assert.equal((await problemOf('status', '--frobnicate')).fix, 'See `backhaul status --help`.');
  assert.match((await problemOf('run', '--set.a=1')).message, /no flag --set\.a/);
});

for (const [title, words, message] of [
  ['a number that is none', 'run --limit abc', /--limit must be a whole number/],
  ['a broken number', 'run --limit 1.5', /--limit must be a whole number/],
  ['a negative number', 'run --limit -5', /--limit must be a whole number/],
  ['a number too small', 'run --limit 0', /--limit must be at least 1/],
  ['a number without end', 'run --limit 99999999999999999999', /--limit must be a whole number/],
  ['a duration without unit', 'run --max-duration 30', /--max-duration must be a duration such as/],
  ['no time at all', 'run --max-duration 0s', /--max-duration must be a duration such as/],
  ['a choice outside its list', 'run --log-level loud', /--log-level must be one of trace, debug/],
  ['a flag given twice', 'run --limit 3 --limit 4', /--limit is given more than once/],
  ['a configuration given twice', 'run -c a.json --config b.json', /--config is given more than once/],
  ['a value left out at the end', 'run --limit', /--limit needs a value/],
  ['a value left out in between', 'run --config --json', /--config needs a value/],
  ['an empty value', 'run --config=', /--config needs a value/],
  ['a value denied', 'run --no-limit', /--limit needs a value/],
  ['an override left out', 'run --set', /--set needs a value/],
  ['a further word', 'run --input a.csv b.csv', /run takes flags only, but was given b\.csv/],
  ['words after --', 'run -- --json', /run takes flags only/],
] as const) {
  test(`${title} is refused: ${words}`, async () => {
    const problem = await problemOf(...words.split(' '));
    assert.equal(problem.code, 'BAD_FLAG');
    assert.match(problem.message, message);
  });
}

test('all problems of a command line are told at once', async () => {
  const { message } = await problemOf('run', '--limit', 'x', '--max-duration', 'y', '--log-level', 'z');
  for (const flag of ['--limit', '--max-duration', '--log-level']) assert.ok(message.includes(flag), flag);
});

test('global flags may stand before the command', async () => {
  const flags = await flagsOf('--json', '-c', 'other.json', 'run', '--limit', '007');
  assert.equal(flags.json, true);
  assert.equal(flags.config, 'other.json');
  assert.equal(flags.limit, 7);
});

test('a repeatable flag takes one value each time', async () => {
  const { set, input } = await flagsOf('run', '--set', 'a=1', '--set=b=2', '--input', '-', '--input=a.csv');
  assert.deepEqual(set, ['a=1', 'b=2']);
  assert.deepEqual(input, ['-', 'a.csv']);
});

test('values are taken as they are written', async () => {
  const { set, customer } = await flagsOf(
    'retry',
    '--set',
    'x=0123',
    '--customer',
    '007',
    '--customer',
    '1e3',
  );
  assert.deepEqual(set, ['x=0123']);
  assert.deepEqual(customer, ['007', '1e3']);
});

test('what is not given has its default', async () => {
  const flags = await flagsOf('run');
  assert.equal(flags.progress, true);
  assert.equal(flags.json, false);
  assert.deepEqual(flags.set, []);
  assert.equal(flags.limit, undefined);
  assert.equal((await flagsOf('run', '--no-progress')).progress, false);
});
