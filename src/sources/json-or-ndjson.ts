/** Archives that people keep either as one JSON array or with one JSON object on each line: told apart by their beginning. */
import { readJson } from './json.ts';
import { readNdjson } from './ndjson.ts';
import type { RecordBatches } from './record-batches.ts';
import type { TextInput } from './text-input.ts';

/** What begins with a list, or with a brace that stands alone on its line, is a document; anything else is lines. */
const DOCUMENT = /^\s*(?:\[|\{[ \t]*\r?\n)/;

/** @param path see `source.json.path`; where it is set the input is a document. */
export function readJsonOrNdjson(input: TextInput, options: { readonly path: string }): RecordBatches {
  const isDocument = options.path !== '' || DOCUMENT.test(input.head.toString('latin1'));
  return isDocument ? readJson(input, options) : readNdjson(input);
}
