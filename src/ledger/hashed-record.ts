/** Records with the hashes that the ledger knows them by. */
import { contentHashOf } from '../messages/content-hash.ts';
import { shortHash } from '../short-hash.ts';
import type { StagedMessage, StagedRecord, StagedReject, StagedSkip } from './ledger.ts';

/**
 * JSON on its way into the ledger. What came out of another thread stays the UTF-8 that the file takes: SQL says
 * `CAST(? AS TEXT)`, and nobody makes a string of it on the way.
 */
export type Json = string | Buffer;

interface OfRecord {
  /** SHA-256 of the record's original fields, first 16 bytes. */
  readonly recordHash: Buffer;
}

export interface HashedMessage extends Omit<StagedMessage, 'itemJson' | 'recordJson'>, OfRecord {
  readonly itemJson: Json;
  readonly recordJson: Json;
  /** Of envelope and item: two messages with equal hashes have the same content. */
  readonly contentHash: Buffer;
}

export interface HashedReject extends Omit<StagedReject, 'recordJson'>, OfRecord {
  readonly recordJson: Json;
}

export type HashedRecord = HashedMessage | HashedReject | (StagedSkip & OfRecord);

export function withHashes(record: StagedRecord): HashedRecord {
  const recordHash = shortHash(record.recordJson);
  if (record.kind !== 'message') return { ...record, recordHash };
  const { departmentUuid, customerUuid, itemJson } = record;
  return { ...record, recordHash, contentHash: contentHashOf(departmentUuid, customerUuid, itemJson) };
}
