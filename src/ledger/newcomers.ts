/**
 * Identities that are in no table yet, in memory: a hash table with open addressing, of 20 bytes a place. In a Map they
 * take several times as much, and the garbage collector walks over them again and again.
 */
import type { MessageId } from './ledger.ts';

export interface Newcomers {
  readonly size: number;
  /**
   * @param digest of the identity
   * @param isOf whether a message has the identity itself: others may have the same digest
   */
  find(digest: Buffer, isOf: (id: MessageId) => boolean): MessageId | null;
  /** One that was not found. */
  add(digest: Buffer, id: MessageId): void;
  /** What was kept of each digest, as much as an `AbsenceFilter` needs. */
  digests(): Iterable<Buffer>;
  clear(): void;
}

/** Of each digest. */
const DIGEST_BYTES = 12;
const FEWEST_PLACES = 1_024;
/** Fuller, it takes many looks to find that something is not there. */
const FULL = 2 / 3;

export function createNewcomers(): Newcomers {
  let places = createPlaces(FEWEST_PLACES);
  let size = 0;

  function grow(): void {
    const { ids, digests } = places;
    places = createPlaces(ids.length * 2);
    for (const [place, id] of ids.entries()) {
      if (id !== 0) put(digestAt(digests, place), id);
    }
  }

  function put(digest: Buffer, id: MessageId): void {
    const { ids, digests } = places;
    let place = digest.readUInt32LE(0) & (ids.length - 1);
    while (ids[place] !== 0) place = (place + 1) & (ids.length - 1);
    ids[place] = id;
    digest.copy(digests, place * DIGEST_BYTES, 0, DIGEST_BYTES);
  }

  return {
    get size() {
      return size;
    },
    find(digest, isOf) {
      const { ids, digests } = places;
      for (
        let place = digest.readUInt32LE(0) & (ids.length - 1);
        ids[place] !== 0;
        place = (place + 1) & (ids.length - 1)
      ) {
        const id = ids[place] as MessageId;
        if (isBeginningAt(digests, place * DIGEST_BYTES, digest) && isOf(id)) return id;
      }
      return null;
    },
    add(digest, id) {
      if (size + 1 > places.ids.length * FULL) grow();
      put(digest, id);
      size += 1;
    },
    *digests() {
      const { ids, digests } = places;
      for (const [place, id] of ids.entries()) if (id !== 0) yield digestAt(digests, place);
    },
    clear() {
      places.ids.fill(0);
      size = 0;
    },
  };
}

/** Message ids, 0 where there is none, and the digests of their identities. */
function createPlaces(count: number) {
  return { ids: new Float64Array(count), digests: Buffer.alloc(count * DIGEST_BYTES) };
}

function digestAt(digests: Buffer, place: number): Buffer {
  return digests.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
}

/** Eight bytes tell nearly all apart; a call of `compare` takes longer than all the rest. */
function isBeginningAt(digests: Buffer, at: number, digest: Buffer): boolean {
  return (
    digests.readUInt32LE(at) === digest.readUInt32LE(0) &&
    digests.readUInt32LE(at + 4) === digest.readUInt32LE(4)
  );
}
