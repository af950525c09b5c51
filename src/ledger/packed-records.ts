/**
 * Staged records as another thread gets them. Sent as they are, a record would be taken apart and put together again property by
 * property, which costs more than staging it. Messages go in columns instead: all of their JSON in one buffer, one array
 * for all numbers, one for all hashes. The few other records go as they are.
 *
 * Texts go as UTF-8, which is what the ledger keeps of them: half of a surrogate pair becomes U+FFFD here as it would there.
 */
import type { StagedMessage, StagedRecord } from './ledger.ts';

export interface PackedRecords {
  readonly messages: number;
  /** sourceUuid, item and record of each message in UTF-8, one after the other. */
  readonly texts: Uint8Array<ArrayBuffer>;
  /** Of each message's numbers, {@link NUMBERS} of them; NaN is null. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Content hash and record hash of each message, 16 bytes each. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  /** What few messages have alone: files, departments, customers, types. Numbers point into it. */
  readonly names: readonly (string | null)[];
  /** Everything else, and where among all records it stands. */
  readonly others: readonly { readonly at: number; readonly record: StagedRecord }[];
}

/** File, line, byte, index; lengths of the three texts in bytes; department, customer, type; time, version. */
const NUMBERS = 12;
const HASH_BYTES = 16;
const HASHES_BYTES = 2 * HASH_BYTES;

export function packRecords(records: readonly StagedRecord[]): PackedRecords {
  const plain = records.filter(isPlain);
  const texts = createTexts(plain);
  const hashes = Buffer.allocUnsafeSlow(plain.length * HASHES_BYTES);
  const numbers = new Float64Array(plain.length * NUMBERS);
  const names = createNames();
  let next = 0;
  for (const [at, message] of plain.entries()) {
    const { position, version = null } = message;
    hashes.set(message.contentHash, at * HASHES_BYTES);
    hashes.set(message.recordHash, at * HASHES_BYTES + HASH_BYTES);
    numbers[next++] = names.place(position.file);
    numbers[next++] = position.line ?? Number.NaN;
    numbers[next++] = position.byte ?? Number.NaN;
    numbers[next++] = position.index;
    numbers[next++] = texts.write(message.sourceUuid);
    numbers[next++] = texts.write(message.itemJson);
    numbers[next++] = texts.write(message.recordJson);
    numbers[next++] = names.place(message.departmentUuid);
    numbers[next++] = names.place(message.customerUuid);
    numbers[next++] = names.place(message.type);
    numbers[next++] = message.sentAtUtcMs;
    numbers[next++] = version ?? Number.NaN;
  }
  const others = [...records.entries()]
    .filter(([, record]) => !isPlain(record))
    .map(([at, record]) => ({ at, record }));
  return { messages: plain.length, texts: texts.bytes, numbers, hashes, names: names.list, others };
}

/** What need not be copied on its way to another thread. */
export function transferable({ texts, numbers, hashes }: PackedRecords): ArrayBuffer[] {
  return [texts.buffer, numbers.buffer, hashes.buffer];
}

function createTexts(messages: readonly StagedMessage[]) {
  let length = 0;
  for (const { sourceUuid, itemJson, recordJson } of messages) {
    length += Buffer.byteLength(sourceUuid) + Buffer.byteLength(itemJson) + Buffer.byteLength(recordJson);
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  let end = 0;
  return {
    bytes,
    /** @returns how many bytes it has. */
    write(text: string): number {
      const written = bytes.write(text, end);
      end += written;
      return written;
    },
  };
}

/** The records in their order. */
export function* unpackRecords(packed: PackedRecords): Generator<StagedRecord> {
  const messages = unpackMessages(packed);
  let at = 0;
  for (const other of packed.others) {
    for (; at < other.at; at += 1) yield messages.next().value as StagedMessage;
    yield withBuffers(other.record);
    at += 1;
  }
  yield* messages;
}

function* unpackMessages(packed: PackedRecords): Generator<StagedMessage> {
  const { numbers, names } = packed;
  const texts = asBuffer(packed.texts);
  const hashes = asBuffer(packed.hashes);
  let read = 0;
  let next = 0;
  const number = () => numbers[next++] as number;
  const numberOrNull = () => nullOfNaN(number());
  const name = () => names[number()] as string;
  const cut = (length: number) => {
    read += length;
    return texts.toString('utf8', read - length, read);
  };
  for (let message = 0; message < packed.messages; message += 1) {
    const hashed = message * HASHES_BYTES;
    const position = { file: name(), line: numberOrNull(), byte: numberOrNull(), index: number() };
    const [uuidLength, itemLength, recordLength] = [number(), number(), number()];
    yield {
      kind: 'message',
      position,
      departmentUuid: name(),
      customerUuid: name(),
      type: name(),
      sentAtUtcMs: number(),
      version: numberOrNull(),
      sourceUuid: cut(uuidLength),
      itemJson: cut(itemLength),
      recordJson: cut(recordLength),
      contentHash: hashes.subarray(hashed, hashed + HASH_BYTES),
      recordHash: hashes.subarray(hashed + HASH_BYTES, hashed + HASHES_BYTES),
    };
  }
}

/** Whether a record has nothing that the columns have no place for. */
function isPlain(record: StagedRecord): record is StagedMessage {
  return record.kind === 'message' && record.origin === undefined && record.once === undefined;
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** A Buffer comes out of another thread as a plain Uint8Array. */
function withBuffers(record: StagedRecord): StagedRecord {
  const recordHash = Buffer.from(record.recordHash);
  if (record.kind !== 'message') return { ...record, recordHash };
  const { contentHash, once } = record;
  return {
    ...{ ...record, recordHash, contentHash: Buffer.from(contentHash) },
    ...(once === undefined ? {} : { once: { ...once, textHash: Buffer.from(once.textHash) } }),
  };
}

function createNames() {
  const list: (string | null)[] = [];
  const places = new Map<string | null, number>();
  return {
    list,
    place(name: string | null): number {
      let place = places.get(name);
      if (place === undefined) {
        place = list.push(name) - 1;
        places.set(name, place);
      }
      return place;
    },
  };
}

function nullOfNaN(number: number): number | null {
  return Number.isNaN(number) ? null : number;
}
