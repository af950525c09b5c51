/** Reading the cells of a record by the names that a configuration uses. */
import type { SourceRecord } from '../sources/source.ts';

type Fields = SourceRecord['fields'];
export type CellReader = (fields: Fields) => unknown;

/**
 * Reads the column of that name; where the record has none, follows the name as a dotted path into nested JSON (list
 * positions are digits). `Name#1` is the first of several columns called `Name`. Own properties only. Undefined where
 * there is nothing.
 */
export function createCellReader(name: string): CellReader {
  const path = name.includes('.') ? name.split('.') : null;
  const first = firstOfSeveral(name);
  return (fields) => {
    if (Object.hasOwn(fields, name)) return fields[name];
    if (first !== null && Object.hasOwn(fields, first)) return fields[first];
    return path === null ? undefined : follow(fields, path);
  };
}

/** `Name` for `Name#1`, else null. Unnamed columns are called `#1`, `#2`, … and stay what they are. */
export function firstOfSeveral(name: string): string | null {
  return name.length > 2 && name.endsWith('#1') ? name.slice(0, -2) : null;
}

function follow(fields: Fields, path: readonly string[]): unknown {
  let value: unknown = fields;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

/** An empty cell is absent. */
export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === '';
}

/** The form in which cells are compared; null for lists and objects, which have none. */
export function textOf(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return null;
  }
}

/** Like {@link textOf}, with nothing as the empty text and nested values as JSON with sorted keys. */
export function canonicalText(value: unknown): string {
  if (isAbsent(value)) return '';
  return textOf(value) ?? JSON.stringify(value, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** JSON whose bytes do not depend on the order of keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortKeys);
}
