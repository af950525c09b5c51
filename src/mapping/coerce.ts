/**
 * Gives values the type that the wire contract wants at their place. Strict: only what means one thing is converted.
 * What is absent is left out, down to empty objects and lists; keys of objects with free names are sorted, so that equal
 * content gives equal bytes.
 */
import type { FieldError } from '../errors.ts';
import type { ContractNode } from '../messages/contract-tree.ts';
import { unknownField } from '../messages/field-errors.ts';
import { trimBlanks } from './blanks.ts';
import { isAbsent, textOf } from './cells.ts';

/**
 * @param field dotted path of the value, for errors
 * @param errors where faults are added
 * @returns undefined when nothing is left, or the fault was added to `errors`
 */
export function coerce(value: unknown, node: ContractNode, field: string, errors: FieldError[]): unknown {
  if (isAbsent(value)) return undefined;
  switch (node.kind) {
    case 'text':
    case 'code':
      return textOf(value) ?? fault(errors, field, 'WRONG_TYPE', 'a text');
    case 'boolean':
      return toBoolean(value) ?? fault(errors, field, 'WRONG_TYPE', 'true or false (yes, no, 1, 0)');
    case 'integer':
      return toInteger(value) ?? fault(errors, field, 'NOT_AN_INTEGER', 'a whole number');
    case 'list':
      return coerceList(value, node, field, errors);
    case 'object':
      return coerceObject(value, node, field, errors);
    case 'free':
      return coerceFree(value, node.value, field, errors);
    case 'json':
      return typeof value === 'object' ? coerceJson(value, node, field, errors) : value;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

function toBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const text = textOf(value);
  return text === null ? null : (BOOLEANS.get(trimBlanks(text).toLowerCase()) ?? null);
}

function toInteger(value: unknown): number | null {
  const text = textOf(value);
  if (text === null || typeof value === 'boolean' || !/^-?\d+$/.test(trimBlanks(text))) return null;
  const number = Number(trimBlanks(text));
  return Number.isSafeInteger(number) ? number : null;
}

type NodeOf<Kind extends ContractNode['kind']> = Extract<ContractNode, { readonly kind: Kind }>;

function coerceList(value: unknown, node: NodeOf<'list'>, field: string, errors: FieldError[]): unknown {
  if (!Array.isArray(value)) return fault(errors, field, 'WRONG_TYPE', 'a list (use split, or json)');
  const list = value
    .map((element, index) => coerce(element, node.element, `${field}.${index}`, errors))
    .filter((element) => element !== undefined);
  return list.length === 0 ? undefined : list;
}

function coerceObject(value: unknown, node: NodeOf<'object'>, field: string, errors: FieldError[]): unknown {
  if (!isObject(value)) return fault(errors, field, 'WRONG_TYPE', 'an object (use json)');
  for (const key of Object.keys(value)) {
    if (!node.fields.has(key)) errors.push(unknownField(field === '' ? [] : field.split('.'), key, node));
  }
  const object: Record<string, unknown> = {};
  let isEmpty = true;
  for (const [key, fieldNode] of node.fields) {
    if (!Object.hasOwn(value, key)) continue;
    const coerced = coerce(value[key], fieldNode, field === '' ? key : `${field}.${key}`, errors);
    if (coerced === undefined) continue;
    object[key] = coerced;
    isEmpty = false;
  }
  return isEmpty ? undefined : object;
}

function coerceFree(value: unknown, node: ContractNode, field: string, errors: FieldError[]): unknown {
  if (!isObject(value)) return fault(errors, field, 'WRONG_TYPE', 'an object (use json)');
  const object: Record<string, unknown> = {};
  let isEmpty = true;
  for (const key of Object.keys(value).sort()) {
    if (key === '__proto__') {
      errors.push(unknownField(field.split('.'), key, null));
      continue;
    }
    const coerced = coerce(value[key], node, `${field}.${key}`, errors);
    if (coerced === undefined) continue;
    object[key] = coerced;
    isEmpty = false;
  }
  return isEmpty ? undefined : object;
}

function coerceJson(value: unknown, node: ContractNode, field: string, errors: FieldError[]): unknown {
  if (!Array.isArray(value)) return coerceFree(value, node, field, errors);
  const list = value
    .map((element, index) => coerce(element, node, `${field}.${index}`, errors))
    .filter((element) => element !== undefined);
  return list.length === 0 ? undefined : list;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(errors: FieldError[], field: string, code: string, expected: string): undefined {
  errors.push({
    field,
    code,
    message: `${field} must be ${expected}`,
    fix: 'Correct the export, or turn its values into others with a map.',
  });
}
