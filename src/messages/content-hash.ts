import { shortHash } from '../short-hash.ts';

/** Of envelope and item, first 16 bytes: two messages with equal hashes have the same content. */
export function contentHashOf(departmentUuid: string, customerUuid: string, itemJson: string): Buffer {
  return shortHash(envelopeJson(departmentUuid, customerUuid) + itemJson);
}

/** What stands before the item in what is hashed. */
export function envelopeJson(departmentUuid: string, customerUuid: string): string {
  return JSON.stringify([departmentUuid, customerUuid]);
}
