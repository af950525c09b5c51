/**
 * Follows the structure of one zstd frame (RFC 8878, section 3.1) without decompressing it, to know whether its end was
 * seen: Node 22's reader takes a frame that breaks off for a whole one.
 */

export interface FrameWatch {
  /** Bytes beyond the frame's end are ignored. */
  add(bytes: Buffer): void;
  isComplete(): boolean;
}

const SKIPPABLE_MAGIC = 0x184d2a5;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const CHECKSUM_BYTES = 4;
const RUN_LENGTH_BLOCK = 1;

/** Reads `bytes` bytes and says what follows them. */
interface Part {
  readonly bytes: number;
  /** @returns how many bytes to pass over, and the part that stands behind them; null at the frame's end. */
  read(bytes: Buffer): { readonly pass: number; readonly next: Part | null };
}

const magic: Part = {
  bytes: 4,
  read: (bytes) => ({
    pass: 0,
    next: bytes.readUInt32LE(0) >>> 4 === SKIPPABLE_MAGIC ? skippableSize : descriptor,
  }),
};

const skippableSize: Part = {
  bytes: 4,
  read: (bytes) => ({ pass: bytes.readUInt32LE(0), next: null }),
};

const descriptor: Part = {
  bytes: 1,
  read(bytes) {
    const flags = bytes.readUInt8(0);
    const isSingleSegment = (flags & 0x20) !== 0;
    const contentSizeFlag = flags >>> 6;
    const windowBytes = isSingleSegment ? 0 : 1;
    const contentSizeBytes =
      contentSizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[contentSizeFlag] as number);
    const dictionaryIdBytes = DICTIONARY_ID_BYTES[flags & 0x03] as number;
    const checksumBytes = (flags & 0x04) === 0 ? 0 : CHECKSUM_BYTES;
    return { pass: windowBytes + dictionaryIdBytes + contentSizeBytes, next: block(checksumBytes) };
  },
};

function block(checksumBytes: number): Part {
  const part: Part = {
    bytes: 3,
    read(bytes) {
      const header = bytes.readUIntLE(0, 3);
      const isLast = (header & 1) === 1;
      const isRunLength = ((header >>> 1) & 0x03) === RUN_LENGTH_BLOCK;
      const storedBytes = isRunLength ? 1 : header >>> 3;
      return isLast ? { pass: storedBytes + checksumBytes, next: null } : { pass: storedBytes, next: part };
    },
  };
  return part;
}

export function watchFrame(): FrameWatch {
  let part: Part | null = magic;
  let pass = 0;
  let begun: Buffer = Buffer.alloc(0);

  return {
    add(bytes) {
      let rest = bytes;
      while (rest.length > 0 && (pass > 0 || part !== null)) {
        if (pass > 0) {
          const passed = Math.min(pass, rest.length);
          pass -= passed;
          rest = rest.subarray(passed);
        } else if (part !== null) {
          const missing = part.bytes - begun.length;
          begun = Buffer.concat([begun, rest.subarray(0, missing)]);
          rest = rest.subarray(missing);
          if (begun.length < part.bytes) return;
          ({ pass, next: part } = part.read(begun));
          begun = Buffer.alloc(0);
        }
      }
    },
    isComplete: () => part === null && pass === 0,
  };
}
