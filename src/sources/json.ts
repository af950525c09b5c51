/** JSON documents, one record per element of an array (see json-splitter.ts for which). */
import { isUtf8 } from 'node:buffer';
import type { SourceConfig } from '../config/source-schema.ts';
import { DamagedInputError } from '../errors.ts';
import { jsonRecordOf, MAX_JSON_RECORD_BYTES } from './json-records.ts';
import { JsonSplitter, type SplitFailureKind, type SplitResult } from './json-splitter.ts';
import type { RecordBatches } from './record-batches.ts';
import type { SourceRecord } from './source.ts';
import type { TextInput } from './text-input.ts';

export type JsonOptions = SourceConfig['json'];

const FIX_OF_INVALID = 'Correct the JSON of this record; the records around it are read.';

/** @throws {DamagedInputError} BROKEN_JSON, JSON_PATH_NOT_FOUND, EMPTY_JSON or RECORD_TOO_LONG */
export async function* readJson(input: TextInput, { path }: JsonOptions): RecordBatches {
  const { file, positions, signal } = input;
  let index = 0;

  function* recordsIn({ bytes, spans, keepFrom, failure }: Split): Generator<SourceRecord> {
    const isDecodable = isUtf8(bytes.subarray(0, spans.at(-1) ?? 0));
    let place = 0;
    const moveTo = (at: number) => {
      positions.advance(bytes, place, at);
      place = at;
    };
    for (let at = 0; at < spans.length; at += 2) {
      if (signal?.aborted) return;
      const start = spans[at] as number;
      const end = spans[at + 1] as number;
      moveTo(start);
      const { line, byte } = positions;
      moveTo(end);
      const position = { file, line, byte, index };
      index += 1;
      yield jsonRecordOf(bytes, start, end, { position, isDecodable, fixOfInvalid: FIX_OF_INVALID });
    }
    if (signal?.aborted) return;
    if (failure !== null) {
      moveTo(failure.at);
      throw damage(input, failure.kind, path);
    }
    moveTo(keepFrom);
  }

  for await (const split of splits(input.chunks, path)) yield recordsIn(split);
}

interface Split extends SplitResult {
  readonly bytes: Buffer;
}

async function* splits(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Split> {
  const splitter = new JsonSplitter(path, MAX_JSON_RECORD_BYTES);
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const split = splitter.scan(bytes);
    yield { ...split, bytes };
    bytes = bytes.subarray(split.keepFrom);
  }
  yield { ...splitter.end(bytes), bytes };
}

function damage(
  { file, positions: { line, byte } }: TextInput,
  kind: SplitFailureKind,
  path: string,
): DamagedInputError {
  return new DamagedInputError(`${file}: ${DAMAGES[kind].message(path)}`, {
    code: DAMAGES[kind].code,
    fix: DAMAGES[kind].fix,
    file,
    line,
    byte,
  });
}

const FIX_OF_DOCUMENT =
  'Export the file again or correct it at this place; if every line is a document of its own, set source.format to ndjson.';

const DAMAGES: Record<SplitFailureKind, { code: string; message: (path: string) => string; fix: string }> = {
  broken: {
    code: 'BROKEN_JSON',
    message: () => 'this is not what JSON allows here',
    fix: FIX_OF_DOCUMENT,
  },
  truncated: {
    code: 'BROKEN_JSON',
    message: () => 'the document ends before it is complete',
    fix: FIX_OF_DOCUMENT,
  },
  'path-not-found': {
    code: 'JSON_PATH_NOT_FOUND',
    message: (path) => `the document holds no array at \`${path}\``,
    fix: 'Set source.json.path to the dotted path of the array of records; leave it empty when the document is the array.',
  },
  empty: {
    code: 'EMPTY_JSON',
    message: () => 'the file holds no JSON at all',
    fix: 'Export the file again; an export without records is `[]`.',
  },
  'too-long': {
    code: 'RECORD_TOO_LONG',
    message: () => `a record is longer than ${MAX_JSON_RECORD_BYTES} bytes`,
    fix: 'Set source.json.path to the dotted path of the array of records inside the document.',
  },
};
