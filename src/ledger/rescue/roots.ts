/** Where the trees of a damaged ledger begin. */
import type Database from 'better-sqlite3';
import type { Tree } from './page-owners.ts';
import { cells, childPages, PAGE_KIND, type PageReader, pageKind } from './records.ts';

/**
 * As the ledger's own schema says; of trees of which that cannot be read, as in an empty ledger, which has its trees on the
 * same pages: with `auto_vacuum` they stand first, in the order in which they were made.
 */
export function treeRoots(source: PageReader, empty: Database.Database): ReadonlyMap<number, Tree> {
  const { told, isWhole } = toldRoots(source);
  if (isWhole && told.size > 0) return told;
  const names = new Set(told.values());
  const untold = [...usualRoots(empty)].filter(([root, name]) => !told.has(root) && !names.has(name));
  return new Map([...told, ...untold]);
}

const KINDS = ['table', 'index', 'trigger', 'view'];
const SCHEMA_ROOT = 1;

/** From the pages of the schema. */
function toldRoots(source: PageReader): { told: Map<number, Tree>; isWhole: boolean } {
  const told = new Map<number, Tree>();
  const seen = new Set<number>();
  const waiting = [SCHEMA_ROOT];
  let isWhole = true;
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const bytes = source.page(number);
    const kind = pageKind(bytes, number);
    if (seen.has(number)) continue;
    seen.add(number);
    if (bytes !== null && kind === PAGE_KIND.tableInterior) waiting.push(...childPages(bytes, number));
    else if (bytes !== null && kind === PAGE_KIND.tableLeaf) tell(told, bytes, number, source);
    else isWhole = false;
  }
  return { told, isWhole };
}

function tell(told: Map<number, Tree>, bytes: Buffer, number: number, source: PageReader): void {
  for (const { row } of cells(bytes, number, source)) {
    const [kind, name, , root] = row ?? [];
    if (typeof name !== 'string' || typeof root !== 'number' || root <= SCHEMA_ROOT) continue;
    if (KINDS.includes(String(kind))) told.set(root, name);
  }
}

function usualRoots(empty: Database.Database): Map<number, Tree> {
  const rows = empty
    .prepare<[], { name: string; root: number }>(
      'SELECT name, rootpage AS root FROM sqlite_schema WHERE rootpage > 0',
    )
    .all();
  return new Map(rows.map(({ name, root }) => [root, name]));
}
