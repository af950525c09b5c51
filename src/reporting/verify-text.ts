/** What `verify` found, for people. */
import { formatDurationMs } from '../durations.ts';
import { type EvidenceEffect, SURPRISES } from '../evidence/evidence.ts';
import type { CodeCount, ExportState } from '../ledger/ledger.ts';
import type { VerifySummary } from '../pipeline/verify-summary.ts';
import { plural } from './counts.ts';
import { commandLine, type NextStep, type NextStepFacts } from './next-steps.ts';
import { type Paint, unpainted } from './paint.ts';
import { examplesText } from './position-text.ts';
import { codesTable, headline, nextStepsText, section } from './summary-text.ts';
import { type Cell, renderTable } from './table.ts';
import { terminalLine } from './terminal-text.ts';

export interface VerifyTextOptions {
  /** Why messages of the stream failed or are unknown. */
  readonly codes: readonly CodeCount[];
  readonly next: NextStepFacts;
  readonly paint?: Paint;
}

/** What pieces of evidence come to, in the order in which they matter. */
const EFFECTS: Readonly<Record<EvidenceEffect | 'undecided', string>> = {
  stored: 'made a message stored',
  failed: 'made a message failed',
  contradictory: 'report a failure of what is stored',
  unsent: 'speak for a message that waits to be sent',
  outdated: 'are older than what they would be about',
  known: 'say nothing new',
  undecided: 'say neither stored nor failed',
  foreign: 'name no message of this stream',
};

export function verifyText(
  summary: VerifySummary,
  { codes, next, paint = unpainted }: VerifyTextOptions,
): string {
  const { stream, messages, surprises, attention, unevidenced } = summary;
  const sections = [
    headline(`Verification of ${terminalLine(stream)}`, { ...summary, stopReason: null }, paint),
    section('Read', renderTable(readingRows(summary)), paint),
    section('Evidence', renderTable(evidenceRows(summary)), paint),
    section(
      'The stream now',
      renderTable([
        ['accepted', messages.accepted],
        ['  of these stored', messages.stored],
        ...(messages.missing > 0 ? [['  of these missing', messages.missing]] : []),
        ['failed', messages.failed],
        ['unknown', messages.unknown],
        ['pending', messages.pending],
      ]),
      paint,
    ),
    section(
      'Passed over',
      renderTable(
        surprises.map(({ code, count, examples }) => [
          code,
          SURPRISES[code],
          count,
          examplesText(examples, count),
        ]),
        { head: ['code', 'what', 'count', 'for example'], paint },
      ),
      paint,
    ),
    section(
      'Look at these',
      renderTable(
        attention.flatMap(({ effect, examples }) =>
          examples.map(({ sourceUuid, at }) => [EFFECTS[effect], sourceUuid, at]),
        ),
        { head: ['', 'sourceUuid', 'said at'], paint },
      ),
      paint,
    ),
    section('Needs attention', codesTable(codes, paint), paint),
    section('Nothing heard of', unevidencedText(unevidenced), paint),
    nextStepsText(stepsAfterVerify(summary, next), paint),
  ];
  return sections.filter((text) => text !== '').join('\n');
}

function readingRows({ archives, deliveries }: VerifySummary): readonly (readonly Cell[])[] {
  const kinds: [string, number][] = [
    ['  message events', deliveries.messageEvents],
    ['  results of historical saves', deliveries.historicalCallbacks],
    ['  status of texts', deliveries.textCallbacks],
  ];
  return [
    ['archives read', archives.read],
    ...(archives.damaged > 0 ? [['archives damaged', archives.damaged]] : []),
    ['deliveries', deliveries.read],
    ...kinds.filter(([, count]) => count > 0),
  ];
}

function evidenceRows({ evidence }: VerifySummary): readonly (readonly Cell[])[] {
  const effects = Object.keys(EFFECTS) as (keyof typeof EFFECTS)[];
  return [
    ['words on messages', evidence.read],
    ...effects
      .filter((effect) => evidence[effect] > 0)
      .map((effect) => [`  ${EFFECTS[effect]}`, evidence[effect]]),
  ];
}

function unevidencedText({ count, examples, olderThanMs }: VerifySummary['unevidenced']): string {
  if (count === 0) return '';
  const messages = plural(count, 'message', 'messages');
  const shown = examples.map(terminalLine).join(', ') + (count > examples.length ? ', …' : '');
  return (
    `  ${messages} accepted ${formatDurationMs(olderThanMs)} ago or earlier; still accepted, silence proves nothing.\n` +
    `  ${shown}\n`
  );
}

function stepsAfterVerify(
  { messages, archives, unevidenced, status }: VerifySummary,
  { exportFormat, flags }: NextStepFacts,
): readonly NextStep[] {
  const steps: NextStep[] = [];
  const type = (words: string, why: string) => steps.push({ command: commandLine(words, flags), why });
  const show = (state: ExportState, why: string) =>
    type(`export --state ${state} -o ${state}.${exportFormat}`, why);

  if (status === 'interrupted') type('verify', 'goes on: what was recorded stands');
  if (archives.damaged > 0) {
    const why = `Restore ${plural(archives.damaged, 'damaged archive')}, then verify again.`;
    steps.push({ command: null, why });
  }
  if (messages.failed > 0) {
    show('failed', `shows ${plural(messages.failed, 'failed message')} and why`);
    type('retry', 'sends them again, once the cause is gone');
  }
  if (messages.unknown > 0) {
    const unknown = plural(
      messages.unknown,
      'message whose fate is unknown',
      'messages whose fate is unknown',
    );
    show('unknown', `shows ${unknown}: nothing was heard of them`);
  }
  if (unevidenced.count > 0) {
    show('accepted', `shows the messages of which nothing was heard, among all that are accepted only`);
  }
  return steps;
}
