/** The summary document for people: what happened, what needs attention, what is left, and the command to type next. */
import { formatDurationMs } from '../durations.ts';
import type { CodeCount } from '../ledger/ledger.ts';
import { STOP_REASONS, type Summary, type SummaryStatus } from '../pipeline/summary.ts';
import { type NextStep, type NextStepFacts, nextSteps } from './next-steps.ts';
import { type Paint, type Style, unpainted } from './paint.ts';
import { examplesText } from './position-text.ts';
import { type Cell, renderTable } from './table.ts';
import { terminalLine } from './terminal-text.ts';

export interface SummaryTextOptions {
  /** What needs attention in the whole stream, by state and code, with example positions. */
  readonly codes: readonly CodeCount[];
  readonly openRejects: number;
  /** What the commands to type next depend on; null where there is nothing to go on with (a rehearsal). */
  readonly next: NextStepFacts | null;
  readonly paint?: Paint;
}

export function summaryText(
  summary: Summary,
  { codes, openRejects, next, paint = unpainted }: SummaryTextOptions,
): string {
  const { files, messages, requests } = summary;
  const sections = [
    headline(`Run ${summary.run} of ${terminalLine(summary.stream)}`, summary, paint),
    section(
      'This run',
      renderTable([...recordRows(summary), ...fileRows(files), ...requestRows(requests)]),
      paint,
    ),
    section(
      'The stream now',
      renderTable([
        ['accepted', messages.accepted],
        ['failed', messages.failed],
        ['unknown', messages.unknown],
        ['pending', messages.pending],
        ['open rejects', openRejects],
      ]),
      paint,
    ),
    section('Needs attention', codesTable(codes, paint), paint),
    next === null ? '' : nextStepsText(nextSteps(summary, openRejects, next), paint),
  ];
  return sections.filter((text) => text !== '').join('\n');
}

const STATUS_STYLES: Record<SummaryStatus, Style> = {
  complete: 'green',
  incomplete: 'yellow',
  stopped: 'red',
  interrupted: 'red',
};

/** `Run 12 of legacy-sms: incomplete after 8 s`, and why, when it ended early. */
export function headline(
  what: string,
  {
    status,
    stopReason,
    durationMs,
    balanced,
  }: Pick<Summary, 'status' | 'stopReason' | 'durationMs' | 'balanced'>,
  paint: Paint,
): string {
  const lines = [
    `${paint('bold', what)}: ${paint(STATUS_STYLES[status], status)} after ${formatDurationMs(durationMs)}\n`,
  ];
  if (stopReason !== null && stopReason !== status) {
    lines.push(`  ${STOP_REASONS[stopReason]} (${stopReason})\n`);
  }
  if (!balanced) lines.push(`  ${paint('red', 'The counts below do not add up.')}\n`);
  return lines.join('');
}

export function section(title: string, content: string, paint: Paint): string {
  return content === '' ? '' : `${paint('bold', title)}\n${content}`;
}

/** How the records read divide up; kinds that did not occur are left out, `new` excepted. */
export function recordRows({
  records: { read, ...places },
  skips = [],
}: Pick<Summary, 'records' | 'skips'>): readonly (readonly Cell[])[] {
  const present = Object.entries(places).filter(([name, count]) => count > 0 || (name === 'new' && read > 0));
  const rows = present.flatMap(([name, count]) => [
    [`  ${name}`, count],
    ...(name === 'skipped' ? skips.map((skip) => [`    ${skip.reason}`, skip.count]) : []),
  ]);
  return [['records read', read], ...rows];
}

export function fileRows({ read, unchanged, damaged }: Summary['files']): readonly (readonly Cell[])[] {
  return [
    ['files read', read],
    ...(unchanged > 0 ? [['files unchanged, not read again', unchanged]] : []),
    ...(damaged > 0 ? [['files damaged', damaged]] : []),
  ];
}

function requestRows({ sent, retried, throttled }: Summary['requests']): readonly (readonly Cell[])[] {
  return [
    ['requests sent', sent],
    ...(retried > 0 ? [['  repeated', retried]] : []),
    ...(throttled > 0 ? [['  throttled by the API', throttled]] : []),
  ];
}

/** State, code, field, count and where to look. */
export function codesTable(codes: readonly CodeCount[], paint: Paint): string {
  const rows = codes.map(({ state, code, field, count, examples }) => [
    state,
    code,
    field,
    count,
    examplesText(examples, count),
  ]);
  return renderTable(rows, { head: ['state', 'code', 'field', 'count', 'for example'], paint });
}

export function nextStepsText(steps: readonly NextStep[], paint: Paint): string {
  if (steps.length === 0) return 'Nothing is left to do.\n';
  const lines = steps.map(({ command, why }) =>
    command === null ? `  ${why}\n` : `  ${paint('bold', terminalLine(command))}\n      ${why}\n`,
  );
  return section('Next', lines.join(''), paint);
}
