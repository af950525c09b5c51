/**
 * Writes what the ledger holds so that a person can look at it, correct it and feed it back: the record's original
 * columns first, in the export's order, then ours.
 */
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExportRow } from '../ledger/ledger.ts';
import { escapeCell } from '../spreadsheet-cells.ts';
import { escapedJson } from './terminal-text.ts';

export type ExportFormat = 'csv' | 'ndjson';

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Is not ended: it may be standard output. */
  readonly output: Writable;
}

/** Our own columns; a source tells an export file by `_state`. */
const OWN_COLUMNS = {
  _sourceUuid: (row) => row.sourceUuid,
  _departmentUuid: (row) => row.departmentUuid,
  _customerUuid: (row) => row.customerUuid,
  _messageUuid: (row) => row.messageUuid,
  _state: (row) => row.state,
  _code: (row) => row.code,
  _error: (row) => row.error,
  _file: (row) => row.file,
  _line: (row) => row.line,
} satisfies Record<string, (row: ExportRow) => string | number | null>;

/** Few, large writes: a row alone is far smaller than what a stream takes at once. */
const CHUNK_LENGTH = 65_536;

/**
 * @param openRows called twice for CSV, whose first line must name the columns of every row.
 * @returns how many rows were written; fewer than there are when the reader of `output` has closed it (EPIPE).
 */
export async function exportRows(
  openRows: () => AsyncIterable<ExportRow>,
  { format, output }: ExportOptions,
): Promise<number> {
  let rows = 0;
  async function* lines(): AsyncIterable<string> {
    const writeLine = format === 'csv' ? await csvLines(openRows) : { head: '', line: ndjsonLine };
    yield writeLine.head;
    for await (const row of openRows()) {
      rows += 1;
      yield writeLine.line(row);
    }
  }
  try {
    await pipeline(inChunks(lines()), output, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
  return rows;
}

async function* inChunks(lines: AsyncIterable<string>): AsyncIterable<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** The record's JSON text is taken over, so that nothing of it changes on the way but what a terminal would obey. */
function ndjsonLine(row: ExportRow): string {
  const record = (row.recordJson ?? '{}').trim();
  const own = JSON.stringify(
    Object.fromEntries(Object.entries(OWN_COLUMNS).map(([name, read]) => [name, read(row)])),
  );
  return escapedJson(`${record === '{}' ? '{' : `${record.slice(0, -1)},`}${own.slice(1)}\n`);
}

async function csvLines(openRows: () => AsyncIterable<ExportRow>) {
  const columns = await originalColumns(openRows());
  const own = Object.values(OWN_COLUMNS);
  return {
    head: csvLine([...columns, ...Object.keys(OWN_COLUMNS)]),
    line(row: ExportRow): string {
      const fields = fieldsOf(row);
      const original = columns.map((column) => (Object.hasOwn(fields, column) ? fields[column] : null));
      return csvLine([...original, ...own.map((read) => read(row))]);
    },
  };
}

/** Every original column of any row, in the order in which they are first met; none that we write ourselves. */
async function originalColumns(rows: AsyncIterable<ExportRow>): Promise<readonly string[]> {
  const columns = new Set<string>();
  for await (const row of rows) {
    for (const column of Object.keys(fieldsOf(row))) {
      if (!Object.hasOwn(OWN_COLUMNS, column)) columns.add(column);
    }
  }
  return [...columns];
}

function fieldsOf(row: ExportRow): Readonly<Record<string, unknown>> {
  return row.recordJson === null ? {} : (JSON.parse(row.recordJson) as Record<string, unknown>);
}

/** One line of RFC 4180, ended by a line feed. */
function csvLine(values: readonly unknown[]): string {
  return `${values.map((value) => quoted(escapeCell(cellText(value)))).join(',')}\n`;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
