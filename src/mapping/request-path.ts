/** The keys of a mapping that are dotted paths of the request item. */
import { UsageError } from '../errors.ts';
import { type ContractNode, step } from '../messages/contract-tree.ts';
import type { MessageContract } from '../messages/message-contract.ts';
import { nearest } from '../messages/suggest.ts';

export interface RequestPath {
  /** As written in the configuration. */
  readonly key: string;
  readonly segments: readonly string[];
  /** The contract at the path. */
  readonly node: ContractNode;
}

/** @throws {UsageError} UNKNOWN_REQUEST_FIELD */
export function parseRequestPath(key: string, contract: MessageContract): RequestPath {
  const parts = key.split('.');
  const segments: string[] = [];
  let node: ContractNode = contract.fields;
  for (let index = 0; index < parts.length; index += 1) {
    const isFree: boolean = node.kind === 'free';
    // Names below metaData are anybody's, dots included.
    const segment = isFree ? parts.slice(index).join('.') : (parts[index] as string);
    const next = step(node, segment);
    if (next === null || segment === '' || segment === '__proto__') throw unknownPath(key, contract);
    segments.push(segment);
    node = next;
    if (isFree) break;
  }
  return { key, segments, node };
}

function unknownPath(key: string, contract: MessageContract): UsageError {
  const suggestion = nearestPath(key, contract);
  return new UsageError(`mapping[${JSON.stringify(key)}] is no field of the request.`, {
    code: 'UNKNOWN_REQUEST_FIELD',
    fix:
      suggestion === null
        ? 'Use a dotted path of the request such as messageAttributes.body; other facts go to messageAttributes.metaData.<name>.'
        : `Did you mean ${suggestion}? Facts that have no field go to messageAttributes.metaData.<name>.`,
  });
}

/** A path that is spelt nearly so, else one that ends nearly so. */
function nearestPath(key: string, { envelopeKeys, fields }: MessageContract): string | null {
  const paths = [...envelopeKeys, 'sourceUuid', ...pathsBelow(fields, '')];
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
