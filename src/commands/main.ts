/** From words to an exit code: reads the command line, runs the command, and tells every error once. */
import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { CommandContext, GlobalFlags } from './command.ts';
import { readCommandLine } from './command-line.ts';
import { interruption } from './interruption.ts';
import { reportError } from './report-error.ts';

/** Runs the command that `words` name. Never throws. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  const { hasTold } = watchOutputs();
  try {
    const line = await readCommandLine(words);
    if ('text' in line) {
      process.stdout.write(line.text);
      return EXIT.done;
    }
    const { command, flags } = line;
    const { signal, release } = interruption(process, { orderly: command.watchesSignal === true });
    try {
      return await command.run(flags, await createContext(flags, signal));
    } finally {
      release();
    }
  } catch (error) {
    if (hasTold(error)) return EXIT.usage;
    return reportError(error, { asJson: words.some((word) => /^--json(=true)?$/.test(word)) });
  }
}

/**
 * Whoever reads our output may leave early (`| head`): the work goes on all the same, its result is in the ledger. A
 * result that cannot be written for another reason must not pass for one that was.
 */
function watchOutputs(): { hasTold(error: unknown): boolean } {
  let told: NodeJS.ErrnoException | null = null;
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || told !== null) return;
    told = error;
    reportError(outputUnwritable(error), { asJson: false });
    process.once('exit', () => {
      process.exitCode = EXIT.usage;
    });
  });
  return { hasTold: (error) => error !== null && error === told };
}

function outputUnwritable(cause: NodeJS.ErrnoException): UsageError {
  return new UsageError(`standard output cannot be written (${cause.code})`, {
    code: 'OUTPUT_UNWRITABLE',
    fix: 'Send it where there is room. What the command did stands; `backhaul status` shows it.',
    cause,
  });
}

async function createContext(flags: GlobalFlags, signal: AbortSignal): Promise<CommandContext> {
  // Not needed for help and for errors in the command line, which should come at once.
  const { createLog } = await import('../reporting/log.ts');
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
