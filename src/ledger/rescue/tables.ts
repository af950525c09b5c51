/** What rows of a ledger's tables and indexes must look like, as the schema of an empty ledger says. */
import type Database from 'better-sqlite3';
import type { Row, Value } from './records.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly default: Value;
  /** Stands as null in the row, its value being the rowid. */
  readonly isRowid: boolean;
}

export interface TableShape {
  readonly name: string;
  /** In the order in which a row has them. */
  readonly columns: readonly Column[];
  readonly hasRowid: boolean;
}

/** An index whose entries hold all that a row does. */
export interface CoveringIndex {
  readonly name: string;
  readonly table: string;
  /** The rowid's name last. */
  readonly columns: readonly string[];
}

/** Written by the program itself, or counted or entered anew. */
const NOT_RESCUED = ['schema_version', 'message_tally', 'sqlite_sequence', 'identity'];

export function tableShapes(db: Database.Database): readonly TableShape[] {
  return db
    .prepare<[], { name: string; wr: number }>(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_schema%'",
    )
    .all()
    .map(({ name, wr }) => ({ name, columns: columnsOf(db, name, wr === 0), hasRowid: wr === 0 }));
}

export function isRescued({ name }: TableShape): boolean {
  return !NOT_RESCUED.includes(name);
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

function columnsOf(db: Database.Database, table: string, hasRowid: boolean): readonly Column[] {
  const rows = db.prepare<[string], ColumnRow>('SELECT * FROM pragma_table_info(?)').all(table);
  // Without a rowid, the key's columns come first.
  const stored = hasRowid
    ? rows
    : [...rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk), ...rows.filter(({ pk }) => pk === 0)];
  return stored.map(({ name, type, notnull, dflt_value, pk }) => ({
    name,
    type,
    isNullable: notnull === 0 && (hasRowid || pk === 0),
    default: dflt_value === null ? null : Number(dflt_value),
    isRowid: hasRowid && pk === 1 && type === 'INTEGER',
  }));
}

/**
 * The row's values, one for each column; null when it is none of this table. Columns that came with a later migration
 * may be missing at the end.
 */
export function fitRow(
  { name, columns }: TableShape,
  rowid: number | null,
  row: Row,
): readonly Value[] | null {
  if (row.length > columns.length) return null;
  const values: Value[] = [];
  for (const [place, column] of columns.entries()) {
    const stored = row[place];
    if (column.isRowid) {
      if (stored !== null) return null;
      values.push(rowid);
      continue;
    }
    const value = stored === undefined ? column.default : stored;
    if (!fits(column, value) || RULES[`${name}.${column.name}`]?.(value) === false) return null;
    values.push(value);
  }
  return values;
}

function fits({ type, isNullable }: Column, value: Value): boolean {
  if (value === null) return isNullable;
  if (type === 'INTEGER') return Number.isInteger(value);
  if (type === 'REAL') return typeof value === 'number';
  if (type === 'TEXT') return typeof value === 'string';
  return type !== 'BLOB' || Buffer.isBuffer(value);
}

const isHash = (value: Value) => Buffer.isBuffer(value) && value.length === 16;
const isJson = (value: Value) => value === null || isJsonText(value as string);
const isIds = (value: Value) => {
  const ids: unknown = isJson(value) ? JSON.parse((value ?? '[]') as string) : null;
  return Array.isArray(ids) && ids.every(Number.isInteger);
};
const isFlag = (value: Value) => value === 0 || value === 1;

/** What types alone do not say, and the program relies on. What a message's state may be is judged later. */
const RULES: Readonly<Record<string, (value: Value) => boolean>> = {
  'run.summary': isJson,
  'attempt.message_ids': isIds,
  'message.content_hash': isHash,
  'message.record_hash': isHash,
  'reject.record_hash': isHash,
  'reject.errors': (value) => isJson(value) && Array.isArray(JSON.parse(value as string)),
  'reject.record': isJson,
  'reject.own': isFlag,
  'reject.unreadable': isFlag,
  'conflict.record_hash': isHash,
  'conflict.record': isJson,
  'conflict.superseded': isFlag,
};

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Indexes from which lost rows can be taken. */
export function coveringIndexes(
  db: Database.Database,
  shapes: readonly TableShape[],
): readonly CoveringIndex[] {
  return shapes
    .filter((shape) => shape.hasRowid && isRescued(shape))
    .flatMap(({ name: table, columns }) => {
      const rowid = columns.find(({ isRowid }) => isRowid)?.name;
      return indexNames(db, table).flatMap((name) => {
        const indexed = db
          .prepare<[string], string | null>('SELECT name FROM pragma_index_xinfo(?) ORDER BY seqno')
          .pluck()
          .all(name)
          .map((column) => column ?? (rowid as string));
        return indexed.length === columns.length ? [{ name, table, columns: indexed }] : [];
      });
    });
}

function indexNames(db: Database.Database, table: string): readonly string[] {
  return db
    .prepare<[string], string>('SELECT name FROM pragma_index_list(?) WHERE partial = 0')
    .pluck()
    .all(table);
}
