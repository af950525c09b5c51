/**
 * One rule of a mapping, compiled into a function of a record's fields. Its parts apply in this order: `from` / `firstOf` /
 * `template` / `value`, `json`, `split`, `trim`, one of `phone`, `time`, `map`, then `lookup`, then `default`. After `split`, or
 * where a cell holds a JSON list, the later parts apply to each element.
 */
import type { RuleObject } from '../config/mapping-schema.ts';
import { type FieldError, UsageError } from '../errors.ts';
import { nearest } from '../messages/suggest.ts';
import type { SourceRecord } from '../sources/source.ts';
import { isBlank, trimBlanks } from './blanks.ts';
import { createCellReader, isAbsent, textOf } from './cells.ts';
import type { LoadedLookups } from './lookup.ts';
import { createPhoneReader, PHONE_FAULTS } from './phone.ts';
import { compileTemplate } from './template.ts';
import { createTimeReader, TIME_FAULTS } from './time.ts';

/** What a rule returns when its value is there and cannot be used; the reason has been added to `errors`. */
export const FAILED = Symbol('failed');

/** Undefined when the value is absent. */
export type ValueReader = (fields: SourceRecord['fields'], errors: FieldError[]) => unknown;

export interface CompiledRule {
  readonly read: ValueReader;
  /** Columns that the rule names. */
  readonly columns: readonly string[];
}

/** One part of a rule. It is given what is there, and returns undefined when nothing is left. */
type Step = (value: unknown, errors: FieldError[]) => unknown;

/** Adds an error to the rule's field and returns FAILED. */
type Fail = (errors: FieldError[], code: string, message: string, fix: string) => typeof FAILED;

/**
 * @param field the mapping key, for errors
 * @throws {UsageError} when a part makes no sense (BAD_TIME_FORMAT, UNKNOWN_LOOKUP, …)
 */
export function compileRule(field: string, rule: RuleObject, lookups: LoadedLookups): CompiledRule {
  requireSense(field, rule);
  const { read, columns } = compileOrigin(field, rule);
  const fail = failer(field, columns);
  const steps = compileSteps(field, rule, lookups, fail);
  const fallback = isAbsent(rule.default) ? undefined : rule.default;
  return {
    columns,
    read(fields, errors) {
      let value: unknown = read(fields);
      for (let index = 0; index < steps.length && !isAbsent(value) && value !== FAILED; index += 1) {
        value = (steps[index] as Step)(value, errors);
      }
      return isAbsent(value) ? fallback : value;
    },
  };
}

function requireSense(field: string, rule: RuleObject): void {
  const name = `mapping[${JSON.stringify(field)}]`;
  if (rule.hash !== undefined) {
    throw new UsageError(`${name} uses hash, which only sourceUuid can, alone.`, {
      code: 'HASH_MISPLACED',
      fix: 'Use from, firstOf, template or value; for sourceUuid, remove the other parts of the rule.',
    });
  }
  if (rule.otherwise !== undefined && rule.map === undefined && rule.lookup === undefined) {
    throw new UsageError(`${name} has otherwise without map or lookup.`, {
      code: 'OTHERWISE_MISPLACED',
      fix: 'Use default for absent cells; otherwise is for cells that a map or lookup does not know.',
    });
  }
  if (rule.noteDocument !== undefined && field !== 'messageAttributes.body') {
    throw new UsageError(`${name} has noteDocument, which only messageAttributes.body can have.`, {
      code: 'NOTE_DOCUMENT_MISPLACED',
      fix: 'Move noteDocument to the rule of messageAttributes.body.',
    });
  }
  if (rule.map && Object.keys(rule.map).some((key) => trimBlanks(key) === '')) {
    throw new UsageError(`${name} maps the empty cell, which is absent and never reaches a map.`, {
      code: 'EMPTY_MAP_KEY',
      fix: 'Use default for empty cells.',
    });
  }
}

interface Origin {
  readonly columns: readonly string[];
  readonly read: (fields: SourceRecord['fields']) => unknown;
}

function compileOrigin(field: string, rule: RuleObject): Origin {
  if (rule.from !== undefined) return { columns: [rule.from], read: createCellReader(rule.from) };
  if (rule.template !== undefined) return compileTemplate(field, rule.template);
  if (rule.firstOf !== undefined) {
    const readers = rule.firstOf.map(createCellReader);
    const isNothing = ignoresBlanks(rule) ? isAbsentOrBlank : isAbsent;
    return {
      columns: rule.firstOf,
      read(fields) {
        for (const read of readers) {
          const value = read(fields);
          if (!isNothing(value)) return value;
        }
        return undefined;
      },
    };
  }
  return { columns: [], read: () => rule.value };
}

function ignoresBlanks(rule: RuleObject): boolean {
  return [rule.trim || undefined, rule.phone, rule.time, rule.map, rule.lookup].some(
    (part) => part !== undefined,
  );
}

function isAbsentOrBlank(value: unknown): boolean {
  return isAbsent(value) || (typeof value === 'string' && isBlank(value));
}

/** `"From"`, `"From" or "To"`: where a value was looked for; empty for constants. */
export function describeColumns(columns: readonly string[]): string {
  return columns.map((column) => JSON.stringify(column)).join(' or ');
}

function failer(field: string, columns: readonly string[]): Fail {
  const where = describeColumns(columns);
  return (errors, code, message, fix) => {
    errors.push({ field, code, message: where === '' ? message : `${where}: ${message}`, fix });
    return FAILED;
  };
}

function compileSteps(field: string, rule: RuleObject, lookups: LoadedLookups, fail: Fail): Step[] {
  const steps: Step[] = [];
  if (rule.json) steps.push(jsonStep(fail));
  if (rule.split !== undefined) steps.push(splitStep(rule.split));
  if (rule.trim) steps.push(each((value) => (typeof value === 'string' ? trimBlanks(value) : value)));
  if (rule.phone !== undefined) steps.push(each(onText(phoneStep(rule.phone, fail), fail)));
  if (rule.time !== undefined) steps.push(each(onText(timeStep(rule, fail), fail)));
  const replace = compileReplacement(field, rule, lookups, fail);
  if (replace !== null) steps.push(each(onText(replace, fail)));
  return steps;
}

/** Applies a step to each element of a list; what becomes absent is dropped. */
function each(apply: Step): Step {
  return (value, errors) => {
    if (!Array.isArray(value)) return apply(value, errors);
    const list: unknown[] = [];
    let isFailed = false;
    for (const element of value) {
      const applied = isAbsent(element) ? undefined : apply(element, errors);
      if (applied === FAILED) isFailed = true;
      else if (!isAbsent(applied)) list.push(applied);
    }
    if (isFailed) return FAILED;
    return list.length === 0 ? undefined : list;
  };
}

type TextStep = (text: string, errors: FieldError[]) => unknown;

/** Gives a step the text form without outer blanks; only blanks are absent. */
function onText(apply: TextStep, fail: Fail): Step {
  return (value, errors) => {
    const text = textOf(value);
    if (text === null) {
      return fail(
        errors,
        'WRONG_TYPE',
        'this holds a list or an object where one value is wanted',
        'Name the value inside it with a dotted path.',
      );
    }
    const trimmed = trimBlanks(text);
    return trimmed === '' ? undefined : apply(trimmed, errors);
  };
}

function jsonStep(fail: Fail): Step {
  return (value, errors) => {
    if (typeof value !== 'string') return value;
    if (isBlank(value)) return undefined;
    try {
      return JSON.parse(value, keepBigIntegers);
    } catch {
      return fail(errors, 'INVALID_JSON', 'this is not JSON', 'Correct the cell, or leave out json.');
    }
  };
}

/** An integer that a double cannot hold stays the text that it was; identifiers are often such. */
function keepBigIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  return context?.source ?? value;
}

function splitStep(separator: string): Step {
  return (value) => {
    if (Array.isArray(value)) return value;
    const text = textOf(value);
    if (text === null) return value;
    const parts = text.split(separator).filter((part) => !isBlank(part));
    return parts.length === 0 ? undefined : parts;
  };
}

function phoneStep(region: string, fail: Fail): TextStep {
  const readPhone = createPhoneReader(region);
  return (text, errors) => {
    const reading = readPhone(text);
    if ('e164' in reading) return reading.e164;
    const { message, fix } = PHONE_FAULTS[reading.fault];
    return fail(errors, reading.fault, message, fix);
  };
}

function timeStep({ time }: RuleObject, fail: Fail): TextStep {
  const readTime = createTimeReader(time as NonNullable<typeof time>);
  return (text, errors) => {
    const reading = readTime(text);
    if (typeof reading === 'number') return new Date(reading).toISOString();
    const { message, fix } = TIME_FAULTS[reading];
    return fail(errors, reading, message, fix);
  };
}

/** `map`, then `lookup`; null when the rule has neither. What `otherwise` gives is final: it is not looked up again. */
function compileReplacement(
  field: string,
  rule: RuleObject,
  lookups: LoadedLookups,
  fail: Fail,
): TextStep | null {
  const lookUp = rule.lookup === undefined ? null : lookupStep(field, rule, lookups, fail);
  if (rule.map === undefined) return lookUp;
  return mapStep(field, rule, lookUp === null ? null : onText(lookUp, fail), fail);
}

function mapStep(field: string, rule: RuleObject, next: Step | null, fail: Fail): TextStep {
  const values = new Map(Object.entries(rule.map ?? {}).map(([key, value]) => [trimBlanks(key), value]));
  const table = rule.codes === undefined ? `mapping[${JSON.stringify(field)}].map` : `codes.${rule.codes}`;
  return (text, errors) => {
    const value = values.get(text);
    if (value !== undefined) return next === null || isAbsent(value) ? value : next(value, errors);
    if (rule.otherwise !== undefined) return rule.otherwise;
    return fail(
      errors,
      'NOT_MAPPED',
      'the map has no entry for this value',
      `Add it to ${table}, or say with otherwise what unknown values become.`,
    );
  };
}

function lookupStep(field: string, rule: RuleObject, lookups: LoadedLookups, fail: Fail): TextStep {
  const name = rule.lookup as string;
  const lookup = lookups.get(name);
  if (lookup === undefined) {
    const suggestion = nearest(name, lookups.keys());
    throw new UsageError(
      `mapping[${JSON.stringify(field)}] names the lookup ${name}, which is not configured.`,
      {
        code: 'UNKNOWN_LOOKUP',
        fix:
          suggestion === null
            ? `Add lookups.${name}.`
            : `Did you mean ${suggestion}? Otherwise add lookups.${name}.`,
      },
    );
  }
  const find: TextStep = (key, errors) => {
    const value = lookup.values.get(key) ?? rule.otherwise;
    if (value !== undefined) return value;
    return fail(
      errors,
      'NOT_FOUND',
      `lookup ${name} does not hold this value`,
      `Add it to ${lookup.file}, or say with otherwise what unknown values become.`,
    );
  };
  // A phone rule has already given E.164, which is what the keys are.
  if (lookup.region === null || rule.phone !== undefined) return find;
  const readKey = phoneStep(lookup.region, fail);
  return (text, errors) => {
    const key = readKey(text, errors);
    return key === FAILED ? FAILED : find(key as string, errors);
  };
}
