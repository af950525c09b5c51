/** `--set path=value`: values given on the command line, put into the configuration before it is validated. */
import { UsageError } from '../errors.ts';
import { type JsonPath, type JsonValue, RESERVED_KEYS } from './jsonc.ts';
import { readPath, writePath } from './paths.ts';

const MAX_DEPTH = 100;

export interface Override {
  readonly path: JsonPath;
  readonly value: JsonValue;
}

/**
 * Reads one `--set` argument. The value is JSON where it can be read as such, else text:
 * `delivery.concurrency=8`, `ledger.path=other.db`, `mapping["messageAttributes.body"]=Text`, `source.files[0]=a.csv`.
 * @throws {UsageError} `BAD_OVERRIDE`.
 */
export function readOverride(argument: string): Override {
  const target = readPath(argument);
  if (target === null || argument[target.length] !== '=') {
    throw badOverride(
      '--set needs a path, an equals sign and a value',
      'Write e.g. --set delivery.concurrency=8 or --set \'mapping["messageAttributes.body"]=Text\'.',
    );
  }
  if (target.path.length > MAX_DEPTH) throw tooDeep();
  for (const step of target.path) refuseReserved(step, target.path);
  return { path: target.path, value: readValue(argument.slice(target.length + 1), target.path) };
}

/** Puts the value in its place, in a copy; objects and lists that are not there yet are created on the way. */
export function applyOverride(document: JsonValue, { path, value }: Override): JsonValue {
  return replaceAt(document, path, 0, value);
}

function replaceAt(here: JsonValue | undefined, path: JsonPath, depth: number, value: JsonValue): JsonValue {
  const step = path[depth];
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list = here === undefined ? [] : here;
    if (!Array.isArray(list)) throw wrongPlace(path, depth, 'is not a list');
    if (step > list.length) throw wrongPlace(path, depth, `has only ${list.length} entries`);
    return list.toSpliced(step, 1, replaceAt(list[step], path, depth + 1, value));
  }
  const object = here === undefined ? {} : here;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw wrongPlace(path, depth, 'is not an object');
  }
  const inner = Object.hasOwn(object, step) ? object[step] : undefined;
  return { ...object, [step]: replaceAt(inner, path, depth + 1, value) };
}

function readValue(text: string, path: JsonPath): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
  refuseReservedWithin(value, path, 0);
  return value;
}

function refuseReservedWithin(value: JsonValue, path: JsonPath, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw tooDeep();
  for (const [key, inner] of Object.entries(value)) {
    refuseReserved(key, path);
    refuseReservedWithin(inner, path, depth + 1);
  }
}

function refuseReserved(step: string | number, path: JsonPath): void {
  if (typeof step === 'string' && RESERVED_KEYS.has(step)) {
    throw badOverride(`--set ${writePath(path)} uses a reserved name`, 'Use another name.');
  }
}

function wrongPlace(path: JsonPath, depth: number, problem: string): UsageError {
  const place = writePath(path.slice(0, depth));
  return badOverride(
    `--set ${writePath(path)} cannot be placed: ${place} ${problem}`,
    `Set ${depth === 0 ? 'a key of the configuration' : `${place} as a whole`} instead, e.g. --set '${depth === 0 ? 'stream' : place}=…'.`,
  );
}

function tooDeep(): UsageError {
  return badOverride(`--set goes more than ${MAX_DEPTH} levels deep`, 'Set an outer value in the file.');
}

function badOverride(message: string, fix: string): UsageError {
  return new UsageError(message, { code: 'BAD_OVERRIDE', fix });
}
