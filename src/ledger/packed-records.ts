/**
 * Staged records as another thread gets them. Sent as they are, a record would be taken apart and put together again property by
 * property, which costs more than staging it. Messages go in columns instead: all of their JSON in one buffer, all of their
 * numbers in one array. The few other records go as they are.
 *
 * Texts go as UTF-8, which is what the ledger keeps of them: half of a surrogate pair becomes U+FFFD here as it would there.
 * The JSON among them stays what it is: hashed where it lies, and written from there.
 */
import { envelopeJson } from '../messages/content-hash.ts';
import { shortHash } from '../short-hash.ts';
import { type HashedMessage, type HashedRecord, withHashes } from './hashed-record.ts';
import type { StagedMessage, StagedRecord } from './ledger.ts';

/** What records are packed into. It comes back when they are written, and takes the next ones: to make it anew takes longer than to fill it. */
export interface Room {
  /** sourceUuid, envelope, item and record of each message in UTF-8, one after the other: envelope and item are hashed as one. */
  readonly texts: Uint8Array<ArrayBuffer>;
  /** Of each message's numbers, {@link NUMBERS} of them; NaN is null. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

export interface PackedRecords extends Room {
  readonly messages: number;
  /** What few messages have alone: files, departments, customers, types. Numbers point into it. */
  readonly names: readonly (string | null)[];
  /** Everything else, and where among all records it stands. */
  readonly others: readonly { readonly at: number; readonly record: StagedRecord }[];
}

/** File, line, byte, index; lengths of the four texts in bytes; department, customer, type; time, version. */
const NUMBERS = 13;

/** @param spare what has come back; used if it is large enough. */
export function packRecords(records: readonly StagedRecord[], spare?: Room): PackedRecords {
  const plain = records.filter(isPlain);
  const room = roomFor(plain, spare);
  const { numbers } = room;
  const texts = createTexts(room.texts);
  const names = createNames();
  let next = 0;
  for (const message of plain) {
    const { position, version = null } = message;
    numbers[next++] = names.place(position.file);
    numbers[next++] = position.line ?? Number.NaN;
    numbers[next++] = position.byte ?? Number.NaN;
    numbers[next++] = position.index;
    numbers[next++] = texts.write(message.sourceUuid);
    numbers[next++] = texts.write(envelopeJson(message.departmentUuid, message.customerUuid));
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
  return { ...room, messages: plain.length, names: names.list, others };
}

/** What need not be copied on its way to another thread. */
export function transferable({ texts, numbers }: Room): ArrayBuffer[] {
  return [texts.buffer, numbers.buffer];
}

/** No UTF-16 unit takes more bytes. Room that is not written to costs nothing. */
const MOST_BYTES_A_UNIT = 3;

/** Escaped in JSON it takes twice as many, and an envelope has so many units more around its two names. */
const ENVELOPE_UNITS = '["",""]'.length;

/** Enough for nearly everything that is staged at a time. */
const USUAL_ROOM = { textBytes: 1_000_000, messages: 1_000 };

function roomFor(messages: readonly StagedMessage[], spare: Room | undefined): Room {
  let units = 0;
  for (const { sourceUuid, departmentUuid, customerUuid, itemJson, recordJson } of messages) {
    const envelope = 2 * (departmentUuid.length + customerUuid.length) + ENVELOPE_UNITS;
    units += sourceUuid.length + envelope + itemJson.length + recordJson.length;
  }
  const bytes = units * MOST_BYTES_A_UNIT;
  const numbers = messages.length * NUMBERS;
  if (spare !== undefined && spare.texts.length >= bytes && spare.numbers.length >= numbers) return spare;
  return {
    texts: Buffer.allocUnsafeSlow(Math.max(bytes, USUAL_ROOM.textBytes)),
    numbers: new Float64Array(Math.max(numbers, USUAL_ROOM.messages * NUMBERS)),
  };
}

function createTexts(room: Uint8Array<ArrayBuffer>) {
  const bytes = asBuffer(room);
  let end = 0;
  return {
    /** @returns how many bytes it has. */
    write(text: string): number {
      const written = bytes.write(text, end);
      end += written;
      return written;
    },
  };
}

/** The records in their order. */
export function* unpackRecords(packed: PackedRecords): Generator<HashedRecord> {
  const messages = unpackMessages(packed);
  let at = 0;
  for (const other of packed.others) {
    for (; at < other.at; at += 1) yield messages.next().value as HashedMessage;
    yield withHashes(withBuffers(other.record));
    at += 1;
  }
  yield* messages;
}

function* unpackMessages(packed: PackedRecords): Generator<HashedMessage> {
  const { numbers, names } = packed;
  const texts = asBuffer(packed.texts);
  let end = 0;
  let next = 0;
  const number = () => numbers[next++] as number;
  const numberOrNull = () => nullOfNaN(number());
  const name = () => names[number()] as string;
  for (let message = 0; message < packed.messages; message += 1) {
    const position = { file: name(), line: numberOrNull(), byte: numberOrNull(), index: number() };
    const start = end;
    const envelope = start + number();
    const item = envelope + number();
    const record = item + number();
    end = record + number();
    const recordJson = texts.subarray(record, end);
    yield {
      kind: 'message',
      position,
      departmentUuid: name(),
      customerUuid: name(),
      type: name(),
      sentAtUtcMs: number(),
      version: numberOrNull(),
      sourceUuid: texts.toString('utf8', start, envelope),
      itemJson: texts.subarray(item, record),
      recordJson,
      recordHash: shortHash(recordJson),
      contentHash: shortHash(texts.subarray(envelope, record)),
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
  if (record.kind !== 'message' || record.once === undefined) return record;
  const { once } = record;
  return { ...record, once: { ...once, textHash: Buffer.from(once.textHash) } };
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
