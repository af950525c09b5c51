/** Turns a record and what the mapping made of it into what the ledger keeps. */
import { hash } from 'node:crypto';
import type { StagedRecord } from '../ledger/ledger.ts';
import type { Identity, Mapping, MappingResult } from '../mapping/mapping.ts';
import { hashedSourceUuid, type OccurrenceCounter } from '../messages/identity.ts';
import type { SourceRecord } from '../sources/source.ts';

/** 128 bits tell a billion records apart with certainty for all purposes, at half the room of the whole digest. */
const KEPT_HASH_BYTES = 16;

export function toStagedRecord(
  record: SourceRecord,
  mapping: Mapping,
  occurrences: OccurrenceCounter,
): StagedRecord {
  const recordJson = JSON.stringify(record.fields);
  const base = {
    position: record.position,
    recordHash: shortHash(recordJson),
    recordJson,
    ...(record.origin === undefined ? {} : { origin: record.origin }),
  };
  const result = mapRecord(record, mapping);
  // Every record takes its number, skipped and rejected ones too: what becomes of a record must never change
  // the identity of its equals.
  const sourceUuid = sourceUuidOf(result.identity, occurrences);
  switch (result.kind) {
    case 'skipped':
      return { ...base, kind: 'skipped', reason: result.reason };
    case 'rejected':
      return {
        ...base,
        kind: 'rejected',
        errors: result.errors,
        unreadable: record.problems !== undefined,
        sourceUuid,
      };
    case 'message': {
      const { departmentUuid, customerUuid } = result.envelope;
      const { contract } = mapping;
      const itemJson = JSON.stringify(contract.identified(result.item, sourceUuid as string));
      return {
        ...base,
        kind: 'message',
        sourceUuid: sourceUuid as string,
        departmentUuid,
        customerUuid,
        sentAtUtcMs: result.sentAtUtcMs,
        version: result.version,
        type: contract.typeOf(result.item),
        contentHash: shortHash(JSON.stringify([departmentUuid, customerUuid]) + itemJson),
        itemJson,
        itemBytes: Buffer.byteLength(itemJson),
      };
    }
  }
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

function shortHash(text: string): Buffer {
  return hash('sha256', text, 'buffer').subarray(0, KEPT_HASH_BYTES);
}
