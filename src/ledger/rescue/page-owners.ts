/**
 * Which page belongs to which table or index. Three sources, from the surest to the last resort: the trees themselves,
 * walked from their roots; the pointer map, by which every page names the one above it (ledgers are made with
 * `auto_vacuum`), so that leaves below a lost page are found; and, for tables, what a page's rows look like.
 */
import { childPages, PAGE_KIND, type PageReader, pageKind } from './records.ts';

/** Name of a table or an index. */
export type Tree = string;

export interface OwnedPage {
  readonly number: number;
  readonly bytes: Buffer;
  /** Null for leaves of tables that neither tree nor pointer map claims. */
  readonly tree: Tree | null;
}

/** Places of the pointer map's entries: kind of page, and the page above. */
const MAP_ENTRY_BYTES = 5;
const MAPPED = { root: 1, belowTree: 5 } as const;
/** The page at this byte is never used: SQLite locks it. */
const LOCK_BYTE = 0x4000_0000;
const MOST_LEVELS = 20;

const DONE = 1;

export interface PageVisitor {
  /** @returns false when the page's cells are not the tree's: it is left to whoever else claims it. */
  visit(page: OwnedPage): boolean;
  /** A page of this tree is gone. */
  lost(tree: Tree): void;
}

/**
 * Hands out every page that holds rows or entries, once: tables in the order of their rows. Reads each page once or
 * twice, and keeps one byte for it.
 */
export function visitPages(
  reader: PageReader & { readonly expectedPageCount: number },
  roots: ReadonlyMap<number, Tree>,
  visitor: PageVisitor,
): void {
  const seen = new Uint8Array(reader.expectedPageCount + 1);
  for (const [root, tree] of roots) walk(reader, root, tree, seen, visitor);
  for (let number = 2; number <= reader.expectedPageCount; number++) {
    if (seen[number] === DONE || isMapPage(reader, number) || isLockPage(reader, number)) continue;
    const tree = mappedTree(reader, roots, number);
    const bytes = reader.page(number);
    const kind = pageKind(bytes, number);
    if (bytes === null || kind === null) {
      if (tree !== null) visitor.lost(tree);
    } else if (kind !== PAGE_KIND.tableInterior) {
      visitor.visit({ number, bytes, tree });
    }
  }
}

function walk(
  reader: PageReader,
  root: number,
  tree: Tree,
  seen: Uint8Array,
  { visit, lost }: PageVisitor,
): void {
  const waiting = [root];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (number >= seen.length || seen[number] === DONE) continue;
    const bytes = reader.page(number);
    const kind = pageKind(bytes, number);
    if (bytes === null || kind === null) {
      lost(tree);
      seen[number] = DONE;
      continue;
    }
    const isInterior = kind === PAGE_KIND.tableInterior || kind === PAGE_KIND.indexInterior;
    if (isInterior) waiting.push(...childPages(bytes, number).toReversed());
    if (kind === PAGE_KIND.tableInterior || visit({ number, bytes, tree })) seen[number] = DONE;
  }
}

/** By the pointer map, upwards; null when the map does not say, or says that the page is in no tree. */
function mappedTree(reader: PageReader, roots: ReadonlyMap<number, Tree>, number: number): Tree | null {
  let at = number;
  for (let level = 0; level < MOST_LEVELS; level++) {
    const known = roots.get(at);
    if (known !== undefined) return known;
    const entry = mapEntry(reader, at);
    if (entry?.kind !== MAPPED.belowTree) return null;
    at = entry.above;
  }
  return null;
}

function mapEntry(reader: PageReader, number: number): { kind: number; above: number } | null {
  if (number < 3) return null;
  const mapPage = mapPageOf(reader, number);
  const bytes = reader.page(mapPage);
  const at = (number - mapPage - 1) * MAP_ENTRY_BYTES;
  if (bytes === null || at < 0 || at + MAP_ENTRY_BYTES > bytes.length) return null;
  return { kind: bytes.readUInt8(at), above: bytes.readUInt32BE(at + 1) };
}

/** The page of the pointer map that speaks of this one. */
function mapPageOf(reader: PageReader, number: number): number {
  const spokenOf = Math.floor(reader.pageSize / MAP_ENTRY_BYTES) + 1;
  const page = Math.floor((number - 2) / spokenOf) * spokenOf + 2;
  return isLockPage(reader, page) ? page + 1 : page;
}

function isMapPage(reader: PageReader, number: number): boolean {
  return mapPageOf(reader, number) === number;
}

function isLockPage({ pageSize }: PageReader, number: number): boolean {
  return number === LOCK_BYTE / pageSize + 1;
}
