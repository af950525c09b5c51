/** From a draft to a valid message: what every item carries is filled in, and all of it is validated once. */
import type { FieldError } from '../errors.ts';
import { itemContract } from '../messages/contract.ts';
import { fieldErrors, required } from '../messages/field-errors.ts';
import {
  type Envelope,
  type HistoricalMessage,
  unidentifiedMessageSchema,
} from '../messages/historical-message.ts';
import { type MessageRulesContext, messageRuleErrors, type RuledItem } from '../messages/message-rules.ts';
import { textOf } from './cells.ts';
import { coerce } from './coerce.ts';
import type { Draft } from './mapper.ts';
import { noteDocument } from './note-document.ts';
import { describeColumns } from './rule.ts';
import type { CompiledRules } from './rules.ts';

type Fields = Record<string, unknown>;

/** History must never bother a living person: these are false unless the mapping says otherwise. */
const SILENCE: Readonly<Fields> = {
  internalSubscribersNotifierPop: false,
  externalSubscribersNotifierPop: false,
  threadOwnerNotifierPop: false,
  sendPhoneNotification: false,
};

/** Wraps the body of a note into the note document, if it has one. */
export function wrapNote(item: Fields): void {
  const attributes = item.messageAttributes as Fields | undefined;
  if (attributes?.type !== 'NOTE' || typeof attributes.body !== 'string') return;
  attributes.body = noteDocument(attributes.body);
}

/** Gives what a mapper returned the contract's types; faults are added to `errors`. */
export function coerceItem(item: unknown, errors: FieldError[]): Fields {
  return (coerce(item, itemContract, '', errors) ?? {}) as Fields;
}

export type Finished =
  | { readonly envelope: Envelope; readonly item: Omit<HistoricalMessage, 'sourceUuid'> }
  | { readonly errors: readonly FieldError[] };

/**
 * @param draft its item is changed
 * @param errors what has been found wrong already; faults of the same fields are not told twice
 */
export function finishDraft(
  draft: Draft,
  errors: readonly FieldError[],
  columnsOf: CompiledRules['columnsOf'],
  context: MessageRulesContext,
): Finished {
  const { item } = draft;
  completeItem(item);
  const departmentUuid = identifier(draft.departmentUuid);
  const customerUuid = identifier(draft.customerUuid);
  const parsed = unidentifiedMessageSchema.safeParse(item);
  const broken = messageRuleErrors(item as RuledItem, context);
  if (errors.length === 0 && parsed.success && broken.length === 0 && departmentUuid && customerUuid) {
    const { sentOn, receivedOn } = parsed.data;
    return sentOn && receivedOn
      ? { envelope: { departmentUuid, customerUuid }, item: parsed.data }
      : { errors: [required('sentOn')] };
  }
  const found: FieldError[] = [];
  if (!departmentUuid) found.push(required('departmentUuid'));
  if (!customerUuid) found.push(required('customerUuid'));
  if (!parsed.success) found.push(...fieldErrors(parsed.error.issues, item));
  found.push(...broken);
  const news = found.filter((error) => isNews(error, errors)).map((error) => explain(error, columnsOf));
  return { errors: [...errors, ...news] };
}

function completeItem(item: Fields): void {
  item.messageAttributes ??= {};
  item.notificationAttributes = { ...SILENCE, ...(item.notificationAttributes as Fields | undefined) };
  if (item.receivedOn === undefined && item.sentOn !== undefined) item.receivedOn = item.sentOn;
  if (item.sentOn === undefined && item.receivedOn !== undefined) item.sentOn = item.receivedOn;
}

function identifier(value: unknown): string | null {
  return textOf(value)?.trim() || null;
}

/** Fields whose fault already explains that another is missing. */
const EXPLAINED_BY: Readonly<Record<string, readonly string[]>> = {
  sentOn: ['receivedOn'],
  'messageAttributes.body': ['messageAttributes.protocol', 'messageAttributes.attachments'],
};

function isNews({ field, code }: FieldError, told: readonly FieldError[]): boolean {
  const explaining = [field, ...(code === 'REQUIRED' ? (EXPLAINED_BY[field] ?? []) : [])];
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
function explain(error: FieldError, columnsOf: CompiledRules['columnsOf']): FieldError {
  const { field, code } = error;
  const columns = columnsOf(field) ?? (field === 'sentOn' ? columnsOf('receivedOn') : null);
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
