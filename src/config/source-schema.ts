/** `source`: which files, and how they are to be read. */
import { z } from 'zod';
import { nonEmpty, positiveInt } from './fields.ts';

const csvOptionsSchema = z.strictObject({
  delimiter: z
    .string()
    .min(1)
    .default('auto')
    .describe(
      'Field delimiter, or `auto` to tell comma, semicolon, tab and pipe apart from the first lines.',
    ),
  quote: z
    .string()
    .length(1)
    .nullable()
    .default('"')
    .describe('Quote character; null when nothing is quoted.'),
  encoding: z
    .string()
    .default('auto')
    .describe(
      'A WHATWG encoding label such as `utf-8`, `utf-16le`, `windows-1252`; `auto` reads the BOM, else UTF-8.',
    ),
  header: z
    .union([z.boolean(), z.array(nonEmpty).min(1)])
    .default(true)
    .describe('true: the first row names the columns; false: columns are `#1`, `#2`, …; a list names them.'),
  maxRecordBytes: positiveInt
    .default(10_000_000)
    .describe(
      'A record longer than this means an unterminated quote: the file counts as damaged from there.',
    ),
});

const jsonOptionsSchema = z.strictObject({
  path: z
    .string()
    .default('')
    .describe(
      'Dotted path of the array inside the document, e.g. `data.messages`; empty when the document is the array.',
    ),
});

export const SOURCE_FORMATS = [
  'csv',
  'json',
  'ndjson',
  'message-events',
  'kaleyra-report',
  'kaleyra-log',
] as const;

export const sourceSchema = z.strictObject({
  format: z
    .enum(SOURCE_FORMATS)
    .describe(
      'What the files hold. `message-events` and `kaleyra-log` are JSON arrays or one JSON object a line, `kaleyra-report` is CSV.',
    ),
  files: z
    .array(nonEmpty)
    .min(1)
    .describe('Globs, read in sorted order. `.gz` and `.zst` files are read through; `-` is standard input.'),
  allowEmpty: z.boolean().default(false).describe('Whether globs may match nothing.'),
  csv: csvOptionsSchema.prefault({}).describe('For `csv` and `kaleyra-report`.'),
  json: jsonOptionsSchema
    .prefault({})
    .describe('For `json`; also for `message-events` and `kaleyra-log` where they are inside a document.'),
});
export type SourceConfig = z.infer<typeof sourceSchema>;
