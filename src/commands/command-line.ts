/** Reads the words of the command line: which command, with which flags, or which help to print. */
import { readFileSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import { nearest } from '../messages/suggest.ts';
import { type Command, type GlobalFlags, globalFlags } from './command.ts';
import { type Flags, type FlagValues, readFlags, yargsOption } from './flags.ts';
import { COMMANDS, type CommandEntry } from './registry.ts';

type Given = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

export type CommandLine =
  /** Help or version, to be printed. */
  { readonly text: string } | { readonly command: Command; readonly flags: FlagValues<Flags> & GlobalFlags };

/** @throws {UsageError} when there is no such command or flag, or a flag's value does not fit. */
export async function readCommandLine(words: readonly string[]): Promise<CommandLine> {
  let named: { readonly name: string; readonly command: Command; readonly given: Given } | null = null;
  const parser = createParser(async (name, entry, given) => {
    named = { name, command: await entry.load(), given };
  });
  const { given, output } = await parse(parser, words);
  if (output !== '') return { text: `${output}\n` };
  if (named === null) throw unknownCommand(given._.map(String));
  return choose(named);
}

function choose({ name, command, given }: { name: string; command: Command; given: Given }): CommandLine {
  const known = { ...command.flags, ...globalFlags };
  refuseUnknownFlags(name, given, Object.keys(known));
  refuseFurtherWords(name, given);
  const flags = readFlags(known, given);
  return { command, flags: flags as FlagValues<Flags> & GlobalFlags };
}

/** Instead of printing, yargs hands over what it would print. */
async function parse(parser: Argv, words: readonly string[]): Promise<{ given: Given; output: string }> {
  let output = '';
  try {
    const given = await parser.parseAsync([...words], {}, (_error, _given, text) => {
      output = text;
    });
    return { given, output };
  } catch (error) {
    if ((error as Error).name !== 'YError') throw error;
    const [, flag] = /following: (\S+)/.exec((error as Error).message) ?? [];
    throw badFlag(flag === undefined ? (error as Error).message : `${dashed(flag)} needs a value`);
  }
}

type OnNamed = (name: string, entry: CommandEntry, given: Given) => Promise<void>;

function createParser(onNamed: OnNamed): Argv {
  const parser = yargs()
    .scriptName('backhaul')
    .usage('$0 <command> [flags]')
    .version(packageVersion())
    .help()
    .group(['help', 'version'], 'Global flags:')
    .epilogue('`backhaul <command> --help` shows its flags.')
    .exitProcess(false)
    .fail(false)
    .detectLocale(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    // Words are only split here; flags.ts says what they mean.
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'short-option-groups': false,
      'strip-aliased': true,
    });
  addFlags(parser, globalFlags, 'Global flags:');
  const groups = new Map<string, [name: string, entry: CommandEntry][]>();
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const [group, inner] = name.split(' ') as [string, string?];
    if (inner === undefined) addCommand(parser, name, entry, onNamed);
    else groups.set(group, [...(groups.get(group) ?? []), [name, entry]]);
  }
  for (const [group, entries] of groups) {
    const inner = entries.map(([name]) => name.slice(group.length + 1));
    parser.command(group, `${inner.join(', ')}: see \`${group} --help\``, (nested) => {
      for (const [name, entry] of entries) addCommand(nested, name, entry, onNamed);
      return nested;
    });
  }
  return parser;
}

function addCommand(parser: Argv, name: string, entry: CommandEntry, onNamed: OnNamed): void {
  parser.command(
    name.split(' ').at(-1) as string,
    entry.describe,
    // yargs awaits builders; its types do not say so.
    (async (nested: Argv) => {
      const { flags, epilogue } = await entry.load();
      return addFlags(nested, flags, 'Flags:').epilogue(epilogue ?? '');
    }) as unknown as (nested: Argv) => Argv,
    (given) => onNamed(name, entry, given),
  );
}

function addFlags(parser: Argv, flags: Flags, group: string): Argv {
  for (const [name, flag] of Object.entries(flags)) parser.option(name, { ...yargsOption(flag), group });
  return parser;
}

function unknownCommand(words: readonly string[]): UsageError {
  const names = Object.keys(COMMANDS);
  const name = words.join(' ');
  const inGroup = names.filter((known) => known.startsWith(`${words[0]} `));
  const guess = nearest(name, names) ?? nearest(words[0] ?? '', names);
  return new UsageError(name === '' ? 'a command is missing' : `there is no command ${name}`, {
    code: 'UNKNOWN_COMMAND',
    fix:
      inGroup.length > 0
        ? `There are: ${inGroup.join(', ')}.`
        : guess === null
          ? 'See `backhaul --help`.'
          : `Did you mean ${guess}?`,
  });
}

function refuseUnknownFlags(command: string, given: Given, known: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => name !== '_' && name !== '$0' && !known.includes(name));
  const [first] = unknown;
  if (first === undefined) return;
  const guess = nearest(first, known);
  throw badFlag(
    `${command} has no flag ${unknown.map(dashed).join(', ')}`,
    guess === null ? `See \`backhaul ${command} --help\`.` : `Did you mean ${dashed(guess)}?`,
  );
}

function refuseFurtherWords(command: string, given: Given): void {
  const further = given._.slice(command.split(' ').length);
  if (further.length === 0) return;
  throw badFlag(
    `${command} takes flags only, but was given ${further.join(' ')}`,
    "Quote globs, so that the shell leaves them alone (--input 'exports/*.csv'); repeat a flag for each further value.",
  );
}

function badFlag(message: string, fix = 'See `backhaul <command> --help`.'): UsageError {
  return new UsageError(message, { code: 'BAD_FLAG', fix });
}

function dashed(flag: string): string {
  return flag.length === 1 ? `-${flag}` : `--${flag}`;
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
