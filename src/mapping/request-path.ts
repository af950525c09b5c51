/** The keys of a mapping: dotted paths of the request item, and the two identifiers of the envelope. */
import { UsageError } from '../errors.ts';
import { type ContractNode, itemContract, step } from '../messages/contract.ts';
import { nearest } from '../messages/suggest.ts';

export const ENVELOPE_KEYS = ['departmentUuid', 'customerUuid'] as const;

export interface RequestPath {
  /** As written in the configuration. */
  readonly key: string;
  readonly segments: readonly string[];
  /** The contract at the path. */
  readonly node: ContractNode;
}

/** @throws {UsageError} UNKNOWN_REQUEST_FIELD */
export function parseRequestPath(key: string): RequestPath {
  const parts = key.split('.');
  const segments: string[] = [];
  let node: ContractNode = itemContract;
  for (let index = 0; index < parts.length; index += 1) {
    const isFree: boolean = node.kind === 'free';
    // Names below metaData are anybody's, dots included.
    const segment = isFree ? parts.slice(index).join('.') : (parts[index] as string);
    const next = step(node, segment);
    if (next === null || segment === '' || segment === '__proto__') throw unknownPath(key);
    segments.push(segment);
    node = next;
    if (isFree) break;
  }
  return { key, segments, node };
}

function unknownPath(key: string): UsageError {
  const suggestion = nearestPath(key);
  return new UsageError(`mapping[${JSON.stringify(key)}] is no field of the request.`, {
    code: 'UNKNOWN_REQUEST_FIELD',
    fix:
      suggestion === null
        ? 'Use a dotted path of the request such as messageAttributes.body; other facts go to messageAttributes.metaData.<name>.'
        : `Did you mean ${suggestion}? Facts that have no field go to messageAttributes.metaData.<name>.`,
  });
}

/** A path that is spelt nearly so, else one that ends nearly so. */
function nearestPath(key: string): string | null {
  const paths = [...ENVELOPE_KEYS, ...pathsBelow(itemContract, '')];
  const near = nearest(key, paths);
  if (near !== null) return near;
  const last = lastSegment(key);
  const nearLast = nearest(last, new Set(paths.map(lastSegment)));
  return paths.find((path) => lastSegment(path) === nearLast) ?? null;
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function* pathsBelow(node: ContractNode, prefix: string): Generator<string> {
  if (node.kind === 'object') {
    for (const [name, field] of node.fields) {
      yield prefix + name;
      yield* pathsBelow(field, `${prefix}${name}.`);
    }
  } else if (node.kind === 'list') {
    yield* pathsBelow(node.element, `${prefix}0.`);
  }
}
