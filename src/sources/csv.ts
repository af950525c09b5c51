/**
 * CSV and its relatives, one record per row.
 *
 * A row is never bent into shape: one with too few or too many cells, with text after a closing quote, or with bytes
 * that are not text is passed on as it is, with what is wrong with it, and the rows around it go on.
 */
import { isUtf8 } from 'node:buffer';
import type { SourceConfig } from '../config/source-schema.ts';
import { DamagedInputError, type FieldError } from '../errors.ts';
import { type Columns, columnsOf, fieldsOf, surplusKey, unnamedColumns } from './csv-columns.ts';
import { detectDelimiter } from './csv-delimiter.ts';
import { cellWithStrayQuote } from './csv-quoting.ts';
import { QuoteNotClosed, type RowBatch, rowBatches } from './csv-rows.ts';
import type { RecordBatches } from './record-batches.ts';
import { invalidEncoding, raggedRow, strayQuote } from './record-problems.ts';
import type { Header, SourceRecord } from './source.ts';
import { HEAD_BYTES, type TextInput } from './text-input.ts';

export type CsvOptions = SourceConfig['csv'];

const LF = 10;
const CR = 13;
const NO_PROBLEMS: readonly FieldError[] = [];
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * @param columnName how the format that is read calls a column, by its name in the header.
 * @throws {DamagedInputError} UNTERMINATED_QUOTE or RECORD_TOO_LONG, at the line where the record begins.
 */
export async function* readCsv(
  input: TextInput,
  options: CsvOptions,
  onHeader?: (header: Header) => void,
  columnName: (name: string) => string = (name) => name,
): RecordBatches {
  const { file, positions, signal } = input;
  const { quote, maxRecordBytes } = options;
  const delimiter = options.delimiter === 'auto' ? delimiterOf(input.head, quote) : options.delimiter;
  const judge = new RowJudge(delimiter, quote);
  let columns = Array.isArray(options.header) ? columnsOf(options.header.map(columnName)) : null;
  if (columns !== null) announce(columns);
  let index = 0;
  let rest = NOTHING;

  function announce({ keys, duplicates }: Columns): void {
    onHeader?.({ file, columns: keys, duplicates });
  }

  function* recordsIn(batch: RowBatch): Generator<SourceRecord> {
    const { rows, ends, bytes } = batch;
    judge.startBatch(batch);
    let end = 0;
    for (let at = 0; at < rows.length; at += 1) {
      if (signal?.aborted) return;
      const start = afterBlankLines(bytes, end);
      positions.advance(bytes, end, start);
      const { line, byte } = positions;
      end = ends[at] as number;
      if (end - start > maxRecordBytes) throw tooLong(input, bytes.subarray(start, end), options);
      positions.advance(bytes, start, end);
      const cells = rows[at] as readonly string[];
      if (columns === null) {
        columns = options.header === true ? columnsOf(cells.map(columnName)) : unnamedColumns(cells.length);
        const [problem] = options.header === true ? judge.problemsOf(cells, columns.keys, start, end) : [];
        if (problem !== undefined) throw brokenHeader(file, problem, { line, byte });
        announce(columns);
        if (options.header === true) continue;
      }
      if (isBlank(cells, columns)) continue;
      const fields = fieldsOf(columns.keys, cells);
      const position = { file, line, byte, index };
      index += 1;
      const problems = judge.problemsOf(cells, columns.keys, start, end);
      yield problems.length === 0 ? { fields, position } : { fields, position, problems };
    }
    if (signal?.aborted) return;
    rest = bytes.subarray(end);
    if (rest.length > maxRecordBytes) {
      skipBlankLines(input, rest);
      throw tooLong(input, rest, options);
    }
  }

  try {
    for await (const batch of rowBatches(input.chunks, { delimiter, quote })) yield recordsIn(batch);
  } catch (error) {
    if (signal?.aborted) return;
    if (!(error instanceof QuoteNotClosed)) throw error;
    skipBlankLines(input, rest);
    throw unterminatedQuote(input, error);
  }
}

/** Collects what is wrong with rows; a batch without undecodable bytes is looked at once, not row by row. */
class RowJudge {
  readonly #delimiter: Buffer;
  readonly #quote: string | null;
  #bytes: Buffer = NOTHING;
  #isDecodable = true;

  constructor(delimiter: string, quote: string | null) {
    this.#delimiter = Buffer.from(delimiter);
    this.#quote = quote;
  }

  startBatch({ bytes, ends }: RowBatch): void {
    this.#bytes = bytes;
    this.#isDecodable = isUtf8(bytes.subarray(0, ends.at(-1) ?? 0));
  }

  /** Empty when the row is well. */
  problemsOf(
    cells: readonly string[],
    keys: readonly string[],
    start: number,
    end: number,
  ): readonly FieldError[] {
    const isRagged = cells.length !== keys.length;
    const isQuoteDoubtful = this.#quote !== null && this.#beginsWithQuote(cells);
    if (!isRagged && !isQuoteDoubtful && this.#isDecodable) return NO_PROBLEMS;
    const problems: FieldError[] = [];
    if (isRagged) {
      const field = cells.length < keys.length ? keys[cells.length] : surplusKey(keys, keys.length);
      problems.push(raggedRow(field as string, cells.length, keys.length));
    }
    const row = this.#bytes.subarray(start, end);
    if (isQuoteDoubtful) {
      const at = cellWithStrayQuote(row, this.#delimiter, Buffer.from(this.#quote as string));
      if (at !== null) problems.push(strayQuote(keys[at] ?? surplusKey(keys, at)));
    }
    if (!this.#isDecodable && !isUtf8(row)) problems.push(...undecodable(cells, keys));
    return problems;
  }

  /** csv-parse leaves the opening quote in a cell that goes on after its closing quote. */
  #beginsWithQuote(cells: readonly string[]): boolean {
    for (const cell of cells) {
      if (cell[0] === this.#quote) return true;
    }
    return false;
  }
}

function undecodable(cells: readonly string[], keys: readonly string[]): FieldError[] {
  const fix =
    'Set source.csv.encoding to the encoding of the file (often windows-1252), or save the file as UTF-8.';
  return cells.flatMap((cell, at) =>
    cell.includes('\uFFFD') ? [invalidEncoding(keys[at] ?? surplusKey(keys, at), fix)] : [],
  );
}

function delimiterOf(head: Buffer, quote: string | null): string {
  return detectDelimiter(head.toString('utf8'), quote, head.length < HEAD_BYTES);
}

/** csv-parse passes over lines with nothing on them; lines with nothing but blanks are ours. */
function isBlank(cells: readonly string[], columns: Columns): boolean {
  return cells.length === 1 && columns.keys.length > 1 && /^\s+$/.test(cells[0] as string);
}

function afterBlankLines(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === LF || bytes[at] === CR) at += 1;
  return at;
}

function skipBlankLines({ positions }: TextInput, rest: Buffer): void {
  positions.advance(rest, 0, afterBlankLines(rest, 0));
}

/** Every record would carry the wrong names. */
function brokenHeader(
  file: string,
  { code, message, fix }: FieldError,
  place: { line: number; byte: number | null },
): DamagedInputError {
  return new DamagedInputError(`${file}: the header row ${message}`, { code, fix, file, ...place });
}

function tooLong(input: TextInput, record: Buffer, { quote, maxRecordBytes }: CsvOptions): DamagedInputError {
  if (quote !== null && record.includes(quote)) return unterminatedQuote(input);
  const { file, positions } = input;
  const { line, byte } = positions;
  return new DamagedInputError(
    `${file}: the record beginning on line ${line} is longer than ${maxRecordBytes} bytes`,
    {
      code: 'RECORD_TOO_LONG',
      fix: 'Check that the file is CSV; if its records really are that long, raise source.csv.maxRecordBytes.',
      file,
      line,
      byte,
    },
  );
}

function unterminatedQuote({ file, positions }: TextInput, cause?: unknown): DamagedInputError {
  const { line, byte } = positions;
  return new DamagedInputError(`${file}: a quote in the record beginning on line ${line} is never closed`, {
    code: 'UNTERMINATED_QUOTE',
    fix: 'Close or double the quote; if the record really is that long, raise source.csv.maxRecordBytes; if nothing is quoted, set source.csv.quote to null.',
    file,
    line,
    byte,
    cause,
  });
}
