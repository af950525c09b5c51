/** csv-parse, fed chunk by chunk: rows with the exact bytes that they came from. */
import { finished } from 'node:stream/promises';
import { CsvError, type Options, Parser } from 'csv-parse';

export interface CsvSyntax {
  readonly delimiter: string;
  /** null when nothing is quoted. */
  readonly quote: string | null;
}

/** The rows that a chunk completed. */
export interface RowBatch {
  readonly rows: readonly (readonly string[])[];
  /** Where each row ends (exclusive, line end included), as an index into `bytes`. */
  readonly ends: readonly number[];
  /** Begins where the last row of the batch before ended. Holds what is left of an unfinished row, too. */
  readonly bytes: Buffer;
}

/** The text ended inside quotes. */
export class QuoteNotClosed extends Error {}

/**
 * Yields one batch per chunk (rows may be none) and one at the end.
 * @throws {QuoteNotClosed} after the batches with every row before it.
 */
export async function* rowBatches(
  chunks: AsyncIterable<Buffer>,
  syntax: CsvSyntax,
): AsyncGenerator<RowBatch> {
  const parser = new CollectingParser(parserOptions(syntax));
  let bytes: Buffer = Buffer.alloc(0);
  let start = 0;
  const takeBatch = (): RowBatch => {
    const rows = parser.rows;
    const ends = parser.ends.map((end) => end - start);
    const batch = { rows, ends, bytes };
    const consumed = ends.at(-1) ?? 0;
    bytes = bytes.subarray(consumed);
    start += consumed;
    parser.rows = [];
    parser.ends = [];
    return batch;
  };
  for await (const chunk of chunks) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    parser.write(chunk);
    yield takeBatch();
  }
  const failure = await endOf(parser);
  yield takeBatch();
  if (failure !== null) throw failure;
}

/**
 * Any of the three line ends, anywhere. Rows of any length and quotes inside unquoted cells are let through: the reader
 * judges them, so that one bad row does not end the file.
 */
function parserOptions({ delimiter, quote }: CsvSyntax): Options {
  return {
    delimiter,
    quote,
    escape: quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_quotes: true,
    relax_column_count: true,
  };
}

/**
 * Keeps rows instead of sending them through a stream's queue one by one, and notes where each ended. `info.bytes` is
 * exact at that moment (`info.lines` is not: it counts CRLF inside quotes twice), and reading it here costs nothing, while
 * csv-parse's own `info` option copies ten counters per row.
 */
class CollectingParser extends Parser {
  rows: string[][] = [];
  ends: number[] = [];

  override push(row: string[] | null): boolean {
    if (row === null) return super.push(null);
    this.rows.push(row);
    this.ends.push(this.info.bytes);
    return true;
  }
}

async function endOf(parser: Parser): Promise<QuoteNotClosed | null> {
  const written = finished(parser, { readable: false });
  parser.end();
  try {
    await written;
    return null;
  } catch (error) {
    if (error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED') return new QuoteNotClosed();
    throw error;
  }
}
