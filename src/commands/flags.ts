/**
 * Flags of the command line. yargs splits the words; what they mean is decided here, so that `--limit abc`, or a flag
 * given twice, is an error with a fix rather than NaN or an array.
 */
import type { Options } from 'yargs';
import { parseDurationMs } from '../durations.ts';
import { UsageError } from '../errors.ts';

interface Words {
  readonly describe: string;
  readonly alias?: string;
}

export interface Flag<T> extends Words {
  readonly kind: 'switch' | 'text' | 'list';
  /** @param given what yargs collected; undefined when the flag is absent. */
  readonly read: (given: unknown) => T | Problem;
}

/** Why a value does not do, e.g. `must be a whole number`. */
class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

export const onOff = (words: Words): Flag<boolean> => switchFlag(words, false);

/** On unless `--no-NAME` is given. */
export const onUnlessNot = (words: Words): Flag<boolean> => switchFlag(words, true);

export const text = (words: Words): Flag<string | undefined> => textFlag(words, (value) => value);

/** May be given several times. */
export const list = (words: Words): Flag<readonly string[]> => ({
  ...words,
  kind: 'list',
  read(given) {
    const values = given === undefined ? [] : [given].flat();
    return values.every(isText) ? values : NEEDS_VALUE;
  },
});

export const choice = <const T extends readonly string[]>(
  words: Words,
  values: T,
): Flag<T[number] | undefined> =>
  textFlag(words, (value) =>
    values.includes(value) ? value : new Problem(`must be one of ${values.join(', ')}`),
  );

export const wholeNumber = (
  words: Words,
  least = 1,
  most = Number.MAX_SAFE_INTEGER,
): Flag<number | undefined> =>
  textFlag(words, (value) => {
    if (!/^\d{1,15}$/.test(value)) return new Problem('must be a whole number');
    if (Number(value) < least) return new Problem(`must be at least ${least}`);
    return Number(value) <= most ? Number(value) : new Problem(`must be at most ${most}`);
  });

/** 0 asks for any port that is free. */
export const portNumber = (words: Words): Flag<number | undefined> => wholeNumber(words, 0, 65_535);

export const httpUrl = (words: Words): Flag<string | undefined> =>
  textFlag(words, (value) =>
    /^https?:$/.test(URL.parse(value)?.protocol ?? '')
      ? value
      : new Problem('must be a URL that begins with https:// (or http://)'),
  );

/** In milliseconds once read. */
export const duration = (words: Words, leastMs = 1): Flag<number | undefined> =>
  textFlag(words, (value) => {
    const durationMs = parseDurationMs(value);
    if (durationMs !== null && durationMs >= leastMs) return durationMs;
    return new Problem('must be a duration such as 90s, 30m or 1h30m');
  });

const NEEDS_VALUE = new Problem('needs a value');

/** Not so for `--flag=` and `--no-flag`. */
function isText(given: unknown): given is string {
  return typeof given === 'string' && given !== '';
}

function switchFlag(words: Words, otherwise: boolean): Flag<boolean> {
  return { ...words, kind: 'switch', read: (given) => (given ?? otherwise) as boolean };
}

function textFlag<T>(words: Words, read: (value: string) => T | Problem): Flag<T | undefined> {
  return {
    ...words,
    kind: 'text',
    read(given) {
      if (given === undefined) return undefined;
      return isText(given) ? read(given) : NEEDS_VALUE;
    },
  };
}

/** How yargs is to split this flag: it must never convert, only collect. */
export function yargsOption({ describe, alias, kind }: Flag<unknown>): Options {
  return {
    describe,
    ...(alias === undefined ? {} : { alias }),
    // One value at a time also for lists: `--set a=1 b=2` is a slip, and `-` must count as a value.
    ...(kind === 'switch' ? { type: 'boolean' } : { type: 'string', nargs: 1 }),
  };
}

/** @throws {UsageError} naming every flag that does not fit. */
export function readFlags<F extends Flags>(
  flags: F,
  given: Readonly<Record<string, unknown>>,
): FlagValues<F> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, flag] of Object.entries(flags)) {
    const value = readFlag(flag, given[name]);
    if (value instanceof Problem) problems.push(`--${name} ${value.text}`);
    else values[name] = value;
  }
  if (problems.length > 0) {
    throw new UsageError(problems.join('; '), { code: 'BAD_FLAG', fix: 'See `backhaul <command> --help`.' });
  }
  return values as FlagValues<F>;
}

function readFlag(flag: Flag<unknown>, given: unknown): unknown {
  const isRepeated = flag.kind !== 'list' && Array.isArray(given);
  return isRepeated ? new Problem('is given more than once') : flag.read(given);
}
