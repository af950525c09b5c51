/** From a draft to a valid message: what every item carries is filled in, and all of it is validated once. */
import type { FieldError } from '../errors.ts';
import { required } from '../messages/field-errors.ts';
import type { Envelope, Item, MessageContract } from '../messages/message-contract.ts';
import { textOf } from './cells.ts';
import { coerce } from './coerce.ts';
import type { Draft } from './mapper.ts';
import { describeColumns } from './rule.ts';
import type { CompiledRules } from './rules.ts';

/** Gives what a mapper returned the contract's types; faults are added to `errors`. */
export function coerceItem(item: unknown, { fields }: MessageContract, errors: FieldError[]): Item {
  return (coerce(item, fields, '', errors) ?? {}) as Item;
}

export type Finished =
  | { readonly envelope: Envelope; readonly item: Item }
  | { readonly errors: readonly FieldError[] };

export interface FinishContext {
  readonly contract: MessageContract;
  readonly columnsOf: CompiledRules['columnsOf'];
  /** Wall-clock time, Unix epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * @param draft its item is changed
 * @param errors what has been found wrong already; faults of the same fields are not told twice
 */
export function finishDraft(
  draft: Draft,
  errors: readonly FieldError[],
  { contract, columnsOf, nowMs }: FinishContext,
): Finished {
  const { item } = draft;
  contract.complete(item);
  const { envelope, missing } = readEnvelope(draft, contract);
  const checked = contract.check(item, nowMs);
  if (errors.length === 0 && missing.length === 0 && checked.kind === 'valid') {
    return { envelope, item: checked.item };
  }
  const found = checked.kind === 'valid' ? missing : [...missing, ...checked.errors];
  const news = found
    .filter((error) => isNews(error, errors, contract))
    .map((error) => explain(error, columnsOf, contract));
  return { errors: [...errors, ...news] };
}

function readEnvelope(draft: Draft, { envelopeKeys }: MessageContract) {
  const envelope = { departmentUuid: '', customerUuid: '' };
  const missing: FieldError[] = [];
  for (const key of envelopeKeys) {
    const text = textOf(draft[key])?.trim();
    if (text) envelope[key] = text;
    else missing.push(required(key));
  }
  return { envelope, missing };
}

function isNews(
  { field, code }: FieldError,
  told: readonly FieldError[],
  { explainedBy }: MessageContract,
): boolean {
  const explaining = [field, ...(code === 'REQUIRED' ? (explainedBy[field] ?? []) : [])];
  return !told.some((other) =>
    explaining.some(
      (path) => other.field === path || isWithin(other.field, path) || isWithin(path, other.field),
    ),
  );
}

function isWithin(path: string, ancestor: string): boolean {
  return path.startsWith(`${ancestor}.`);
}

/** Says which column a fault comes from, and what to do in terms of the configuration. */
function explain(
  error: FieldError,
  columnsOf: CompiledRules['columnsOf'],
  { requiredKeys }: MessageContract,
): FieldError {
  const { field, code } = error;
  const keys = requiredKeys.find(([first]) => first === field) ?? [field];
  const columns = keys.map(columnsOf).find((named) => named !== null) ?? null;
  if (code !== 'REQUIRED') {
    if (columns === null || columns.length === 0) return error;
    return { ...error, message: `${describeColumns(columns)}: ${error.message}` };
  }
  if (columns === null) return { ...error, fix: `Add mapping[${JSON.stringify(field)}].` };
  if (columns.length === 0) return error;
  const where = describeColumns(columns);
  return {
    ...error,
    message: `${where}: ${error.message}`,
    fix: `Fill ${where}, skip such records, or give mapping[${JSON.stringify(field)}] a default.`,
  };
}
