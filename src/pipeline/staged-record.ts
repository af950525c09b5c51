/** Turns a record and what the mapping made of it into what the ledger keeps. */
import type { StagedMessage, StagedRecord, StagedSkip } from '../ledger/ledger.ts';
import type { Identity, MappedMessage, MappedMessages, Mapping, MappingResult } from '../mapping/mapping.ts';
import {
  hashedSourceUuid,
  isPartOf,
  type OccurrenceCounter,
  partSourceUuid,
  recordSourceUuid,
} from '../messages/identity.ts';
import type { AddressedItem, MessageContract } from '../messages/message-contract.ts';
import { shortHash } from '../short-hash.ts';
import type { SourceRecord } from '../sources/source.ts';

/**
 * What the ledger keeps of a record: one entry, or one for each message of a record that reaches several people, and
 * then each is counted like a record of its own.
 */
export function toStagedRecords(
  record: SourceRecord,
  mapping: Mapping,
  occurrences: OccurrenceCounter,
): readonly StagedRecord[] {
  const recordJson = JSON.stringify(record.fields);
  const base: StagedBase = {
    position: record.position,
    recordJson,
    ...(record.origin === undefined ? {} : { origin: record.origin }),
  };
  const result = mapRecord(record, mapping);
  // Every record takes its number, skipped and rejected ones too: what becomes of a record must never change
  // the identity of its equals.
  const sourceUuid = sourceUuidOf(result.identity, occurrences);
  switch (result.kind) {
    case 'skipped':
      return [{ ...base, kind: 'skipped', reason: result.reason }];
    case 'rejected': {
      const unreadable = record.problems !== undefined;
      const { errors, customerUuid } = result;
      const customer = customerUuid === undefined ? {} : { customerUuid };
      return [{ ...base, kind: 'rejected', errors, unreadable, sourceUuid, ...customer }];
    }
    case 'message':
    case 'several': {
      const { version } = result;
      return identified(result, sourceUuid as string, record.origin?.sourceUuid ?? null).map(
        ([message, uuid]) => stagedMessage(base, message, { sourceUuid: uuid, version }, mapping),
      );
    }
  }
}

/** What is kept of every record, whatever becomes of it. */
type StagedBase = Omit<StagedSkip, 'kind' | 'reason'>;

type Addressed = Omit<AddressedItem, 'recipient'>;

/**
 * Each message with its sourceUuid. One that is fed back from an export keeps the identity that it had there; of
 * several it speaks for itself alone, whatever has become of the others.
 *
 * @param fedBackAs the identity in the export file; null for records of other files
 */
function identified(
  result: MappedMessage | MappedMessages,
  sourceUuid: string,
  fedBackAs: string | null,
): readonly (readonly [Addressed, string])[] {
  if (result.kind === 'message') {
    const isPart = fedBackAs !== null && isPartOf(fedBackAs, sourceUuid);
    return [[result, isPart ? fedBackAs : sourceUuid]];
  }
  const ofRecord = sourceUuid === fedBackAs ? recordSourceUuid(sourceUuid) : sourceUuid;
  const parts = result.messages.map(
    (message) => [message, partSourceUuid(ofRecord, message.recipient as string)] as const,
  );
  const fedBack = parts.filter(([, uuid]) => uuid === fedBackAs);
  return fedBack.length > 0 ? fedBack : parts;
}

function stagedMessage(
  { position, recordJson, origin }: StagedBase,
  { envelope, item, sentAtUtcMs }: Addressed,
  { sourceUuid, version }: Required<Pick<StagedMessage, 'sourceUuid' | 'version'>>,
  { contract }: Mapping,
): StagedMessage {
  const { departmentUuid, customerUuid } = envelope;
  const itemJson = JSON.stringify(contract.identified(item, sourceUuid));
  const message: StagedMessage = {
    kind: 'message',
    position,
    recordJson,
    sourceUuid,
    departmentUuid,
    customerUuid,
    sentAtUtcMs,
    type: contract.typeOf(item),
    itemJson,
    version,
  };
  if (origin === undefined && contract.allowsRepeatedTexts) return message;
  return {
    ...message,
    ...(origin === undefined ? {} : { origin }),
    ...(contract.allowsRepeatedTexts ? {} : { once: onceOf(customerUuid, contract.textOf(item), contract) }),
  };
}

function onceOf(
  customerUuid: string,
  text: string,
  { textField }: MessageContract,
): NonNullable<StagedMessage['once']> {
  return {
    textHash: shortHash(JSON.stringify([customerUuid, text])),
    error: {
      field: textField,
      code: 'DUPLICATE_TEXT',
      message: 'the same text to the same customer is sent already by this run',
      fix: 'Dismiss it, feed it back on its own to have it sent, or set destination.allowDuplicateTexts to true.',
    },
  };
}

/** A record that could not be read is never mapped: its fields may not stand where they seem to. */
function mapRecord(record: SourceRecord, mapping: Mapping): MappingResult {
  if (record.passedOver !== undefined) return { kind: 'skipped', reason: record.passedOver, identity: null };
  return record.problems === undefined
    ? mapping.map(record)
    : { kind: 'rejected', errors: record.problems, identity: null };
}

function sourceUuidOf(identity: Identity | null, occurrences: OccurrenceCounter): string | null {
  if (identity === null) return null;
  return identity.kind === 'given'
    ? identity.sourceUuid
    : hashedSourceUuid(identity.digest, occurrences.next(identity.digest));
}
