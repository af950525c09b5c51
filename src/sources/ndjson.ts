/** One JSON object per line. A line that is not valid JSON is a rejected record, and the lines after it go on. */
import { isUtf8 } from 'node:buffer';
import { jsonRecordOf, MAX_JSON_RECORD_BYTES } from './json-records.ts';
import type { RecordBatches } from './record-batches.ts';
import { recordTooLong } from './record-problems.ts';
import type { RecordPosition, SourceRecord } from './source.ts';
import type { TextInput } from './text-input.ts';

const LF = 10;
const CR = 13;
const TAB = 9;
const FIX_OF_INVALID = 'Write exactly one complete JSON object on each line.';

export async function* readNdjson(input: TextInput): RecordBatches {
  const { file, positions, signal } = input;
  let index = 0;
  /** Where a line began that is too long to be held; its end has not come yet. */
  let overlong: RecordPosition | null = null;

  function* recordsIn({ bytes, ends, keepFrom }: LineBatch): Generator<SourceRecord> {
    // A batch without undecodable bytes is looked at once, not line by line.
    const isDecodable = isUtf8(bytes.subarray(0, ends.at(-1) ?? 0));
    let start = 0;
    for (const end of ends) {
      if (signal?.aborted) return;
      const from = start;
      start = end;
      const { line, byte } = positions;
      positions.advance(bytes, from, end);
      if (overlong !== null) {
        const position = overlong;
        overlong = null;
        yield { fields: Object.create(null), position, problems: [recordTooLong(MAX_JSON_RECORD_BYTES)] };
      } else if (isBlank(bytes, from, end)) {
        continue;
      } else {
        const to = withoutLineEnd(bytes, end);
        const position = { file, line, byte, index };
        yield jsonRecordOf(bytes, from, to, { position, isDecodable, fixOfInvalid: FIX_OF_INVALID });
      }
      index += 1;
    }
    if (keepFrom > start) {
      overlong ??= { file, line: positions.line, byte: positions.byte, index };
      positions.advance(bytes, start, keepFrom);
    }
  }

  for await (const batch of lineBatches(input.chunks)) yield recordsIn(batch);
}

interface LineBatch {
  readonly bytes: Buffer;
  /** Where each line ends (exclusive, line end included). */
  readonly ends: readonly number[];
  /** Where the next batch begins: after the last line, or later when what follows is too long to be held. */
  readonly keepFrom: number;
}

async function* lineBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<LineBatch> {
  let rest: Buffer = Buffer.alloc(0);
  let isOverlong = false;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const ends: number[] = [];
    for (let at = bytes.indexOf(LF, rest.length); at !== -1; at = bytes.indexOf(LF, at + 1))
      ends.push(at + 1);
    const lastEnd = ends.at(-1) ?? 0;
    if (lastEnd > 0) isOverlong = false;
    isOverlong ||= bytes.length - lastEnd > MAX_JSON_RECORD_BYTES;
    const keepFrom = isOverlong ? bytes.length : lastEnd;
    yield { bytes, ends, keepFrom };
    rest = bytes.subarray(keepFrom);
  }
  if (rest.length > 0 || isOverlong) yield { bytes: rest, ends: [rest.length], keepFrom: rest.length };
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== LF && byte !== CR && byte !== TAB) return false;
  }
  return true;
}

/** Of a line that is not blank. */
function withoutLineEnd(bytes: Buffer, lineEnd: number): number {
  let end = lineEnd;
  while (bytes[end - 1] === LF || bytes[end - 1] === CR) end -= 1;
  return end;
}
