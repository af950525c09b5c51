/**
 * Logs to standard error: JSON lines for machines, short lines for people. Only flat fields are written: what is
 * nested could hold a record, so it is left out rather than searched for secrets.
 */
import { createRequire } from 'node:module';
import { BackhaulError, DamagedInputError } from '../errors.ts';
import { screenOf, type TextStream } from './screen.ts';
import { escapedJson, terminalLine } from './terminal-text.ts';

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type LogField = string | number | boolean | null | undefined | Error;

export interface LogMethod {
  (message: string): void;
  (fields: Readonly<Record<string, LogField>>, message: string): void;
}

/** `log.info({ customers: 3 }, 'delivery begins')`; an error goes under `err`. */
export interface Log {
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly destination: TextStream;
  /** Short lines for people; otherwise one JSON document per line. */
  readonly pretty: boolean;
}

/** Loads pino with the first line: commands that are over at once mostly have nothing to log. */
export function createLog(options: LogOptions): Log {
  let log: Log | null = null;
  const method =
    (name: keyof Log): LogMethod =>
    (...line: unknown[]) => {
      log ??= startLog(options);
      (log[name] as (...line: unknown[]) => void)(...line);
    };
  return {
    error: method('error'),
    warn: method('warn'),
    info: method('info'),
    debug: method('debug'),
    trace: method('trace'),
  };
}

function startLog({ level, destination, pretty }: LogOptions): Log {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  const screen = screenOf(destination);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Whatever is given under `err` has been made flat by `formatters.log` already.
      serializers: { err: (error: unknown) => error },
      formatters: { level: (label) => ({ level: label }), log: flatten },
    },
    { write: (line: string) => screen.write(pretty ? formatLine(line) : escapedJson(line)) },
  );
}

function flatten(fields: Record<string, unknown>): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) flat[name] = describeError(value);
    else flat[name] = typeof value === 'object' && value !== null ? '(left out)' : value;
  }
  return flat;
}

interface ErrorFields {
  readonly code?: string;
  readonly message: string;
  readonly fix?: string;
  readonly stack?: string;
}

/** Our own errors say everything in code, message and fix; others are defects and keep their stack. */
function describeError(error: Error): ErrorFields {
  if (error instanceof BackhaulError || error instanceof DamagedInputError) {
    return { code: error.code, message: error.message, fix: error.fix };
  }
  const { code } = error as NodeJS.ErrnoException;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    ...(typeof code === 'string' ? { code } : {}),
    // V8 quotes what it could not parse.
    message: error instanceof SyntaxError ? 'SyntaxError' : `${error.name}: ${error.message}`,
    stack: frames.join('\n'),
  };
}

/** `12:03:44 warn  the API asks to wait delayMs=2000`. */
function formatLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [String(time).slice(11, 19), String(level).padEnd(5), String(msg ?? '')];
  for (const [name, value] of Object.entries(fields)) words.push(`${name}=${value}`);
  const lines = [words.filter((word) => word !== '').join(' ')];
  if (typeof err === 'object' && err !== null) lines.push(...errorLines(err as ErrorFields));
  return lines.map((text) => `${terminalLine(text)}\n`).join('');
}

function errorLines({ code, message, fix, stack }: ErrorFields): readonly string[] {
  const lines = [`         ${code === undefined ? message : `${message} (${code})`}`];
  if (fix !== undefined) lines.push(`         ${fix}`);
  return stack === undefined ? lines : [...lines, ...stack.split('\n')];
}
