/** What `ledger purge` has done, and what it found afterwards: counts and names of files, nobody's identifiers. */
import { formatBytes } from './bytes.ts';
import { formatCount, plural } from './counts.ts';
import { renderTable } from './table.ts';

export interface PurgeReport {
  readonly customers: number;
  readonly erased: {
    readonly messages: number;
    readonly rejects: number;
    readonly conflicts: number;
    readonly evidence: number;
    readonly attempts: number;
    /** In archives. */
    readonly deliveries: number;
    readonly exportedRows: number;
  };
  readonly files: readonly {
    readonly kind: 'archive' | 'export';
    readonly file: string;
    readonly state: 'done' | 'gone' | 'no-export' | 'unreadable';
    /** Deliveries or rows. */
    readonly erased: number;
    readonly changed: boolean;
  }[];
  readonly searched: {
    readonly files: number;
    readonly bytes: number;
    readonly identifiers: number;
    /** Identifiers that are too short to be told from other text. */
    readonly tooShort: number;
  };
  /** Files in which they are still found, or that could not be searched. */
  readonly left: readonly SearchedFile[];
  readonly ok: boolean;
}

export interface SearchedFile {
  readonly file: string;
  readonly bytes: number;
  /** How often an identifier of theirs stands there; null when it could not be read. */
  readonly found: number | null;
}

export function purgeText(report: PurgeReport): string {
  const { erased, searched, left, ok } = report;
  const isNothing = Object.values(erased).every((count) => count === 0);
  const lines = [
    isNothing ? `Nothing of ${plural(report.customers, 'customer')} was found.\n` : 'Erased:\n',
    isNothing ? '' : renderTable(rowsOf(report)),
    remarks(report),
    `Searched ${plural(searched.files, 'file')} (${formatBytes(searched.bytes)}) for ${plural(searched.identifiers, 'identifier')}`,
    searched.tooShort === 0
      ? ''
      : `, without ${formatCount(searched.tooShort)} too short to be told from other text`,
    left.length === 0 ? ': nothing is left.\n' : '.\n',
  ];
  if (left.length > 0) {
    const rows = left.map(({ file, found }) => [
      file,
      found === null ? 'could not be read' : `found ${formatCount(found)} times`,
    ]);
    lines.push(`Still there:\n${renderTable(rows)}`);
  }
  lines.push(
    ok
      ? 'Their records are skipped from now on (`erased`).\n'
      : 'Next: end other programs that use these files, or mend what could not be read, and run it again.\n',
  );
  return lines.join('');
}

function rowsOf({ erased }: PurgeReport): readonly (readonly [string, number])[] {
  const { messages, rejects, conflicts, evidence, attempts, deliveries, exportedRows } = erased;
  return [
    ['messages', messages],
    ['rejects', rejects],
    ['conflicts', conflicts],
    ['pieces of evidence', evidence],
    ['attempts', attempts],
    ['archived deliveries', deliveries],
    ['exported rows', exportedRows],
  ];
}

/** What a person may want to look after. */
function remarks({ files }: PurgeReport): string {
  const rows = files.flatMap(({ file, state, changed }) => {
    if (state === 'gone') return [[file, 'is gone; if it was moved, erase them there']];
    if (state === 'no-export') return [[file, 'is no export any more, and was left alone']];
    if (state === 'unreadable') return [[file, 'could not be read or written']];
    return changed ? [[file, 'was changed since it was written']] : [];
  });
  return rows.length === 0 ? '' : `Files to look after:\n${renderTable(rows)}`;
}
