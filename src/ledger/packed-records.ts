/**
 * Staged records as another thread gets them. Sent as they are, a record would be taken apart and put together again property by
 * property, which costs more than staging it. Messages go in columns instead: one text for all of their JSON, one array
 * for all numbers, one for all hashes. The few other records go as they are.
 */
import type { StagedMessage, StagedRecord } from './ledger.ts';

export interface PackedRecords {
  readonly messages: number;
  /** sourceUuid, item and record of each message, one after the other. */
  readonly text: string;
  /** Of each message's numbers, {@link NUMBERS} of them; NaN is null. */
  readonly numbers: Float64Array;
  /** Content hash and record hash of each message, 16 bytes each. */
  readonly hashes: Uint8Array;
  /** What few messages have alone: files, departments, customers, types. Numbers point into it. */
  readonly names: readonly (string | null)[];
  /** Everything else, and where among all records it stands. */
  readonly others: readonly { readonly at: number; readonly record: StagedRecord }[];
}

/** File, line, byte, index; lengths of the three texts; department, customer, type; time, version. */
const NUMBERS = 12;
const HASH_BYTES = 16;

export function packRecords(records: readonly StagedRecord[]): PackedRecords {
  const numbers = new Float64Array(records.length * NUMBERS);
  const hashes = Buffer.allocUnsafe(records.length * HASH_BYTES * 2);
  const names = createNames();
  const others: { at: number; record: StagedRecord }[] = [];
  let text = '';
  let messages = 0;
  for (const [at, record] of records.entries()) {
    if (!isPlain(record)) {
      others.push({ at, record });
      continue;
    }
    const { position, sourceUuid, itemJson, recordJson, version = null } = record;
    text += sourceUuid + itemJson + recordJson;
    hashes.set(record.contentHash, messages * HASH_BYTES * 2);
    hashes.set(record.recordHash, messages * HASH_BYTES * 2 + HASH_BYTES);
    let next = messages * NUMBERS;
    numbers[next++] = names.place(position.file);
    numbers[next++] = position.line ?? Number.NaN;
    numbers[next++] = position.byte ?? Number.NaN;
    numbers[next++] = position.index;
    numbers[next++] = sourceUuid.length;
    numbers[next++] = itemJson.length;
    numbers[next++] = recordJson.length;
    numbers[next++] = names.place(record.departmentUuid);
    numbers[next++] = names.place(record.customerUuid);
    numbers[next++] = names.place(record.type);
    numbers[next++] = record.sentAtUtcMs;
    numbers[next++] = version ?? Number.NaN;
    messages += 1;
  }
  return {
    ...{ messages, text, names: names.list, others },
    numbers: numbers.subarray(0, messages * NUMBERS),
    hashes: new Uint8Array(hashes.buffer, hashes.byteOffset, messages * HASH_BYTES * 2),
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
  const { numbers, text, names } = packed;
  const hashes = Buffer.from(packed.hashes.buffer, packed.hashes.byteOffset, packed.hashes.byteLength);
  let read = 0;
  let next = 0;
  const number = () => numbers[next++] as number;
  const numberOrNull = () => nullOfNaN(number());
  const name = () => names[number()] as string;
  const cut = (length: number) => {
    read += length;
    return text.slice(read - length, read);
  };
  for (let message = 0; message < packed.messages; message += 1) {
    const hashed = message * HASH_BYTES * 2;
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
      recordHash: hashes.subarray(hashed + HASH_BYTES, hashed + HASH_BYTES * 2),
    };
  }
}

/** Whether a record has nothing that the columns have no place for. */
function isPlain(record: StagedRecord): record is StagedMessage {
  return record.kind === 'message' && record.origin === undefined && record.once === undefined;
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
