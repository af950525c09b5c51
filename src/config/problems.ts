/** What the schema finds wrong, in words for the person who wrote the configuration. Values are never quoted. */
import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { JsonPath, JsonValue } from './jsonc.ts';
import { writePath } from './paths.ts';

type Issue = z.core.$ZodIssue;
type UnionIssue = z.core.$ZodIssueInvalidUnion;

export interface Problem {
  readonly path: JsonPath;
  readonly message: string;
}

const KIND_NAMES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/**
 * Every problem, in the order of the schema.
 * @param document the configuration as written, to suggest what a misspelt value may have meant.
 * @param keysAt which keys are known in the object at a path, to suggest what a misspelt key may have meant.
 */
export function describeIssues(
  issues: readonly Issue[],
  document: JsonValue,
  keysAt: (path: JsonPath) => readonly string[],
): readonly Problem[] {
  return issues.flatMap((issue) => describeIssue(issue, [], document, keysAt));
}

function describeIssue(
  issue: Issue,
  base: JsonPath,
  document: JsonValue,
  keysAt: (path: JsonPath) => readonly string[],
): readonly Problem[] {
  const path = [...base, ...(issue.path as JsonPath)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key${describeKnownKeys(key, path, keysAt(path))}`,
      }));
    case 'invalid_type':
      return [{ path, message: describeKind(valueAt(document, path), KIND_NAMES[issue.expected]) }];
    case 'invalid_value':
      return [{ path, message: describeChoice(issue.values.map(String), valueAt(document, path)) }];
    case 'invalid_union':
      return describeUnion(issue, path, document, keysAt);
    case 'too_small':
      return [
        {
          path,
          message: describeLimit(
            issue.inclusive === false ? 'more than' : 'at least',
            issue.minimum,
            issue.origin,
          ),
        },
      ];
    case 'too_big':
      return [
        {
          path,
          message: describeLimit(
            issue.inclusive === false ? 'less than' : 'at most',
            issue.maximum,
            issue.origin,
          ),
        },
      ];
    default:
      return [{ path, message: issue.message }];
  }
}

/** The one alternative that was evidently meant speaks for itself; else what the alternatives are. */
function describeUnion(
  issue: UnionIssue,
  path: JsonPath,
  document: JsonValue,
  keysAt: (path: JsonPath) => readonly string[],
): readonly Problem[] {
  const value = valueAt(document, path);
  if ('options' in issue && Array.isArray(issue.options)) {
    const inner = (value as Record<string, JsonValue> | undefined)?.[String(issue.discriminator)] ?? value;
    return [{ path, message: describeChoice(issue.options.map(String), inner) }];
  }
  if (issue.message !== 'Invalid input')
    return [{ path, message: value === undefined ? `missing; ${issue.message}` : issue.message }];
  const meant = issue.errors.filter((branch) => !branch.some(isWrongKind));
  if (meant.length === 1) {
    return (meant[0] as Issue[]).flatMap((inner) => describeIssue(inner, path, document, keysAt));
  }
  const kinds = issue.errors.flatMap((branch) => branch.filter(isWrongKind)).map((inner) => inner.expected);
  const names = [...new Set(kinds)].map((kind) => KIND_NAMES[kind] ?? kind);
  return [{ path, message: describeKind(value, names.join(' or ')) }];
}

function isWrongKind(issue: Issue): issue is z.core.$ZodIssueInvalidType {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function describeKind(value: JsonValue | undefined, kind: string | undefined): string {
  if (value === undefined) return kind === undefined ? 'missing' : `missing; must be ${kind}`;
  return `must be ${kind ?? 'of another kind'}`;
}

function describeChoice(choices: readonly string[], value: JsonValue | undefined): string {
  const list = choices.length === 1 ? choices[0] : `one of ${choices.join(', ')}`;
  if (value === undefined) return `missing; must be ${list}`;
  return `must be ${list}${typeof value === 'string' ? suggestion(value, choices) : ''}`;
}

const COUNTED: Record<string, readonly [one: string, many: string]> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

function describeLimit(relation: string, limit: number | bigint, origin: string): string {
  const counted = COUNTED[origin];
  if (counted === undefined) return `must be ${relation} ${limit}`;
  if (Number(limit) === 1 && relation === 'at least') return 'must not be empty';
  return `must have ${relation} ${limit} ${counted[Number(limit) === 1 ? 0 : 1]}`;
}

function describeKnownKeys(key: string, path: JsonPath, known: readonly string[]): string {
  const near = suggestion(key, known);
  if (near !== '' || known.length === 0) return near;
  if (path[0] === 'mapping' && path.length === 2) {
    return `; a request path is one key: ${writePath(['mapping', `${path[1]}.${key}`])}`;
  }
  return `; known here: ${known.join(', ')}`;
}

/** `; did you mean …?`, where some known word is near enough to be likely; else nothing. */
function suggestion(word: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const distances = known.map((name) => distance(word.toLowerCase(), name.toLowerCase()));
  const nearest = Math.min(...distances);
  const name = known[distances.indexOf(nearest)] as string;
  return nearest <= Math.max(1, Math.floor(name.length / 3)) ? `; did you mean ${name}?` : '';
}

function valueAt(document: JsonValue, path: JsonPath): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, JsonValue>)[step];
  }
  return value;
}
