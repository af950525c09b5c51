/** Puts the values of the rules together into one request item, in the contract's order and without anything empty. */
import { type FieldError, UsageError } from '../errors.ts';
import { type ContractNode, step } from '../messages/contract-tree.ts';
import type { SourceRecord } from '../sources/source.ts';
import { coerce } from './coerce.ts';
import type { RequestPath } from './request-path.ts';
import { FAILED, type ValueReader } from './rule.ts';

/** Faults are added to `errors`; undefined when nothing is there. */
export type Builder = (fields: SourceRecord['fields'], errors: FieldError[]) => unknown;

export interface PathRule {
  readonly path: RequestPath;
  readonly read: ValueReader;
}

/**
 * Objects with free names may have a rule for the whole and others for single names, which win.
 *
 * @throws {UsageError} CONFLICTING_RULES when one rule gives any other whole of which another gives a part.
 */
export function compileItem(rules: readonly PathRule[], fields: ContractNode): Builder {
  const root: Branch = { children: new Map() };
  for (const rule of rules) plant(root, rule);
  return compileBranch(root, fields);
}

interface Branch {
  readonly children: Map<string, Branch>;
  rule?: PathRule;
}

function plant(root: Branch, rule: PathRule): void {
  let branch = root;
  for (const segment of rule.path.segments) {
    if (branch.rule && !isFree(branch.rule)) throw conflict(branch.rule, rule);
    let child = branch.children.get(segment);
    if (child === undefined) {
      child = { children: new Map() };
      branch.children.set(segment, child);
    }
    branch = child;
  }
  const [part] = rulesBelow(branch);
  if (part && !isFree(rule)) throw conflict(rule, part);
  branch.rule = rule;
}

function isFree({ path: { node } }: PathRule): boolean {
  return node.kind === 'free';
}

function* rulesBelow(branch: Branch): Generator<PathRule> {
  if (branch.rule) yield branch.rule;
  for (const child of branch.children.values()) yield* rulesBelow(child);
}

function conflict(whole: PathRule, part: PathRule): UsageError {
  return new UsageError(
    `mapping[${JSON.stringify(whole.path.key)}] gives the whole of which mapping[${JSON.stringify(part.path.key)}] gives a part.`,
    { code: 'CONFLICTING_RULES', fix: 'Keep one of the two rules.' },
  );
}

function compileBranch(branch: Branch, node: ContractNode): Builder {
  const whole = branch.rule ? compileLeaf(branch.rule) : null;
  if (whole !== null && branch.children.size === 0) return whole;
  const parts = [...branch.children.keys()].sort(orderOf(node)).map((name) => ({
    name,
    build: compileBranch(branch.children.get(name) as Branch, step(node, name) as ContractNode),
  }));
  if (node.kind === 'list') return listBuilder(parts);
  return whole === null ? objectBuilder(parts) : freeBuilder(whole, objectBuilder(parts));
}

interface Part {
  readonly name: string;
  readonly build: Builder;
}

function objectBuilder(parts: readonly Part[]): Builder {
  return (fields, errors) => {
    let object: Record<string, unknown> | undefined;
    for (const { name, build } of parts) {
      const value = build(fields, errors);
      if (value === undefined) continue;
      object ??= {};
      object[name] = value;
    }
    return object;
  };
}

/** Names in order, whichever rule gave them, so that equal content gives equal bytes. */
function freeBuilder(buildWhole: Builder, buildParts: Builder): Builder {
  return (fields, errors) => {
    const whole = buildWhole(fields, errors) as Record<string, unknown> | undefined;
    const parts = buildParts(fields, errors) as Record<string, unknown> | undefined;
    if (whole === undefined || parts === undefined) return whole ?? parts;
    const all = { ...whole, ...parts };
    return Object.fromEntries(
      Object.keys(all)
        .sort()
        .map((name) => [name, all[name]]),
    );
  };
}

/** Positions order the elements; one that is absent leaves no hole. */
function listBuilder(parts: readonly Part[]): Builder {
  return (fields, errors) => {
    const list = parts.map(({ build }) => build(fields, errors)).filter((value) => value !== undefined);
    return list.length === 0 ? undefined : list;
  };
}

function compileLeaf({ path: { key, node }, read }: PathRule): Builder {
  return (fields, errors) => {
    const value = read(fields, errors);
    return value === undefined || value === FAILED ? undefined : coerce(value, node, key, errors);
  };
}

function orderOf(node: ContractNode): (a: string, b: string) => number {
  if (node.kind === 'list') return (a, b) => Number(a) - Number(b);
  if (node.kind !== 'object') return (a, b) => (a < b ? -1 : 1);
  const order = [...node.fields.keys()];
  return (a, b) => order.indexOf(a) - order.indexOf(b);
}
