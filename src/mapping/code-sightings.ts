/** Which codes occur in records, and what they are taken for. */
import type { Rule } from '../config/mapping-schema.ts';
import type { SourceRecord } from '../sources/source.ts';
import { trimBlanks } from './blanks.ts';
import { createCellReader, textOf } from './cells.ts';
import type { CodeSighting } from './mapping.ts';
import type { Expanded } from './presets/expand.ts';

/** A mistake in them turns a conversation round: they are shown whichever way the rule gives their meaning. */
const SHOWN_FIELDS = new Set(['messageAttributes.type', 'messageAttributes.protocol']);

export function compileCodeSightings({
  mapping,
  ends,
}: Expanded): (fields: SourceRecord['fields']) => readonly CodeSighting[] {
  const readers = Object.entries(mapping).flatMap(([field, rule]) => readerOf(field, rule) ?? []);
  const readFrom = ends === null ? () => null : createTextReader(ends.from);
  const readTo = ends === null ? () => null : createTextReader(ends.to);
  return (fields) =>
    readers.flatMap(({ field, readCode, meaningOf }) => {
      const code = readCode(fields);
      if (code === null) return [];
      return [{ field, code, meaning: meaningOf(code), from: readFrom(fields), to: readTo(fields) }];
    });
}

function readerOf(field: string, rule: Rule) {
  if (typeof rule === 'string' || rule.map === undefined || rule.from === undefined) return null;
  if (rule.codes === undefined && !SHOWN_FIELDS.has(field)) return null;
  const meanings = new Map(Object.entries(rule.map).map(([code, meaning]) => [trimBlanks(code), meaning]));
  const meaningOf = (code: string) => textOf(meanings.get(code) ?? rule.otherwise);
  return { field, readCode: createTextReader(rule.from), meaningOf };
}

/** Null where there is nothing. */
function createTextReader(column: string): (fields: SourceRecord['fields']) => string | null {
  const read = createCellReader(column);
  return (fields) => trimBlanks(textOf(read(fields)) ?? '') || null;
}
