/** The mapping, compiled: identity, skip rules, rules, mapper, validation, in this order for each record. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { FieldError } from '../errors.ts';
import { messageContractOf } from '../messages/contract-of.ts';
import { required } from '../messages/field-errors.ts';
import type { MessageContract } from '../messages/message-contract.ts';
import type { SourceRecord } from '../sources/source.ts';
import { textOf } from './cells.ts';
import { compileCodeSightings } from './code-sightings.ts';
import { coerceItem, finishDraft } from './draft.ts';
import { mappingFingerprint } from './fingerprint.ts';
import { checkColumns } from './header.ts';
import type { LoadedLookups } from './lookup.ts';
import { compileMapper, type Draft, type LoadedMapper } from './mapper.ts';
import type { Advice, Identity, Mapping, MappingResult, RejectedRecord } from './mapping.ts';
import { expandPreset, type MappingConfig } from './presets/expand.ts';
import { compileRules, isRuled } from './rules.ts';
import { compileSkip } from './skip.ts';

export interface CompileOptions {
  readonly config: MappingConfig;
  readonly lookups: LoadedLookups;
  readonly mapper: LoadedMapper | null;
  /** Tells drafts that are scheduled for the future; nothing else depends on it. */
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** @throws {UsageError} when a rule makes no sense; its code says which way */
export function compileMapping({ config, lookups, mapper, clock }: CompileOptions): Mapping {
  const contract = messageContractOf(config.destination);
  const expanded = expandPreset(config);
  const { mapping, skip } = expanded;
  const rules = compileRules(mapping, lookups, contract, mapper !== null);
  const skipReason = compileSkip(skip);
  const runMapper = mapper === null ? null : compileMapper(mapper, lookups);
  const readCodes = compileCodeSightings(expanded);
  const columns = new Set([...rules.columns, ...skip.map(({ from }) => from)]);

  function map(given: SourceRecord): MappingResult {
    if (given.problems && given.problems.length > 0) return rejected(given.problems, null);
    const record = expanded.withDerived(given);
    let errors: FieldError[] = [];
    let identity = rules.identity?.read(record, errors) ?? null;
    const reason = skipReason(record.fields);
    if (reason !== null) return { kind: 'skipped', reason, identity };

    const version = rules.version(record.fields, errors);
    let draft = draftOf(record, errors);
    if (runMapper !== null) {
      if (identity?.kind === 'given') draft.sourceUuid = identity.sourceUuid;
      const outcome = runMapper(record, draft);
      if (outcome.kind === 'skip') return { kind: 'skipped', reason: outcome.reason, identity };
      if (outcome.kind === 'reject') return rejected([...errors, outcome.error], identity, draft);
      draft = outcome.draft;
      errors = errors.filter(({ field }) => !isGiven(draft, field));
      identity = identityAfterMapper(draft, identity, errors);
      draft = { ...draft, item: coerceItem(draft.item, contract, errors) };
    }
    const finished = finishDraft(draft, errors, {
      ...{ contract, columnsOf: rules.columnsOf },
      nowMs: clock.nowMs(),
    });
    if ('errors' in finished || identity === null) {
      return rejected('errors' in finished ? finished.errors : errors, identity, draft);
    }
    const messages = contract.messagesOf(finished.item, finished.envelope);
    const [message] = messages;
    if (message === undefined || messages.length > 1) return { kind: 'several', identity, version, messages };
    const { envelope, item, sentAtUtcMs } = message;
    return { kind: 'message', identity, envelope, item, sentAtUtcMs, version };
  }

  function draftOf({ fields }: SourceRecord, errors: FieldError[]): Draft {
    const draft: Draft = { item: {} };
    for (const { key, read } of rules.envelope) draft[key] = read(fields, errors);
    draft.item = (rules.buildItem(fields, errors) ?? {}) as Draft['item'];
    if (rules.wrapsNotes) contract.wrapNote(draft.item);
    return draft;
  }

  return {
    contract,
    fingerprint: mappingFingerprint(
      { mapping, skip, lookups: config.lookups },
      { contract, lookups, mapper, preset: expanded.decisive },
    ),
    advice: [
      ...adviceOn(mapping, contract, mapper),
      ...expanded.advice,
      ...[...lookups.values()].flatMap(({ advice }) => advice),
    ],
    checkHeader: (header) => checkColumns(columns, header, expanded.mayLack),
    map,
    codesOf: (record) => readCodes(expanded.withDerived(record).fields),
  };
}

function rejected(
  errors: readonly FieldError[],
  identity: Identity | null,
  draft?: Pick<Draft, 'customerUuid'>,
): RejectedRecord {
  const customerUuid = textOf(draft?.customerUuid)?.trim();
  return { kind: 'rejected', errors, identity, ...(customerUuid ? { customerUuid } : {}) };
}

/** Whether the mapper gave a value to the field of a fault. */
function isGiven(draft: Draft, field: string): boolean {
  const isEnvelopeOrIdentity = Object.hasOwn(draft, field) && field !== 'item';
  let value: unknown = isEnvelopeOrIdentity ? draft : draft.item;
  for (const segment of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return false;
    value = (value as Record<string, unknown>)[segment];
  }
  return value !== undefined && value !== null && value !== '';
}

/** A sourceUuid that the mapper sets is the identity; otherwise the rules' stands. */
function identityAfterMapper(draft: Draft, ofRules: Identity | null, errors: FieldError[]): Identity | null {
  const sourceUuid = textOf(draft.sourceUuid)?.trim();
  if (sourceUuid) return { kind: 'given', sourceUuid };
  if (ofRules === null && !errors.some(({ field }) => field === 'sourceUuid')) {
    errors.push(required('sourceUuid', 'Add mapping["sourceUuid"], or set sourceUuid in the mapper.'));
  }
  return ofRules;
}

function adviceOn(
  mapping: Config['mapping'],
  { recommendedKeys }: MessageContract,
  mapper: LoadedMapper | null,
): Advice[] {
  if (mapper !== null) return [];
  return recommendedKeys
    .filter(({ key }) => !isRuled(mapping, key))
    .map(({ code, message, fix }) => ({ code, message, fix }));
}
