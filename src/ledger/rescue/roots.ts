/** Where the trees of a damaged ledger begin. */
import type Database from 'better-sqlite3';
import type { Tree } from './page-owners.ts';
import { cells, PAGE_KIND, type PageReader, pageKind } from './records.ts';

/**
 * As the ledger's own schema says; where that cannot be read, as in an empty ledger, which has its trees on the same pages:
 * with `auto_vacuum` they stand first, in the order in which they were made.
 */
export function treeRoots(source: PageReader, empty: Database.Database): ReadonlyMap<number, Tree> {
  const told = toldRoots(source);
  return told.size > 0 ? told : usualRoots(empty);
}

const KINDS = ['table', 'index', 'trigger', 'view'];

/** From the first page: the schema has never been larger. */
function toldRoots(source: PageReader): Map<number, Tree> {
  const roots = new Map<number, Tree>();
  const bytes = source.page(1);
  if (bytes === null || pageKind(bytes, 1) !== PAGE_KIND.tableLeaf) return roots;
  for (const { row } of cells(bytes, 1, source)) {
    const [kind, name, , root] = row ?? [];
    if (typeof name !== 'string' || typeof root !== 'number' || root < 2) continue;
    if (KINDS.includes(String(kind))) roots.set(root, name);
  }
  return roots;
}

function usualRoots(empty: Database.Database): Map<number, Tree> {
  const rows = empty
    .prepare<[], { name: string; root: number }>(
      'SELECT name, rootpage AS root FROM sqlite_schema WHERE rootpage > 0',
    )
    .all();
  return new Map(rows.map(({ name, root }) => [root, name]));
}
