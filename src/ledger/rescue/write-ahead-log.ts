/**
 * What a ledger's write-ahead log holds, read from its bytes (format: "WAL-mode File Format" in SQLite's documentation).
 * SQLite itself ends at the first frame whose checksum is wrong and silently forgets what was committed behind it; here
 * that is told.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The lowest bit says whether checksums are big-endian. */
const MAGIC = 0x377f0682;

export interface WriteAheadLog {
  /** Null when the header cannot be read. */
  readonly pageSize: number | null;
  /** Where in the log the last committed version of each page starts. */
  readonly pageOffsets: ReadonlyMap<number, number>;
  /** Pages of the ledger after the last commit; null when nothing was committed. */
  readonly pageCount: number | null;
  /** True when something was committed that cannot be read. */
  readonly isDamaged: boolean;
}

const NOTHING = { pageSize: null, pageOffsets: new Map<number, number>(), pageCount: null };

/** @returns null when there is no log, or an empty one. */
export function readWriteAheadLog(path: string): WriteAheadLog | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return fstatSync(file).size === 0 ? null : readFrames(file);
  } finally {
    closeSync(file);
  }
}

function readFrames(file: number): WriteAheadLog {
  const header = Buffer.alloc(HEADER_BYTES);
  const readHeader = readSync(file, header, 0, HEADER_BYTES, 0);
  const magic = header.readUInt32BE(0);
  const pageSize = header.readUInt32BE(8);
  const isBigEndian = (magic & 1) === 1;
  const headerSum = checksum(header.subarray(0, 24), [0, 0], isBigEndian);
  const isHeader =
    readHeader === HEADER_BYTES &&
    (magic & ~1) >>> 0 === MAGIC &&
    isPageSize(pageSize) &&
    isChecksum(header, 24, headerSum);
  if (!isHeader) return { ...NOTHING, isDamaged: true };

  const pageOffsets = new Map<number, number>();
  let open: [page: number, offset: number][] = [];
  let pageCount: number | null = null;
  let sum = headerSum;
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + pageSize);
  for (
    let at = HEADER_BYTES;
    readSync(file, frame, 0, frame.length, at) === frame.length;
    at += frame.length
  ) {
    if (!hasSalt(frame, header)) {
      return { pageSize, pageOffsets, pageCount, isDamaged: hasLaterCommit(file, header, at, pageSize) };
    }
    sum = checksum(frame.subarray(0, 8), sum, isBigEndian);
    sum = checksum(frame.subarray(FRAME_HEADER_BYTES), sum, isBigEndian);
    if (!isChecksum(frame, 16, sum)) {
      // What a crash tore was not committed: a commit at or behind it tells damage from that.
      return { pageSize, pageOffsets, pageCount, isDamaged: hasLaterCommit(file, header, at, pageSize) };
    }
    open.push([frame.readUInt32BE(0), at + FRAME_HEADER_BYTES]);
    const committed = frame.readUInt32BE(4);
    if (committed === 0) continue;
    for (const [page, offset] of open) pageOffsets.set(page, offset);
    open = [];
    pageCount = committed;
  }
  return { pageSize, pageOffsets, pageCount, isDamaged: false };
}

/** Whether a transaction of this log's present use was committed in a frame behind the one at `from`. */
function hasLaterCommit(file: number, header: Buffer, from: number, pageSize: number): boolean {
  const frameHeader = Buffer.alloc(FRAME_HEADER_BYTES);
  const frameBytes = FRAME_HEADER_BYTES + pageSize;
  for (let at = from + frameBytes; readSync(file, frameHeader, 0, 24, at) === 24; at += frameBytes) {
    if (hasSalt(frameHeader, header) && frameHeader.readUInt32BE(4) !== 0) return true;
  }
  return false;
}

function hasSalt(frame: Buffer, header: Buffer): boolean {
  return frame.compare(header, 16, 24, 8, 16) === 0;
}

function isChecksum(bytes: Buffer, at: number, [first, second]: readonly [number, number]): boolean {
  return bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second;
}

function checksum(
  bytes: Buffer,
  [first, second]: readonly [number, number],
  isBigEndian: boolean,
): [number, number] {
  let a = first;
  let b = second;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
    b = (b + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}

export function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}
