/** All rules of a mapping, compiled and held against the contract and each other. */

import type { RuleObject } from '../config/mapping-schema.ts';
import type { Config } from '../config/schema.ts';
import { type FieldError, UsageError } from '../errors.ts';
import type { Envelope, MessageContract } from '../messages/message-contract.ts';
import type { SourceRecord } from '../sources/source.ts';
import { trimBlanks } from './blanks.ts';
import { textOf } from './cells.ts';
import { checkConstants } from './constants.ts';
import { type Builder, compileItem, type PathRule } from './item-builder.ts';
import type { LoadedLookups } from './lookup.ts';
import { type CompiledVersion, compileVersion, VERSION_KEY } from './message-version.ts';
import { type CompiledIdentity, compileIdentity } from './record-identity.ts';
import { parseRequestPath } from './request-path.ts';
import { compileRule, FAILED, type ValueReader } from './rule.ts';

type TextReader = (fields: SourceRecord['fields'], errors: FieldError[]) => string | undefined;

export interface CompiledRules {
  /** Null when a mapper is to give it. */
  readonly identity: CompiledIdentity | null;
  readonly version: CompiledVersion['read'];
  readonly envelope: readonly { readonly key: keyof Envelope; readonly read: TextReader }[];
  readonly buildItem: Builder;
  /** Whether the bodies of notes become note documents. */
  readonly wrapsNotes: boolean;
  /** Every column that a rule names. */
  readonly columns: ReadonlySet<string>;
  /** The columns from which a request field comes; null when no rule gives it. */
  columnsOf(field: string): readonly string[] | null;
}

/**
 * @param hasMapper whether a mapper may give what the rules do not
 * @throws {UsageError} MISSING_RULE, UNKNOWN_REQUEST_FIELD, CONFLICTING_RULES, BAD_CONSTANT, or what single rules throw
 */
export function compileRules(
  mapping: Config['mapping'],
  lookups: LoadedLookups,
  contract: MessageContract,
  hasMapper: boolean,
): CompiledRules {
  const columnsByKey = new Map<string, readonly string[]>();
  const itemRules: PathRule[] = [];
  const envelope = new Map<string, TextReader>();
  let identity: CompiledIdentity | null = null;
  let version: CompiledVersion | null = null;
  for (const [key, given] of Object.entries(mapping)) {
    if (key === 'sourceUuid') {
      identity = compileIdentity(given, lookups);
      columnsByKey.set(key, identity.columns);
      continue;
    }
    if (key === VERSION_KEY) {
      version = compileVersion(given, lookups);
      columnsByKey.set(key, version.columns);
      continue;
    }
    const rule: RuleObject = typeof given === 'string' ? { from: given } : given;
    const isEnvelope = (contract.envelopeKeys as readonly string[]).includes(key);
    const path = isEnvelope ? null : parseRequestPath(key, contract);
    const { read, columns } = compileRule(key, rule, lookups);
    columnsByKey.set(key, columns);
    if (path === null) {
      envelope.set(key, textReader(key, read));
    } else {
      checkConstants(path, rule, contract.fields);
      itemRules.push({ path, read });
    }
  }
  // Last: a misspelt key is told as what it is, not as the rule that is missing for it.
  if (!hasMapper) requireRules(mapping, contract);
  const absent: TextReader = () => undefined;
  const bodyRule = mapping['messageAttributes.body'];
  return {
    identity,
    version: version?.read ?? (() => null),
    envelope: contract.envelopeKeys.map((key) => ({ key, read: envelope.get(key) ?? absent })),
    buildItem: compileItem(itemRules, contract.fields),
    wrapsNotes: typeof bodyRule === 'object' && bodyRule.noteDocument === true,
    columns: new Set([...columnsByKey.values()].flat()),
    columnsOf: (field) => nearestAncestor(columnsByKey, field),
  };
}

/** Identifiers lose their outer blanks: they stand in the path of the request. */
function textReader(key: string, read: ValueReader): TextReader {
  return (fields, errors) => {
    const value = read(fields, errors);
    if (value === undefined || value === FAILED) return undefined;
    const text = textOf(value);
    if (text !== null) return trimBlanks(text) || undefined;
    errors.push({
      field: key,
      code: 'WRONG_TYPE',
      message: `${key} must be one text, not a list or an object`,
      fix: 'Name the value inside it with a dotted path.',
    });
    return undefined;
  };
}

function nearestAncestor<Value>(byKey: ReadonlyMap<string, Value>, field: string): Value | null {
  for (let path = field; ; path = path.slice(0, path.lastIndexOf('.'))) {
    const value = byKey.get(path);
    if (value !== undefined) return value;
    if (!path.includes('.')) return null;
  }
}

/** Whether some rule gives the field, by itself or as part of a whole. */
export function isRuled(mapping: Config['mapping'], field: string): boolean {
  return nearestAncestor(new Map(Object.entries(mapping)), field) !== null;
}

function requireRules(mapping: Config['mapping'], { requiredKeys }: MessageContract): void {
  const missing = requiredKeys.filter((keys) => !keys.some((key) => isRuled(mapping, key)));
  if (missing.length === 0) return;
  const names = missing.map((keys) => keys.join(' or ')).join(', ');
  throw new UsageError(`The mapping has no rule for ${names}, without which no message is valid.`, {
    code: 'MISSING_RULE',
    fix: 'Add the rules to mapping: a column name, or { "value": … } for a constant.',
  });
}
