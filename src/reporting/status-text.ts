/** What the ledger holds, for people. */
import type { CodeCount, ExportState, MessageCounts } from '../ledger/ledger.ts';
import { type Paint, unpainted } from './paint.ts';
import { codesTable, section } from './summary-text.ts';
import { renderTable } from './table.ts';
import { terminalLine } from './terminal-text.ts';

export interface StatusDocument {
  readonly stream: string;
  /** The ledger file. */
  readonly ledger: string;
  readonly messages: MessageCounts;
  readonly states: Readonly<Record<ExportState, number>>;
  readonly codes: readonly CodeCount[];
  readonly runs: readonly StatusRun[];
}

interface StatusRun {
  readonly run: number;
  readonly command: string;
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Null while it runs, and when it was killed. */
  readonly endedAt: string | null;
}

export function statusText(
  { stream, ledger, messages, states, codes, runs }: StatusDocument,
  paint: Paint = unpainted,
): string {
  const within: [string, number][] = [
    ['  of these stored', states.stored],
    ['  of these missing', states.missing],
  ];
  const sections = [
    `${paint('bold', terminalLine(stream))} in ${terminalLine(ledger)}\n`,
    section(
      'Messages',
      renderTable([
        ['accepted', messages.accepted],
        ...within.filter(([, count]) => count > 0),
        ['failed', messages.failed],
        ['unknown', messages.unknown],
        ['pending', messages.pending],
      ]),
      paint,
    ),
    section(
      'Records',
      renderTable([
        ['open rejects', states.rejected],
        ['conflicts', states.conflict],
      ]),
      paint,
    ),
    section('Needs attention', codesTable(codes, paint), paint),
    section(
      'Latest runs',
      renderTable(
        runs.map(({ run, command, status, startedAt, endedAt }) => [
          run,
          command,
          status,
          startedAt,
          endedAt,
        ]),
        { head: ['run', 'command', 'status', 'started', 'ended'], paint },
      ),
      paint,
    ),
  ];
  return sections.filter((text) => text !== '').join('\n');
}
