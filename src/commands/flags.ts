/**
 * Flags of the command line. yargs splits the words; zod decides what they mean, so that `--limit abc`, or a flag
 * given twice, is an error with a fix rather than NaN or an array.
 */
import type { Options } from 'yargs';
import { z } from 'zod';
import { parseDurationMs } from '../durations.ts';
import { UsageError } from '../errors.ts';

export interface Flag<T> {
  readonly describe: string;
  readonly alias?: string;
  readonly kind: 'switch' | 'text' | 'list';
  readonly schema: z.ZodType<T>;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

type Described = { describe: string; alias?: string };

export const onOff = (flag: Described): Flag<boolean> => ({
  ...flag,
  kind: 'switch',
  schema: z.boolean().default(false),
});

/** On unless `--no-NAME` is given. */
export const onUnlessNot = (flag: Described): Flag<boolean> => ({
  ...flag,
  kind: 'switch',
  schema: z.boolean().default(true),
});

export const text = (flag: Described): Flag<string | undefined> => ({
  ...flag,
  kind: 'text',
  schema: z.string().min(1, 'must not be empty').optional(),
});

/** May be given several times. */
export const list = (flag: Described): Flag<readonly string[]> => ({
  ...flag,
  kind: 'list',
  schema: z.array(z.string().min(1, 'must not be empty')).default([]),
});

export const choice = <const T extends readonly string[]>(
  flag: Described,
  values: T,
): Flag<T[number] | undefined> => ({
  ...flag,
  kind: 'text',
  schema: z.enum(values, `must be one of ${values.join(', ')}`).optional() as z.ZodType<
    T[number] | undefined
  >,
});

export const wholeNumber = (flag: Described, least = 1): Flag<number | undefined> => ({
  ...flag,
  kind: 'text',
  schema: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least, `must be at least ${least}`)
    .optional(),
});

/** In milliseconds once parsed. */
export const duration = (flag: Described): Flag<number | undefined> => ({
  ...flag,
  kind: 'text',
  schema: z
    .string()
    .transform(parseDurationMs)
    .refine((value) => value !== null && value > 0, 'must be a duration such as 90s, 30m or 1h30m')
    .transform((value) => value as number)
    .optional(),
});

/** How yargs is to split this flag: it must never convert, only collect. */
export function yargsOption(flag: Flag<unknown>): Options {
  return {
    describe: flag.describe,
    ...(flag.alias === undefined ? {} : { alias: flag.alias }),
    ...(flag.kind === 'switch' ? { type: 'boolean' } : { type: 'string', requiresArg: true }),
    ...(flag.kind === 'list' ? { array: true, nargs: 1 } : {}),
  };
}

/** @throws {UsageError} naming every flag that does not fit. */
export function parseFlags<F extends Flags>(
  flags: F,
  given: Readonly<Record<string, unknown>>,
): FlagValues<F> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, flag] of Object.entries(flags)) {
    const value = given[name];
    if (flag.kind !== 'list' && Array.isArray(value)) {
      problems.push(`--${name} is given more than once`);
      continue;
    }
    const parsed = flag.schema.safeParse(value);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`--${name} ${parsed.error.issues.map((issue) => issue.message).join(', ')}`);
  }
  if (problems.length > 0) {
    throw new UsageError(problems.join('; '), { code: 'BAD_FLAG', fix: 'See `backhaul <command> --help`.' });
  }
  return values as FlagValues<F>;
}
