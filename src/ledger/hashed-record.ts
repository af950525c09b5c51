/** Records with the hashes that the ledger knows them by. */
import { contentHashOf } from '../messages/content-hash.ts';
import { shortHash } from '../short-hash.ts';
import type { StagedMessage, StagedRecord, StagedReject, StagedSkip } from './ledger.ts';

interface OfRecord {
  /** SHA-256 of the record's original fields, first 16 bytes. */
  readonly recordHash: Buffer;
}

export interface HashedMessage extends StagedMessage, OfRecord {
  /** Of envelope and item: two messages with equal hashes have the same content. */
  readonly contentHash: Buffer;
}

export type HashedReject = StagedReject & OfRecord;

export type HashedRecord = HashedMessage | HashedReject | (StagedSkip & OfRecord);

export function withHashes(record: StagedRecord): HashedRecord {
  const recordHash = shortHash(record.recordJson);
  if (record.kind !== 'message') return { ...record, recordHash };
  const { departmentUuid, customerUuid, itemJson } = record;
  return { ...record, recordHash, contentHash: contentHashOf(departmentUuid, customerUuid, itemJson) };
}
