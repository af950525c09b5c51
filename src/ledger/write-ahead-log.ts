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
  /** True when something was committed for certain that cannot be read. */
  readonly isDamaged: boolean;
  /** Tells this use of the log from the next, when it begins anew. */
  readonly salt: string;
}

const NOTHING = { pageSize: null, pageOffsets: new Map<number, number>(), pageCount: null, salt: '' };

/**
 * Whether a log has lost transactions. Somebody may be writing it: what is found while the log begins anew is no damage.
 */
export function isLogDamaged(path: string): boolean {
  for (let before = readWriteAheadLog(path); before?.isDamaged; ) {
    const now = readWriteAheadLog(path);
    if (now?.isDamaged && now.salt === before.salt) return true;
    before = now;
  }
  return false;
}

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

  const salt = header.toString('hex', 16, 24);
  const pageOffsets = new Map<number, number>();
  let open: [page: number, offset: number][] = [];
  let pageCount: number | null = null;
  let sum = headerSum;
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + pageSize);
  let at = HEADER_BYTES;
  for (; readSync(file, frame, 0, frame.length, at) === frame.length; at += frame.length) {
    if (!hasSalt(frame, header)) break;
    sum = checksum(frame.subarray(0, 8), sum, isBigEndian);
    sum = checksum(frame.subarray(FRAME_HEADER_BYTES), sum, isBigEndian);
    if (!isChecksum(frame, 16, sum)) break;
    open.push([frame.readUInt32BE(0), at + FRAME_HEADER_BYTES]);
    const committed = frame.readUInt32BE(4);
    if (committed === 0) continue;
    for (const [page, offset] of open) pageOffsets.set(page, offset);
    open = [];
    pageCount = committed;
  }
  const isDamaged = commitsFrom(file, header, at, frame.length) > 1;
  return { pageSize, pageOffsets, pageCount, isDamaged, salt };
}

/**
 * How many transactions of this log's present use end at or behind a frame that cannot be read. One may be torn: a crash
 * came before it was on the disk. None begins before the one before it is on the disk, so that two were committed.
 */
function commitsFrom(file: number, header: Buffer, from: number, frameBytes: number): number {
  const frameHeader = Buffer.alloc(FRAME_HEADER_BYTES);
  let commits = 0;
  for (let at = from; commits < 2; at += frameBytes) {
    if (readSync(file, frameHeader, 0, FRAME_HEADER_BYTES, at) < FRAME_HEADER_BYTES) break;
    if (hasSalt(frameHeader, header) && frameHeader.readUInt32BE(4) !== 0) commits += 1;
  }
  return commits;
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
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let a = first;
  let b = second;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + words.getUint32(at, !isBigEndian) + b) >>> 0;
    b = (b + words.getUint32(at + 4, !isBigEndian) + a) >>> 0;
  }
  return [a, b];
}

export function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}
