/** Corrects a reject file as a person would: the columns of the export are filled in anew, those of the program stay. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { TrapExport, TrapMessage } from './trap-export.ts';
import { csvRow } from './trap-files.ts';

/** @returns the messages that the corrected records are. */
export function correctRejects(file: string, { correction }: TrapExport): TrapMessage[] {
  const messages: TrapMessage[] = [];
  const correct = (row: Readonly<Record<string, unknown>>) => {
    const { record, message } = correction(messages.length);
    messages.push(message);
    return { ...record, ...own(row) };
  };
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.csv')) {
    const rows = parse<Record<string, string>>(text, { columns: true, relax_column_count: false });
    const columns = Object.keys(rows[0] ?? {});
    const lines = rows.map(correct).map((row: Record<string, unknown>) =>
      csvRow(
        columns.map((column) => String(row[column] ?? '')),
        ',',
      ),
    );
    writeFileSync(file, `${[csvRow(columns, ','), ...lines].join('\n')}\n`);
  } else {
    const lines = text.split('\n').filter((line) => line !== '');
    writeFileSync(file, lines.map((line) => `${JSON.stringify(correct(JSON.parse(line)))}\n`).join(''));
  }
  return messages;
}

function own(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([column]) => /^_(?!raw$)/.test(column)));
}
