/**
 * From words to an exit code: picks the command, reads its flags, runs it, and turns every error into one clear
 * message and one exit code.
 */
import { readFileSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { systemClock } from '../clock.ts';
import { BackhaulError, UsageError } from '../errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { createLog } from '../reporting/log.ts';
import { terminalText } from '../reporting/terminal-text.ts';
import { type CommandContext, type GlobalFlags, globalFlags } from './command.ts';
import { type Flags, parseFlags, yargsOption } from './flags.ts';
import { interruption } from './interruption.ts';
import { COMMANDS, type CommandEntry } from './registry.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** Runs the command that `words` name. Never throws. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  try {
    let exitCode: ExitCode = EXIT.done;
    const parser = createParser(async (entry, given) => {
      exitCode = await runCommand(entry, given);
    });
    await parser.parseAsync([...words]);
    return exitCode;
  } catch (error) {
    return report(error, words.includes('--json'));
  }
}

function createParser(run: (entry: CommandEntry, given: Arguments) => Promise<void>): Argv {
  const parser = yargs()
    .scriptName('backhaul')
    .usage('$0 <command> [flags]')
    .version(packageVersion())
    .help()
    .strict()
    .exitProcess(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
    })
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .fail((message, error) => {
      throw error ?? new UsageError(message, { code: 'BAD_COMMAND_LINE', fix: 'See `backhaul --help`.' });
    });
  const groups = new Map<string, [name: string, entry: CommandEntry][]>();
  for (const [words, entry] of Object.entries(COMMANDS)) {
    const [first, second] = words.split(' ') as [string, string?];
    if (second === undefined) addCommand(parser, first, entry, run);
    else groups.set(first, [...(groups.get(first) ?? []), [second, entry]]);
  }
  for (const [group, entries] of groups) {
    parser.command(
      group,
      `${entries.map(([name]) => name).join(', ')}: see \`${group} --help\``,
      (nested) => {
        for (const [name, entry] of entries) addCommand(nested, name, entry, run);
        return nested.demandCommand(1, `Name one of: ${entries.map(([name]) => name).join(', ')}.`);
      },
    );
  }
  return parser;
}

function addCommand(
  parser: Argv,
  name: string,
  entry: CommandEntry,
  run: (entry: CommandEntry, given: Arguments) => Promise<void>,
): void {
  parser.command(
    name,
    entry.describe,
    // yargs awaits builders; its types do not say so.
    (async (nested: Argv) => {
      const { flags, epilogue } = await entry.load();
      addFlags(addFlags(nested, flags, 'Flags:'), globalFlags, 'Global flags:');
      return epilogue === undefined ? nested : nested.epilogue(epilogue);
    }) as unknown as (nested: Argv) => Argv,
    (given) => run(entry, given),
  );
}

function addFlags(parser: Argv, flags: Flags, group: string): Argv {
  for (const [name, flag] of Object.entries(flags)) parser.option(name, { ...yargsOption(flag), group });
  return parser;
}

async function runCommand(entry: CommandEntry, given: Arguments): Promise<ExitCode> {
  const command = await entry.load();
  const flags = { ...parseFlags(globalFlags, given), ...parseFlags(command.flags, given) };
  const { signal, release } = interruption(process);
  try {
    return await command.run(flags, createContext(flags, signal));
  } finally {
    release();
  }
}

function createContext(flags: GlobalFlags, signal: AbortSignal): CommandContext {
  const { stdin, stdout, stderr, env } = process;
  const level = flags['log-level'] ?? (flags.quiet ? 'error' : 'info');
  return {
    cwd: process.cwd(),
    env,
    stdin,
    stdout,
    stderr,
    clock: systemClock,
    random: Math.random,
    log: createLog({ level, destination: stderr, pretty: stderr.isTTY === true }),
    signal,
  };
}

/** One error, said once: to people on standard error, with `--json` as the one document on standard output. */
function report(error: unknown, asJson: boolean): ExitCode {
  const known = error instanceof BackhaulError;
  const code = known ? error.code : 'UNEXPECTED';
  const message = error instanceof Error ? error.message : String(error);
  const fix = known ? error.fix : 'This is a defect of backhaul: please report it with the text above.';
  if (asJson) process.stdout.write(`${JSON.stringify({ error: { code, message, fix } })}\n`);
  process.stderr.write(`backhaul: ${terminalText(message)} (${code})\n${terminalText(fix)}\n`);
  if (!known && error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return exitCodeOf(error);
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
