/** Turns what zod finds into what a person reads: path, code, what is wrong without the value, what to change. */
import type { z } from 'zod';
import type { FieldError } from '../errors.ts';
import { type ContractNode, contractAt } from './contract-tree.ts';
import { nearest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** How many values of a closed list a fix spells out; `purpose` has over a hundred. */
const SPELT_OUT = 8;

/**
 * One FieldError per fault.
 *
 * @param issues as zod reports them for `input`
 * @param input what was validated; looked at for suggestions and never quoted
 * @param contract what it was validated against
 */
export function fieldErrors(issues: readonly Issue[], input: unknown, contract: ContractNode): FieldError[] {
  return issues.flatMap((issue) => fieldErrorsOfIssue(issue, input, contract));
}

function fieldErrorsOfIssue(issue: Issue, input: unknown, contract: ContractNode): FieldError[] {
  const field = issue.path.map(String).join('.');
  const value = valueAt(input, issue.path);
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    return [required(field)];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField(issue.path, key, contractAt(contract, issue.path)));
    case 'invalid_value':
      return [notInList(field, issue.values.map(String), value)];
    case 'invalid_type':
      return [issue.expected === 'int' ? notAnInteger(field) : wrongType(field, issue.expected, value)];
    case 'invalid_format':
      return [notADateTime(field)];
    case 'too_big':
      return [issue.origin === 'string' ? tooLong(field, issue.maximum) : outOfRange(field, issue.code)];
    case 'too_small':
      return [issue.origin === 'string' ? empty(field) : outOfRange(field, issue.code)];
    default:
      return [wrongType(field, 'a JSON value', value)];
  }
}

/** The error of a required field that is not there. `fix` says where its value was expected to come from. */
export function required(field: string, fix = `Give ${field || 'the item'} a value.`): FieldError {
  return { field, code: 'REQUIRED', message: `${field || 'the item'} is required and has no value`, fix };
}

function empty(field: string): FieldError {
  return { field, code: 'TOO_SHORT', message: `${field} is empty`, fix: 'Give it a value or leave it out.' };
}

function tooLong(field: string, maximum: number | bigint): FieldError {
  return {
    field,
    code: 'TOO_LONG',
    message: `${field} is longer than ${maximum} characters (UTF-16 units)`,
    fix: 'Shorten it in the export, or map another column.',
  };
}

/** @param parent what the contract holds at `path`; null where it holds nothing */
export function unknownField(
  path: readonly PropertyKey[],
  key: string,
  parent: ContractNode | null,
): FieldError {
  const suggestion = parent?.kind === 'object' ? nearest(key, parent.fields.keys()) : null;
  return {
    field: [...path, key].map(String).join('.'),
    code: 'UNKNOWN_FIELD',
    message: `the API knows no field ${key} here`,
    fix: suggestion === null ? 'Leave it out.' : `Did you mean ${suggestion}? Otherwise leave it out.`,
  };
}

function notInList(field: string, values: readonly string[], value: unknown): FieldError {
  const suggestion = typeof value === 'string' ? nearest(value, values) : null;
  const known =
    values.length <= SPELT_OUT
      ? `Known values: ${values.join(', ')}.`
      : `The reference knows ${values.length} values.`;
  return {
    field,
    code: 'NOT_IN_LIST',
    message: `${field} is not one of the values that the API knows`,
    fix: suggestion === null ? known : `Did you mean ${suggestion}? ${known}`,
  };
}

function wrongType(field: string, expected: string, value: unknown): FieldError {
  return {
    field,
    code: 'WRONG_TYPE',
    message: `${field} must be ${article(expected)}, not ${typeName(value)}`,
    fix: `Write it as ${article(expected)}.`,
  };
}

function notAnInteger(field: string): FieldError {
  return {
    field,
    code: 'NOT_AN_INTEGER',
    message: `${field} must be a whole number`,
    fix: 'Write digits only, without fraction or exponent.',
  };
}

function outOfRange(field: string, code: 'too_big' | 'too_small'): FieldError {
  return {
    field,
    code: code === 'too_big' ? 'TOO_BIG' : 'TOO_SMALL',
    message: `${field} is beyond the whole numbers that JSON carries exactly (2^53 - 1)`,
    fix: 'Write a smaller number.',
  };
}

function notADateTime(field: string): FieldError {
  return {
    field,
    code: 'NOT_A_DATE_TIME',
    message: `${field} is not a UTC time with milliseconds (2025-03-28T11:34:43.227Z)`,
    fix: 'Give the rule a `time` with the format of the export, e.g. { "formats": ["iso"], "zone": "UTC" }.',
  };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  number: 'a number',
};

function article(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'boolean' ? 'true or false' : (TYPE_NAMES[typeof value] ?? typeof value);
}
