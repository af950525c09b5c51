/**
 * Says of most identities that are not there that they are not, from a fixed room (a Bloom filter; Bloom 1970, in blocks of a
 * cache line as Putze, Sanders and Singler 2007 propose). Of ten million in it, one in thirty others is taken for one of them
 * and has to be looked up, of a million none; the room stays as it is, and beyond it more and more have to.
 */
export interface AbsenceFilter {
  /** @param digest twelve bytes of it count, evenly distributed */
  add(digest: Buffer): void;
  /** False: it was never added. */
  mayHave(digest: Buffer): boolean;
}

const BYTES = 8 * 1_024 * 1_024;
/** One line of a processor's cache. */
const BLOCK_BYTES = 64;
/** Where in a digest the places of its bits stand. The first four bytes say which block it is. */
const PROBES = [4, 6, 8, 10] as const;

export function createAbsenceFilter(): AbsenceFilter {
  const bits = new Uint8Array(BYTES);
  const blockOf = (digest: Buffer) => (digest.readUInt32LE(0) % (BYTES / BLOCK_BYTES)) * BLOCK_BYTES;
  return {
    add(digest) {
      const block = blockOf(digest);
      for (const probe of PROBES) {
        const bit = digest.readUInt16LE(probe) % (BLOCK_BYTES * 8);
        (bits[block + (bit >>> 3)] as number) |= 1 << (bit & 7);
      }
    },
    mayHave(digest) {
      const block = blockOf(digest);
      return PROBES.every((probe) => {
        const bit = digest.readUInt16LE(probe) % (BLOCK_BYTES * 8);
        return ((bits[block + (bit >>> 3)] as number) & (1 << (bit & 7))) !== 0;
      });
    },
  };
}
