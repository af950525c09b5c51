import { shortHash } from '../short-hash.ts';

/** Of envelope and item, first 16 bytes: two messages with equal hashes have the same content. */
export function contentHashOf(departmentUuid: string, customerUuid: string, itemJson: string): Buffer {
  return shortHash(JSON.stringify([departmentUuid, customerUuid]) + itemJson);
}
