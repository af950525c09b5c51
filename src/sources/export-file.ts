/**
 * Files that `backhaul export` wrote, on their way back in.
 *
 * They are recognised by their `_state` column (or key), and read as UTF-8 CSV or NDJSON whatever the configuration says of
 * its own exports: they carry the fields as the first reading understood them. The columns that `export` added are set aside.
 * Conventions shared with the writer: every CSV cell and header cell went through `escapeCell` (spreadsheet-cells.ts);
 * in CSV, objects and arrays of JSON sources are JSON text, and an empty cell of a JSON source is an absent key.
 */
import type { SourceConfig } from '../config/source-schema.ts';
import type { FieldError } from '../errors.ts';
import { unescapeCell } from '../spreadsheet-cells.ts';
import { readCsv } from './csv.ts';
import { isPositionKey } from './csv-columns.ts';
import { DELIMITERS, firstRow } from './csv-delimiter.ts';
import { parseExactJson } from './exact-json.ts';
import { isTabular } from './formats.ts';
import { isObject, withoutPrototype } from './json-records.ts';
import { readNdjson } from './ndjson.ts';
import { mapped, type RecordBatches } from './record-batches.ts';
import { invalidEncoding, invalidJson, stillRagged, strayQuote } from './record-problems.ts';
import type { ExportOrigin, Header, SourceRecord } from './source.ts';
import type { TextInput } from './text-input.ts';

/** The column that tells an export file from any other. */
const MARK = '_state';

const ADDED_COLUMNS = new Set([
  '_sourceUuid',
  '_departmentUuid',
  '_customerUuid',
  '_messageUuid',
  MARK,
  '_code',
  '_error',
  '_file',
  '_line',
]);

/** How an export file is written. A person may have saved it from a spreadsheet program that prefers another delimiter. */
export type ExportForm = { readonly kind: 'csv'; readonly delimiter: string } | { readonly kind: 'ndjson' };

/** @param beginning of the text, without a byte order mark. @returns null when it is no export file. */
export function exportFormOf(beginning: string): ExportForm | null {
  const text = beginning.trimStart();
  if (text.startsWith('{')) return hasMarkedObject(text) ? { kind: 'ndjson' } : null;
  if (!text.includes(MARK)) return null;
  const delimiter = DELIMITERS.find((candidate) => firstRow(text, candidate, '"').includes(MARK));
  return delimiter === undefined ? null : { kind: 'csv', delimiter };
}

function hasMarkedObject(text: string): boolean {
  try {
    const first: unknown = JSON.parse(text.split('\n', 1)[0] as string);
    return isObject(first) && Object.hasOwn(first, MARK);
  } catch {
    return false;
  }
}

export async function* readExport(
  input: TextInput,
  form: ExportForm,
  { format, csv }: SourceConfig,
  onHeader?: (header: Header) => void,
): RecordBatches {
  const isOfTable = isTabular(format);
  if (form.kind === 'ndjson') {
    const restored = (record: SourceRecord) => withRawParsed(withOrigin(record));
    for await (const batch of readNdjson(input)) yield mapped(batch, restored);
    return;
  }
  const options = { ...csv, delimiter: form.delimiter, quote: '"', header: true };
  const tellHeader = isOfTable
    ? (header: Header) => onHeader?.({ ...header, columns: originalColumns(header), duplicates: [] })
    : undefined;
  const restored = (record: SourceRecord) => {
    const original = withOrigin({ ...record, fields: unescapedFields(record.fields) });
    return isOfTable ? original : withRawParsed(withJsonValues(original));
  };
  for await (const batch of readCsv(input, options, tellHeader)) yield mapped(batch, restored);
}

function originalColumns({ columns }: Header): string[] {
  return columns.map(unescapeCell).filter((column) => !ADDED_COLUMNS.has(column));
}

function unescapedFields(cells: SourceRecord['fields']): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(cells)) fields[unescapeCell(key)] = unescapeCell(cells[key] as string);
  return fields;
}

/** Sets the added columns aside, and repeats what is still wrong with a record that was rejected as unreadable. */
function withOrigin({ fields, position, problems = [] }: SourceRecord): SourceRecord {
  const own: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(fields)) {
    if (!ADDED_COLUMNS.has(key)) own[key] = fields[key];
  }
  const origin: ExportOrigin = {
    file: textOrNull(fields._file),
    line: numberOrNull(fields._line),
    sourceUuid: textOrNull(fields._sourceUuid),
  };
  const all = [...problems, ...uncorrected(own, String(fields._code ?? ''))];
  return all.length === 0
    ? { fields: own, position, origin }
    : { fields: own, position, origin, problems: all };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOrNull(value: unknown): number | null {
  const number = value === '' || value === null ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * What a row was rejected for is not visible in a well-formed export file any more, so a row that nobody corrected
 * would pass as a good one, with a body cut short or replacement characters in it.
 */
function uncorrected(fields: SourceRecord['fields'], code: string): FieldError[] {
  const columns = Object.keys(fields);
  const isNonEmpty = (column: string) => fields[column] !== '' && fields[column] !== undefined;
  if (code === 'RAGGED_ROW') return surplusColumns(columns).filter(isNonEmpty).map(stillRagged);
  const isText = (column: string, test: (text: string) => boolean) => test(String(fields[column] ?? ''));
  if (code === 'INVALID_ENCODING') {
    return columns
      .filter((column) => isText(column, (text) => text.includes('\uFFFD')))
      .map((column) => invalidEncoding(column, 'Replace the \uFFFD characters by the text that was meant.'));
  }
  if (code === 'STRAY_QUOTE') {
    return columns.filter((column) => isText(column, (text) => text.startsWith('"'))).map(strayQuote);
  }
  return [];
}

/**
 * Columns named by their position beside columns with names: mostly surplus cells, and only looked at in rows that were
 * ragged. Where no column has a name, nothing tells them apart.
 */
function surplusColumns(columns: readonly string[]): readonly string[] {
  const unnamed = columns.filter(isPositionKey);
  return unnamed.length === columns.length ? [] : unnamed;
}

/** Cells of a CSV export as the values that a JSON source had given. */
function withJsonValues(record: SourceRecord): SourceRecord {
  const fields: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(record.fields)) {
    const cell = record.fields[key] as string;
    if (cell !== '') fields[key] = key === '_raw' ? cell : nestedValue(cell);
  }
  return { ...record, fields };
}

function nestedValue(cell: string): unknown {
  return /^\s*[[{]/.test(cell) ? (parsedOrNull(cell) ?? cell) : cell;
}

/** A record that was not valid JSON comes back as its text: corrected by now, or still broken. */
function withRawParsed(record: SourceRecord): SourceRecord {
  const { _raw: raw } = record.fields;
  if (typeof raw !== 'string' || Object.keys(record.fields).length !== 1) return record;
  const value = parsedOrNull(raw);
  if (isObject(value)) return { ...record, fields: withoutPrototype(value) };
  const problem = invalidJson('Correct the JSON under _raw: it must be one object.');
  return { ...record, problems: [...(record.problems ?? []), problem] };
}

function parsedOrNull(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}
