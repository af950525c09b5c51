/** The command to type next: what is left after a run, and what takes care of it. */
import type { Summary } from '../pipeline/summary.ts';
import { plural } from './counts.ts';

export interface NextStep {
  /** To be typed as it stands; null where something other than a command is called for. */
  readonly command: string | null;
  readonly why: string;
}

export interface NextStepFacts {
  /** `delivery.resendUnknown`: whether the next run takes up unknown messages by itself. */
  readonly resendUnknown: boolean;
  /** How rejects are best handed to a person: as the source has them. */
  readonly exportFormat: 'csv' | 'ndjson';
  /** Flags that the next command needs as well, e.g. `-c other.json`; quoted here. */
  readonly flags: readonly string[];
}

type SummaryFacts = Pick<Summary, 'records' | 'files' | 'messages' | 'balanced' | 'status' | 'stopReason'>;

export function nextSteps(
  summary: SummaryFacts,
  openRejects: number,
  facts: NextStepFacts,
): readonly NextStep[] {
  const { records, files, messages } = summary;
  const steps: NextStep[] = [];
  const add = (when: boolean, words: string | null, why: string) => {
    if (when) steps.push({ command: words === null ? null : commandLine(words, facts.flags), why });
  };

  add(
    !summary.balanced,
    'ledger check',
    'The counts do not add up: this is a defect, please report it with this text.',
  );
  const remedy = summary.stopReason === null ? undefined : REMEDIES[summary.stopReason];
  add(remedy !== undefined, null, remedy ?? '');
  add(
    files.damaged > 0,
    null,
    `Mend or fetch again the ${plural(files.damaged, 'damaged file')}; the next run reads it again.`,
  );
  const workLeft = messages.pending > 0 || summary.status === 'interrupted';
  add(workLeft, 'run', workLeftText(messages.pending));
  if (openRejects > 0) {
    const file = `rejects.${facts.exportFormat}`;
    add(
      true,
      `export --state rejected -o ${file}`,
      `Correct ${plural(openRejects, 'rejected record')} in ${file}, then:`,
    );
    add(true, `run --input ${file}`, 'feeds them back and closes the rejects.');
  }
  if (messages.failed > 0) {
    const file = `failed.${facts.exportFormat}`;
    add(
      true,
      `export --state failed -o ${file}`,
      `Look at ${plural(messages.failed, 'failed message')}; once the cause is gone:`,
    );
    add(true, 'retry', 'sends them again.');
  }
  const unknown = plural(messages.unknown, 'message whose fate is unknown', 'messages whose fate is unknown');
  add(messages.unknown > 0 && facts.resendUnknown && !workLeft, 'run', `Sends again ${unknown}.`);
  add(messages.unknown > 0 && !facts.resendUnknown, 'retry --unknown', `Sends again ${unknown}.`);
  add(
    messages.unknown > 0,
    'resolve --as accepted',
    'If you know that they arrived (narrow it with --id, --customer, --run).',
  );
  add(
    records.conflicts > 0,
    `export --state conflict -o conflicts.${facts.exportFormat}`,
    `Look at ${plural(records.conflicts, 'record')} that came again with other content.`,
  );
  return steps;
}

/** What has to be put right before the next run is of any use. */
const REMEDIES: Record<string, string> = {
  credentials: 'Correct destination.auth: the API refuses the credentials.',
  destination: 'Check destination.baseUrl: the API refuses every request.',
  'not-found':
    'Check destination.baseUrl, departmentUuid and customerUuid: the API knows none of the customers.',
  parked: 'Have the department allowed for these credentials.',
  outage: 'Wait until the API is available again.',
  'max-failures': 'Look at what failed before you go on.',
};

function workLeftText(pending: number): string {
  return pending === 0
    ? 'Goes on where this run ended.'
    : `Delivers ${plural(pending, 'message')} still waiting.`;
}

/** `backhaul` and what follows, to be typed into a POSIX shell as it stands. */
export function commandLine(words: string, flags: readonly string[]): string {
  return ['backhaul', words, ...flags.map(quoteWord)].join(' ');
}

function quoteWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
