/**
 * The mapper: a function of the user's own, for what rules cannot say.
 *
 * ```js
 * // mapper.js, named by `"mapper": "./mapper.js"` in the configuration
 * export default (record, helpers) => {
 *   if (record.fields.Kind === 'assign') return helpers.skip('not a message');
 *   const { item } = helpers.draft;
 *   if (!item.messageAttributes?.body) return helpers.reject('messageAttributes.body', 'no text and no caption');
 *   item.messageAttributes.metaData = { ...item.messageAttributes.metaData, channel: 'web' };
 * };
 * ```
 *
 * It runs after the rules, once per record that the skip rules let through, synchronously; it should depend on nothing but the
 * record, or the same export would not give the same messages twice. It changes `helpers.draft`, or returns some of
 * `{ departmentUuid, customerUuid, sourceUuid, item }` to replace those parts of it, or returns `helpers.skip(…)` or
 * `helpers.reject(…)`. The outcome is validated like any other. A rule's fault is forgiven where the mapper
 * gives the field a value itself. When it throws, the record is rejected (`MAPPER_FAILED`).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FieldError, UsageError } from '../errors.ts';
import type { SourceRecord } from '../sources/source.ts';
import { trimBlanks } from './blanks.ts';
import type { LoadedLookups } from './lookup.ts';
import { createPhoneReader } from './phone.ts';

/** The message as far as the rules could fill it in; the mapper's own to change. */
export interface Draft {
  departmentUuid?: unknown;
  customerUuid?: unknown;
  /** Absent where the identity is hashed; setting it makes it given. */
  sourceUuid?: unknown;
  item: Record<string, unknown>;
}

/** What {@link MapperHelpers.skip} and {@link MapperHelpers.reject} return, for the mapper to return in turn. */
export type MapperVerdict =
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'reject'; readonly error: FieldError };

export interface MapperHelpers {
  readonly draft: Draft;
  /** Leaves the record out; `reason` is counted, and must not quote the record. */
  skip(reason: string): MapperVerdict;
  /** Rejects the record; the texts must not quote it. */
  reject(field: string, message: string, fix?: string): MapperVerdict;
  /** What a configured lookup holds for a key, or null. */
  lookup(name: string, key: string): string | null;
  /** The number in E.164, or null when it is none of the region (`US`). */
  phone(text: string, region: string): string | null;
}

/** `fields` is a copy: what a mapper does to it, the rejects never see. */
export type MapperFunction = (
  record: Pick<SourceRecord, 'fields' | 'position'>,
  helpers: MapperHelpers,
) => Partial<Draft> | MapperVerdict | undefined;

export interface LoadedMapper {
  readonly map: MapperFunction;
  /** SHA-256 (hex) of the file; what it imports is not part of it. */
  readonly sha256: string;
}

/** @throws {UsageError} MAPPER_UNREADABLE, MAPPER_NOT_A_FUNCTION */
export async function loadMapper(file: string, baseDirectory: string): Promise<LoadedMapper> {
  const path = resolve(baseDirectory, file);
  const { exported, sha256 } = await importFresh(path).catch((cause: unknown) => {
    throw new UsageError(
      `The mapper ${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        code: 'MAPPER_UNREADABLE',
        fix: 'Correct it; it is an ES module, relative to the configuration.',
        cause,
      },
    );
  });
  if (typeof exported === 'function') return { map: exported as MapperFunction, sha256 };
  throw new UsageError(`The mapper ${file} has no function as its default export.`, {
    code: 'MAPPER_NOT_A_FUNCTION',
    fix: 'Write `export default (record, helpers) => { … }`.',
  });
}

/** The hash in the address keeps an edited file from being served out of the module cache. */
async function importFresh(path: string): Promise<{ exported: unknown; sha256: string }> {
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const module = (await import(`${pathToFileURL(path).href}?sha256=${sha256}`)) as { default?: unknown };
  return { exported: module.default, sha256 };
}

export type MapperOutcome = MapperVerdict | { readonly kind: 'draft'; readonly draft: Draft };

/** Compiles the mapper into a function that never throws. */
export function compileMapper(
  { map }: LoadedMapper,
  lookups: LoadedLookups,
): (record: SourceRecord, draft: Draft) => MapperOutcome {
  const helpers = createHelpers(lookups);
  return (record, draft) => {
    try {
      const copy = { fields: copyOf(record.fields), position: record.position };
      return outcomeOf(map(copy, { ...helpers, draft }), draft);
    } catch (cause) {
      return { kind: 'reject', error: failed(describeFailure(cause)) };
    }
  };
}

/** Verdicts that this module made; a draft that looks like one is not one. */
const verdicts = new WeakSet<object>();

function verdict(made: MapperVerdict): MapperVerdict {
  verdicts.add(made);
  return made;
}

function createHelpers(lookups: LoadedLookups): Omit<MapperHelpers, 'draft'> {
  const phoneReaders = new Map<string, ReturnType<typeof createPhoneReader>>();
  const phone = (text: string, region: string) => {
    const read = phoneReaders.get(region) ?? createPhoneReader(region);
    phoneReaders.set(region, read);
    const reading = read(String(text));
    return 'e164' in reading ? reading.e164 : null;
  };
  return {
    skip: (reason) => verdict({ kind: 'skip', reason: String(reason) }),
    reject: (field, message, fix = 'Correct the export, or the mapper.') =>
      verdict({
        kind: 'reject',
        error: { field: String(field), code: 'MAPPER_REJECTED', message: String(message), fix: String(fix) },
      }),
    lookup(name, key) {
      const lookup = lookups.get(name);
      if (lookup === undefined) throw new RangeError('no such lookup');
      const known = lookup.region === null ? trimBlanks(String(key)) : phone(key, lookup.region);
      return known === null ? null : (lookup.values.get(known) ?? null);
    },
    phone,
  };
}

function copyOf(fields: SourceRecord['fields']): SourceRecord['fields'] {
  const copy: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    copy[name] = typeof value === 'object' ? structuredClone(value) : value;
  }
  return copy;
}

const DRAFT_PARTS = ['departmentUuid', 'customerUuid', 'sourceUuid', 'item'] as const;

function outcomeOf(returned: unknown, draft: Draft): MapperOutcome {
  if (returned === undefined || returned === null) return { kind: 'draft', draft };
  if (typeof returned !== 'object' || Array.isArray(returned))
    return reject('it returned neither an object nor nothing');
  if (verdicts.has(returned)) return returned as MapperVerdict;
  if (returned instanceof Promise) {
    returned.catch(() => {});
    return reject('it is asynchronous, and mapping is not');
  }
  if (Object.keys(returned).some((part) => !(DRAFT_PARTS as readonly string[]).includes(part))) {
    return reject(`it returned other parts than ${DRAFT_PARTS.join(', ')}`);
  }
  return { kind: 'draft', draft: { ...draft, ...returned } };
}

function reject(what: string): MapperVerdict {
  return { kind: 'reject', error: failed(what) };
}

function failed(what: string): FieldError {
  return {
    field: 'mapper',
    code: 'MAPPER_FAILED',
    message: `the mapper failed: ${what}`,
    fix: 'Correct the mapper; `preview` shows what it makes of single records.',
  };
}

/** Class and place of what was thrown; its message may quote the record. */
function describeFailure(cause: unknown): string {
  if (!(cause instanceof Error)) return 'it threw something that is no Error';
  const name = /^[A-Z]\w{0,40}$/.test(cause.name) ? cause.name : 'Error';
  const place = /\?sha256=[0-9a-f]{64}:(\d+):(\d+)/.exec(cause.stack ?? '');
  return place === null ? `it threw a ${name}` : `it threw a ${name} at line ${place[1]}, column ${place[2]}`;
}
