/** Takes somebody's rows out of a file that `export` wrote; every other row stays as it is, byte for byte. */
import { byteLines } from '../byte-lines.ts';
import { unescapeCell } from '../spreadsheet-cells.ts';

/** Tells whose a row is. */
export interface TheirRows {
  readonly customerUuids: ReadonlySet<string>;
  /** Identities of their messages, and of their rejected records. */
  readonly sourceUuids: ReadonlySet<string>;
  /** Whether a row names them in whatever column. */
  names(row: Uint8Array): boolean;
}

/** How a file was written by `export` whose first line this is; null when it was not. */
export function exportFormat(firstLine: Buffer): 'csv' | 'ndjson' | null {
  if (Object.hasOwn(parsed(firstLine), '_state')) return 'ndjson';
  return cellsOf(firstLine).includes('_state') ? 'csv' : null;
}

/** @param onErased once for each row that is left out. */
export async function* withoutRows(
  file: AsyncIterable<Buffer>,
  format: 'csv' | 'ndjson',
  theirs: TheirRows,
  onErased: () => void,
): AsyncGenerator<Buffer> {
  const isTheirs = format === 'csv' ? csvRowJudge(theirs) : ndjsonRowJudge(theirs);
  for await (const line of byteLines(file, { quoted: format === 'csv' })) {
    if (isTheirs(line)) onErased();
    else yield line;
  }
}

type RowJudge = (line: Buffer) => boolean;

function csvRowJudge(theirs: TheirRows): RowJudge {
  let columns: { identity: number; customer: number } | null = null;
  return (line) => {
    const cells = cellsOf(line);
    if (columns === null) {
      columns = { identity: cells.indexOf('_sourceUuid'), customer: cells.indexOf('_customerUuid') };
      return false;
    }
    return judge(
      { line, cells, identity: cells[columns.identity], customer: cells[columns.customer] },
      theirs,
    );
  };
}

function ndjsonRowJudge(theirs: TheirRows): RowJudge {
  return (line) => {
    const row = parsed(line);
    const { _sourceUuid: identity, _customerUuid: customer } = row;
    return judge({ line, cells: Object.values(row), identity, customer }, theirs);
  };
}

interface Row {
  readonly line: Buffer;
  readonly cells: readonly unknown[];
  readonly identity: unknown;
  readonly customer: unknown;
}

function judge({ line, cells, identity, customer }: Row, theirs: TheirRows): boolean {
  const { customerUuids, sourceUuids } = theirs;
  if (cells.some((cell) => typeof cell === 'string' && customerUuids.has(cell))) return true;
  // Another stream may give somebody else's message the same identity.
  const isNobodys = typeof customer !== 'string' || customer === '';
  return (isNobodys && typeof identity === 'string' && sourceUuids.has(identity)) || theirs.names(line);
}

function parsed(line: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(line.toString()) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Of the first line in RFC 4180, as `export` writes it; an editor may have put a byte order mark before it. */
function cellsOf(line: Buffer): readonly string[] {
  const text = line.toString().replace(/^\uFEFF/, '');
  const cells: string[] = [];
  const pattern = /(?:"([^"]*(?:""[^"]*)*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, quoted, plain = '', end] = match;
    cells.push(unescapeCell(quoted === undefined ? plain : quoted.replaceAll('""', '"')));
    if (end !== ',') break;
  }
  return cells;
}
