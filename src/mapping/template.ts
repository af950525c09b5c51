import { UsageError } from '../errors.ts';
import type { SourceRecord } from '../sources/source.ts';
import { type CellReader, canonicalText, createCellReader } from './cells.ts';

/**
 * Text with `{Column}` in it; `{{` and `}}` are braces. Undefined when every column named is empty.
 *
 * @param field the mapping key, for errors
 * @throws {UsageError} BAD_TEMPLATE
 */
export function compileTemplate(
  field: string,
  template: string,
): { readonly columns: readonly string[]; readonly read: CellReader } {
  const pieces: (string | CellReader)[] = [];
  const columns: string[] = [];
  for (const piece of template.match(/\{\{|\}\}|\{[^{}]+\}|[^{}]+|[{}]/g) ?? []) {
    if (piece === '{{' || piece === '}}') pieces.push(piece.charAt(0));
    else if (piece === '{' || piece === '}') throw badTemplate(field);
    else if (piece.startsWith('{')) {
      columns.push(piece.slice(1, -1));
      pieces.push(createCellReader(piece.slice(1, -1)));
    } else pieces.push(piece);
  }
  return { columns, read: (fields) => fill(pieces, columns.length > 0, fields) };
}

function fill(
  pieces: readonly (string | CellReader)[],
  namesColumns: boolean,
  fields: SourceRecord['fields'],
): string | undefined {
  let text = '';
  let isFilled = !namesColumns;
  for (const piece of pieces) {
    const part = typeof piece === 'string' ? piece : canonicalText(piece(fields));
    if (typeof piece !== 'string' && part !== '') isFilled = true;
    text += part;
  }
  return isFilled ? text : undefined;
}

function badTemplate(field: string): UsageError {
  return new UsageError(`The template of mapping[${JSON.stringify(field)}] has a brace that stands alone.`, {
    code: 'BAD_TEMPLATE',
    fix: 'Write columns as {Name}; a brace itself is written {{ or }}.',
  });
}
