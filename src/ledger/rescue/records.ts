/**
 * Rows of tables and indexes, read from the bytes of b-tree pages (formats: "Database File Format" in SQLite's
 * documentation). What SQLite would not have written so is not whole: each number must stand in its shortest form, and
 * each row must fill the room that it claims to the byte.
 */

export type Value = number | string | Buffer | null;
export type Row = readonly Value[];

export const PAGE_KIND = {
  indexInterior: 2,
  tableInterior: 5,
  indexLeaf: 10,
  tableLeaf: 13,
} as const;

/** One cell of a page; `row` is null when it cannot be read whole. */
export interface Cell {
  /** Of tables; null in indexes. */
  readonly rowid: number | null;
  readonly row: Row | null;
}

export interface PageReader {
  readonly pageSize: number;
  readonly pageCount: number;
  page(number: number): Buffer | null;
}

/** Nothing that the program writes into one row comes near it. */
const MOST_ROW_BYTES = 100_000_000;
const OFFSET_ON_FIRST_PAGE = 100;

/** Where the b-tree's own header begins on a page. */
export function headerOffset(number: number): number {
  return number === 1 ? OFFSET_ON_FIRST_PAGE : 0;
}

/** What stands on a page of a b-tree; null when it is none. */
export function pageKind(bytes: Buffer | null, number: number): number | null {
  const kind = bytes?.[headerOffset(number)];
  return Object.values(PAGE_KIND).find((known) => known === kind) ?? null;
}

/** Pages below an interior page; numbers that cannot be are left out. */
export function childPages(bytes: Buffer, number: number): readonly number[] {
  const at = headerOffset(number);
  if (bytes.length < at + 12) return [];
  const children = cellOffsets(bytes, at, 12)
    .filter((offset) => offset + 4 <= bytes.length)
    .map((offset) => bytes.readUInt32BE(offset));
  return [...children, bytes.readUInt32BE(at + 8)].filter((child) => child > 1);
}

/** The cells of a leaf page, or of an interior page of an index. */
export function* cells(bytes: Buffer, number: number, reader: PageReader): Generator<Cell> {
  const at = headerOffset(number);
  const kind = bytes[at];
  const isTable = kind === PAGE_KIND.tableLeaf;
  const isInterior = kind === PAGE_KIND.indexInterior;
  if (bytes.length < at + 12) return;
  for (const offset of cellOffsets(bytes, at, isInterior ? 12 : 8)) {
    yield readCell(bytes, isInterior ? offset + 4 : offset, isTable, reader);
  }
}

function cellOffsets(bytes: Buffer, at: number, headerBytes: number): readonly number[] {
  const room = Math.floor((bytes.length - at - headerBytes) / 2);
  const count = Math.min(bytes.readUInt16BE(at + 3), Math.max(room, 0));
  return Array.from({ length: count }, (_, index) => bytes.readUInt16BE(at + headerBytes + 2 * index));
}

const UNREADABLE: Cell = { rowid: null, row: null };

function readCell(bytes: Buffer, offset: number, isTable: boolean, reader: PageReader): Cell {
  const size = readVarint(bytes, offset);
  if (size === null || size.value < 1 || size.value > MOST_ROW_BYTES) return UNREADABLE;
  const rowid = isTable ? readVarint(bytes, size.next) : null;
  if (isTable && rowid === null) return UNREADABLE;
  const payload = readPayload(bytes, rowid?.next ?? size.next, size.value, isTable, reader);
  return { rowid: rowid?.value ?? null, row: payload === null ? null : readRow(payload) };
}

/** The row's bytes, with those that did not fit on its page. */
function readPayload(
  bytes: Buffer,
  offset: number,
  size: number,
  isTable: boolean,
  reader: PageReader,
): Buffer | null {
  const usable = reader.pageSize;
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (size <= most) return slice(bytes, offset, size);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wished = least + ((size - least) % (usable - 4));
  const local = wished <= most ? wished : least;
  const start = slice(bytes, offset, local + 4);
  if (start === null) return null;
  const parts = [start.subarray(0, local)];
  const seen = new Set<number>();
  let next = start.readUInt32BE(local);
  for (let missing = size - local; missing > 0; ) {
    if (next < 2 || next > reader.pageCount || seen.has(next)) return null;
    seen.add(next);
    const page = reader.page(next);
    const part = page === null ? null : slice(page, 4, Math.min(missing, usable - 4));
    if (page === null || part === null) return null;
    parts.push(part);
    missing -= part.length;
    next = page.readUInt32BE(0);
  }
  return next === 0 ? Buffer.concat(parts) : null;
}

function readRow(payload: Buffer): Row | null {
  const header = readVarint(payload, 0);
  if (header === null || header.value > payload.length) return null;
  const values: Value[] = [];
  let at = header.value;
  let place = header.next;
  while (place < header.value) {
    const type = readVarint(payload, place);
    if (type === null) return null;
    const value = readValue(payload, at, type.value);
    if (value === undefined) return null;
    values.push(value.value);
    at = value.next;
    place = type.next;
  }
  return place === header.value && at === payload.length ? values : null;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6];
/** Nobody's text holds it, and it is what a lost sector reads as. */
const ZEROED = Buffer.alloc(8);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readValue(bytes: Buffer, at: number, type: number): { value: Value; next: number } | undefined {
  if (type === 0) return { value: null, next: at };
  if (type === 8 || type === 9) return { value: type - 8, next: at };
  if (type <= 6) return readInteger(bytes, at, type);
  if (type === 7) return at + 8 <= bytes.length ? { value: bytes.readDoubleBE(at), next: at + 8 } : undefined;
  if (type < 12) return undefined;
  const length = (type - (type % 2 === 0 ? 12 : 13)) / 2;
  const content = slice(bytes, at, length);
  if (content === null) return undefined;
  const next = at + length;
  if (type % 2 === 0) return { value: Buffer.from(content), next };
  if (content.includes(ZEROED)) return undefined;
  try {
    return { value: utf8.decode(content), next };
  } catch {
    return undefined;
  }
}

function readInteger(bytes: Buffer, at: number, type: number): { value: number; next: number } | undefined {
  const length = type === 6 ? 8 : (INTEGER_BYTES[type] as number);
  if (at + length > bytes.length) return undefined;
  const value = type === 6 ? Number(bytes.readBigInt64BE(at)) : bytes.readIntBE(at, length);
  if (!Number.isSafeInteger(value) || shortestType(value) !== type) return undefined;
  return { value, next: at + length };
}

function shortestType(value: number): number {
  if (value === 0 || value === 1) return 8 + value;
  const bits = [7, 15, 23, 31, 47].findIndex((power) => value >= -(2 ** power) && value < 2 ** power);
  return bits === -1 ? 6 : bits + 1;
}

/** Of what a ledger holds, none takes more than seven bytes; longer ones, negative rowids among them, are damage. */
const MOST_VARINT_BYTES = 7;

function readVarint(bytes: Buffer, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let next = at; next < at + MOST_VARINT_BYTES; next++) {
    const byte = bytes[next];
    if (byte === undefined) return null;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: next + 1 };
  }
  return null;
}

function slice(bytes: Buffer, at: number, length: number): Buffer | null {
  return at + length <= bytes.length ? bytes.subarray(at, at + length) : null;
}
