/** Takes every whole row out of a damaged ledger's pages into an empty one, and notes what the indexes say of messages. */
import type Database from 'better-sqlite3';
import type { LedgerBytes } from './ledger-bytes.ts';
import { type OwnedPage, type Tree, visitPages } from './page-owners.ts';
import { type Cell, cells, PAGE_KIND, pageKind, type Row, type Value } from './records.ts';
import { treeRoots } from './roots.ts';
import { coveringIndexes, fitRow, type TableShape, tableShapes } from './tables.ts';

/** What was found beside the rows. */
export interface Salvage {
  /** Rows that could not be read whole, by table. */
  readonly brokenRows: Map<string, number>;
  /** Pages of rows that could not be read at all, by table. */
  readonly lostPages: Map<string, number>;
  /** Pages of indexes that could not be read: what they confirm is not confirmed. */
  lostIndexPages: number;
  /** Messages by stream and state, as the ledger itself counted them; `stream/state`. */
  readonly tally: Map<string, number>;
  /** Highest identifiers given out, by table. */
  readonly sequences: Map<string, number>;
  schemaVersion: number;
}

/** The table, and the index that earlier schemas had in its place: their entries are alike. */
const IDENTITIES = ['identity', 'sqlite_autoindex_message_1'];
const OPEN_MESSAGES = 'message_open';

/**
 * Fills `draft`, an empty ledger, in one pass over the pages. Beside the rows it leaves three temporary tables there:
 * `found_identity` and `found_open`, what the indexes say of messages, and `doubtful`, ids of messages of which two
 * different rows were found.
 */
export function salvage(source: LedgerBytes, draft: Database.Database): Salvage {
  const found: Salvage = {
    ...{ brokenRows: new Map(), lostPages: new Map(), lostIndexPages: 0 },
    ...{ tally: new Map(), sequences: new Map(), schemaVersion: 0 },
  };
  const shapes = tableShapes(draft);
  const roots = treeRoots(source, draft);
  draft.exec(`
    CREATE TEMP TABLE found_identity (stream INTEGER, source_uuid TEXT, id INTEGER);
    CREATE TEMP TABLE found_open (
      id INTEGER, stream INTEGER, state INTEGER, PRIMARY KEY (id, stream, state)) WITHOUT ROWID;
    CREATE TEMP TABLE doubtful (id INTEGER PRIMARY KEY)`);
  const tables = new Map(
    shapes
      .filter(({ name }) => !IDENTITIES.includes(name))
      .map((shape) => [shape.name, createTableKeeper(draft, shape, found)]),
  );
  const indexes = createIndexKeepers(draft, shapes);

  visitPages(source, roots, {
    visit: (page) => visit(page, source, tables, indexes, found),
    lost(tree) {
      if (tables.has(tree)) count(found.lostPages, tree);
      else found.lostIndexPages += 1;
    },
  });
  for (const index of indexes.values()) index.finish?.();
  return found;
}

function visit(
  { number, bytes, tree }: OwnedPage,
  source: LedgerBytes,
  tables: ReadonlyMap<Tree, TableKeeper>,
  indexes: ReadonlyMap<Tree, IndexKeeper>,
  { brokenRows }: Salvage,
): boolean {
  const isTable = pageKind(bytes, number) === PAGE_KIND.tableLeaf;
  const all = [...cells(bytes, number, source)];
  const table = tree === null ? onlyFitting(tables, isTable, all) : tables.get(tree);
  if (table !== undefined) {
    if (table.shape.hasRowid !== isTable) return false;
    const rows = all.map((cell) => table.fit(cell));
    if (
      all.length > 0 &&
      rows.every((row) => row === null) &&
      tree !== null &&
      fitsAnother(tables, tree, isTable, all)
    )
      return false;
    for (const row of rows) {
      if (row === null || !table.keep(row)) count(brokenRows, table.shape.name);
    }
    return true;
  }
  const index = tree === null ? undefined : indexes.get(tree);
  if (index !== undefined && !isTable) {
    for (const { row } of all) if (row !== null) index.note(row);
  }
  return tree !== null;
}

/** Without tree or pointer map, a page is taken by the one table whose rows all of its cells can be. */
function onlyFitting(
  tables: ReadonlyMap<Tree, TableKeeper>,
  isTable: boolean,
  all: readonly Cell[],
): TableKeeper | undefined {
  if (!isTable || all.length === 0) return undefined;
  const fitting = [...tables.values()].filter(
    (table) => table.shape.hasRowid && all.some((cell) => table.fit(cell) !== null),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function fitsAnother(
  tables: ReadonlyMap<Tree, TableKeeper>,
  tree: Tree,
  isTable: boolean,
  all: readonly Cell[],
): boolean {
  return [...tables].some(
    ([name, { shape, fit }]) =>
      name !== tree && shape.hasRowid === isTable && all.some((cell) => fit(cell) !== null),
  );
}

interface TableKeeper {
  readonly shape: TableShape;
  fit(cell: Cell): readonly Value[] | null;
  /** @returns false when another row has its place already. */
  keep(values: readonly Value[]): boolean;
}

function createTableKeeper(draft: Database.Database, shape: TableShape, found: Salvage): TableKeeper {
  const { name, columns, hasRowid } = shape;
  const fit = ({ rowid, row }: Cell) => {
    if (row === null || (hasRowid && rowid === null)) return null;
    return fitRow(shape, rowid, row);
  };
  if (name === 'message_tally') {
    return {
      shape,
      fit,
      keep: ([stream, state, messages]) => note(found.tally, `${stream}/${state}`, messages),
    };
  }
  if (name === 'sqlite_sequence') {
    return { shape, fit, keep: ([table, last]) => note(found.sequences, String(table), last) };
  }
  if (name === 'schema_version') {
    return {
      shape,
      fit,
      keep([version]) {
        found.schemaVersion = Math.max(found.schemaVersion, Number(version));
        return true;
      },
    };
  }
  const insert = draft.prepare(
    `INSERT OR IGNORE INTO ${name} (${columns.map((column) => column.name).join()}) VALUES (${columns.map(() => '?').join()})`,
  );
  const doubt =
    name === 'message'
      ? draft.prepare(
          'INSERT OR IGNORE INTO doubtful SELECT id FROM message WHERE id = ? OR (stream = ? AND source_uuid = ?)',
        )
      : null;
  return {
    shape,
    fit,
    keep(values) {
      if (insert.run(...values).changes === 1) return true;
      doubt?.run(...values.slice(0, 3));
      return false;
    },
  };
}

interface IndexKeeper {
  note(row: Row): void;
  /** To be called once all tables are read. */
  finish?(): void;
}

function createIndexKeepers(
  draft: Database.Database,
  shapes: readonly TableShape[],
): ReadonlyMap<Tree, IndexKeeper> {
  const keepers = new Map<Tree, IndexKeeper>();
  const identity = draft.prepare('INSERT INTO found_identity VALUES (?, ?, ?)');
  const noteIdentity = (row: Row) => {
    const [stream, sourceUuid, id] = row;
    if (row.length === 3 && isNumber(stream) && typeof sourceUuid === 'string' && isNumber(id))
      identity.run(...row);
  };
  for (const name of IDENTITIES) keepers.set(name, { note: noteIdentity });
  const open = draft.prepare('INSERT OR IGNORE INTO found_open (stream, state, id) VALUES (?, ?, ?)');
  keepers.set(OPEN_MESSAGES, {
    note(row) {
      if (row.length === 3 && row.every(isNumber)) open.run(...row);
    },
  });
  for (const { name, table, columns } of coveringIndexes(draft, shapes)) {
    const shape = shapes.find((one) => one.name === table) as TableShape;
    draft.exec(`CREATE TEMP TABLE found_${table} (${columns.join()})`);
    const entry = draft.prepare(`INSERT INTO found_${table} VALUES (${columns.map(() => '?').join()})`);
    keepers.set(name, {
      note(row) {
        const stored = shape.columns.map(({ name, isRowid }) =>
          isRowid ? null : row[columns.indexOf(name)],
        );
        const rowid = row.at(-1);
        if (row.length !== columns.length || !isNumber(rowid)) return;
        if (fitRow(shape, rowid as number, stored as Row) !== null) entry.run(...row);
      },
      finish() {
        draft.exec(`
          INSERT OR IGNORE INTO ${table} (${columns.join()}) SELECT ${columns.join()} FROM found_${table};
          DROP TABLE found_${table}`);
      },
    });
  }
  return keepers;
}

function isNumber(value: Value | undefined): boolean {
  return typeof value === 'number';
}

function note(notes: Map<string, number>, key: string, value: Value | undefined): boolean {
  if (typeof value !== 'number') return false;
  notes.set(key, value);
  return true;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
