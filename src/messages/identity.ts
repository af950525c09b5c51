/**
 * Identity of messages whose export has none: a UUIDv5 (RFC 9562, section 5.5) of a digest over chosen fields and of
 * an occurrence number among equals within one file.
 */
import { createHash } from 'node:crypto';
import { shortHash } from '../short-hash.ts';

/** Fixed for ever: another namespace would give every message ever imported another sourceUuid. */
const NAMESPACE = Buffer.from('6f0c5b0e4f3a5d6c9b7e2a1d8c4f0e35', 'hex');

/**
 * Digest (16 bytes) of field values. Values are compared as a person would: Unicode NFC, line ends as LF, outer
 * blanks dropped, so that a re-export with other line ends gives the same identity.
 */
export function identityDigest(values: readonly string[]): Buffer {
  const canonical = values.map((value) => value.replace(/\r\n?/g, '\n').trim().normalize('NFC'));
  return shortHash(JSON.stringify(canonical));
}

/** The sourceUuid of the `occurrence`-th (0-based) record with this digest within its file. */
export function hashedSourceUuid(digest: Buffer, occurrence: number): string {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(occurrence));
  const hash = createHash('sha1').update(NAMESPACE).update(digest).update(number).digest().subarray(0, 16);
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Between the identity of a record and the recipient; it stands in no phone number. */
const PART_MARK = '~';

/** The sourceUuid of the message to one of several recipients of a record. */
export function partSourceUuid(sourceUuid: string, recipient: string): string {
  return sourceUuid + PART_MARK + recipient;
}

/** Whether a sourceUuid is that of the message to one of a record's recipients. */
export function isPartOf(sourceUuid: string, recordSourceUuid: string): boolean {
  return sourceUuid.startsWith(recordSourceUuid + PART_MARK);
}

/** The sourceUuid of the record, given that of the message to one of its recipients. */
export function recordSourceUuid(partUuid: string): string {
  return partUuid.replace(/~\+\d+$/, '');
}

/** Numbers equal digests within one input: 0 for the first, 1 for the second, … Exact, and flat in memory. */
export interface OccurrenceCounter {
  next(digest: Buffer): number;
  /** Called before each input. */
  reset(): void;
  close(): void;
}
