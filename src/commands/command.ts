/**
 * What a command is: its flags, and a function that does the work and says how the process ends. Commands compose
 * the parts; they hold no rules of their own.
 */
import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Log } from '../reporting/log.ts';
import { choice, type Flags, type FlagValues, list, onOff, onUnlessNot, text } from './flags.ts';

/** Flags that every command takes. */
export const globalFlags = {
  config: text({ alias: 'c', describe: 'Configuration file (default: pipeline.config.json)' }),
  ledger: text({ describe: 'Ledger file, instead of the configured one' }),
  set: list({ describe: 'Override one configuration value, path=value; repeatable' }),
  input: list({ describe: 'Read these files instead of source.files; a glob; repeatable' }),
  json: onOff({ describe: 'Print the result as one JSON document' }),
  quiet: onOff({ describe: 'Only the result and errors' }),
  'log-level': choice({ describe: 'How much to log to standard error (default: info)' }, [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'silent',
  ]),
  progress: onUnlessNot({ describe: 'Show progress; --no-progress does not' }),
} satisfies Flags;

export type GlobalFlags = FlagValues<typeof globalFlags>;

/** The process as a command sees it. */
export interface CommandContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Writable;
  readonly stderr: NodeJS.WriteStream;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Aborted by the first Ctrl-C or SIGTERM, the reason being the signal's name. */
  readonly signal: AbortSignal;
}

export interface Command<F extends Flags = Flags> {
  readonly flags: F;
  /** Shown below the flags in `--help`. */
  readonly epilogue?: string;
  /** Whether it comes to an orderly end when `context.signal` aborts. Ctrl-C simply ends the others. */
  readonly watchesSignal?: boolean;
  run(flags: FlagValues<F> & GlobalFlags, context: CommandContext): Promise<ExitCode>;
}

export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
