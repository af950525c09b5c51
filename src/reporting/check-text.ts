/** What `check` found, for people. */
import { formatDurationMs } from '../durations.ts';
import type { Breakdown } from '../ledger/ledger.ts';
import type { CheckPlan, CheckSummary, CodeSummary } from '../pipeline/summary.ts';
import { plural } from './counts.ts';
import { commandLine, type NextStep } from './next-steps.ts';
import { type Paint, unpainted } from './paint.ts';
import { examplesText } from './position-text.ts';
import { fileRows, headline, nextStepsText, recordRows, section } from './summary-text.ts';
import { renderTable } from './table.ts';
import { terminalLine } from './terminal-text.ts';

export interface CheckTextOptions {
  /** Flags that the next command needs as well, e.g. `-c other.json`; quoted here. */
  readonly flags?: readonly string[];
  readonly paint?: Paint;
}

/** More lines than these are summed up in a longer unit. */
const MAX_PERIODS = 31;
const MAX_DEPARTMENTS = 20;

export function checkText(
  check: CheckSummary,
  { flags = [], paint = unpainted }: CheckTextOptions = {},
): string {
  const { files, plan, rejects, breakdown, codes = [] } = check;
  const sections = [
    headline(`Check of ${terminalLine(check.stream)}, nothing sent`, check, paint),
    section('Read', renderTable([...recordRows(check), ...fileRows(files)]), paint),
    section('Messages by department', departmentsTable(breakdown), paint),
    section(
      'Messages by type',
      renderTable(breakdown.types.map(({ type, messages }) => [type, messages])),
      paint,
    ),
    periodsSection(breakdown.days, paint),
    section('Codes', codesTable(codes, paint), paint),
    section(
      'Rejects',
      renderTable(
        rejects.map(({ code, field, count, examples }) => [
          code,
          field,
          count,
          examplesText(examples, count),
        ]),
        { head: ['code', 'field', 'count', 'for example'], paint },
      ),
      paint,
    ),
    section('Delivery would take', `  ${planText(plan)}\n`, paint),
    nextStepsText(stepsAfterCheck(check, flags), paint),
  ];
  return sections.filter((text) => text !== '').join('\n');
}

/** What each code is taken for, with the two ends of a few messages: a direction that is the wrong way round shows here. */
function codesTable(codes: readonly CodeSummary[], paint: Paint): string {
  const rows = codes.map(({ field, code, meaning, count, examples }) => [
    ...[field.slice(field.lastIndexOf('.') + 1), code, meaning ?? 'not known', count],
    examples.map(({ from, to }) => `${from} → ${to}`).join(', '),
  ]);
  return renderTable(rows, { head: ['', 'code', 'is taken for', 'count', 'from → to'], paint });
}

function planText(plan: CheckPlan): string {
  if (plan.requests === 0) return 'nothing: there is nothing new to send.';
  const customers = plural(plan.customers, 'customer');
  const departments = plural(plan.departments, 'department');
  const duration = formatDurationMs(plan.minimumDurationMs);
  return `${plural(plan.requests, 'request')} for ${customers} in ${departments}: at least ${duration} at the configured rate.`;
}

function departmentsTable({ departments }: Breakdown): string {
  const rows = departments
    .slice(0, MAX_DEPARTMENTS)
    .map(({ departmentUuid, messages }) => [departmentUuid, messages] as const);
  const rest = departments.slice(MAX_DEPARTMENTS);
  const others = rest.reduce((sum, { messages }) => sum + messages, 0);
  return renderTable(
    rest.length === 0 ? rows : [...rows, [`${plural(rest.length, 'other department')}`, others]],
  );
}

/** By day, else by month, else by year: whichever gives a table that can be read. */
function periodsSection(days: Breakdown['days'], paint: Paint): string {
  const units = [
    ['day (UTC)', 'yyyy-mm-dd'.length],
    ['month (UTC)', 'yyyy-mm'.length],
    ['year (UTC)', 'yyyy'.length],
  ] as const;
  for (const [unit, length] of units) {
    const totals = new Map<string, number>();
    for (const { day, messages } of days) {
      const period = day.slice(0, length);
      totals.set(period, (totals.get(period) ?? 0) + messages);
    }
    if (totals.size <= MAX_PERIODS || unit === units[2][0]) {
      return section(`Messages by ${unit}`, renderTable([...totals]), paint);
    }
  }
  return '';
}

function stepsAfterCheck(
  { records, files, plan }: CheckSummary,
  flags: readonly string[],
): readonly NextStep[] {
  const steps: NextStep[] = [];
  if (records.rejected > 0) {
    steps.push({
      command: null,
      why: 'Correct the mapping or the export where rejects tell of a mistake; what stays rejected is not sent.',
    });
  }
  if (files.damaged > 0) steps.push({ command: null, why: 'Mend or fetch again the damaged files.' });
  if (plan.requests > 0) {
    steps.push(
      { command: commandLine('preview', flags), why: 'shows records beside the requests that they become' },
      {
        command: commandLine('run --limit 10', flags),
        why: 'sends ten messages, to be looked at in the target',
      },
    );
  }
  return steps;
}
