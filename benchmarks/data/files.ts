/** Exports of any size, streamed to disk. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { COLUMNS, type MessageRow, messageRow, type Spread } from './message-rows.ts';

export type FileFormat = 'csv' | 'ndjson' | 'json';

const ROWS_A_WRITE = 2_000;

interface Framing {
  readonly opening: string;
  readonly row: (row: MessageRow) => string;
  readonly separator: string;
  readonly closing: string;
}

const FRAMINGS: Readonly<Record<FileFormat, Framing>> = {
  csv: { opening: `${COLUMNS.join(',')}\n`, row: csvRow, separator: '\n', closing: '\n' },
  ndjson: { opening: '', row: (row) => JSON.stringify(row), separator: '\n', closing: '\n' },
  json: { opening: '[\n', row: (row) => JSON.stringify(row), separator: ',\n', closing: '\n]\n' },
};

/** Writes rows 0 to `rows` - 1: a file with more of them begins with one that has fewer (but for its end). */
export async function writeExport(
  path: string,
  { format, rows, spread }: { format: FileFormat; rows: number; spread: Spread },
): Promise<void> {
  const { opening, row, separator, closing } = FRAMINGS[format];
  const file = createWriteStream(path);
  file.write(opening);
  for (let first = 0; first < rows; first += ROWS_A_WRITE) {
    const count = Math.min(ROWS_A_WRITE, rows - first);
    const lines = Array.from({ length: count }, (_, at) => row(messageRow(first + at, spread)));
    const isFull = !file.write((first === 0 ? '' : separator) + lines.join(separator));
    if (isFull) await once(file, 'drain');
  }
  file.end(closing);
  await once(file, 'finish');
}

function csvRow(row: MessageRow): string {
  return COLUMNS.map((column) => csvCell(row[column])).join(',');
}

function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
