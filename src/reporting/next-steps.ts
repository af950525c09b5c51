/** The command to type next: what is left after a run, and what takes care of it. */
import type { StopReason, Summary } from '../pipeline/summary.ts';
import { plural } from './counts.ts';

export interface NextStep {
  /** To be typed as it stands; null where something other than a command is called for. */
  readonly command: string | null;
  /** What the command does, or, without one, what is to be done. */
  readonly why: string;
}

export interface NextStepFacts {
  /** `delivery.resendUnknown`: whether the next run takes up unknown messages by itself. */
  readonly resendUnknown: boolean;
  /** Whether people get messages at once: none whose fate is unknown is ever sent again by itself. */
  readonly isLive: boolean;
  /** How records are best handed to a person: as the source has them. */
  readonly exportFormat: 'csv' | 'ndjson';
  /** Flags that the next command needs as well, e.g. `-c other.json`; quoted here. */
  readonly flags: readonly string[];
}

/** What has to be put right before the next run is of any use. */
const REMEDIES: Readonly<Partial<Record<StopReason, string>>> = {
  'credentials-refused': 'Correct destination.auth: the API refuses the credentials.',
  balance: 'Top up the account of the API.',
  'request-refused': 'Check destination.baseUrl: the API refuses every request.',
  'wrong-base-url':
    'Check destination.baseUrl, departmentUuid and customerUuid: the API knows none of the customers.',
  'department-parked': 'Have the department allowed for these credentials.',
  outage: 'Wait until the API is available again.',
  'max-failures': 'Look at what failed before you go on.',
};

export function nextSteps(
  { records, files, messages, balanced, status, stopReason }: Omit<Summary, 'requests'>,
  openRejects: number,
  { resendUnknown, isLive, exportFormat, flags }: NextStepFacts,
): readonly NextStep[] {
  const steps: NextStep[] = [];
  const todo = (why: string) => steps.push({ command: null, why });
  const type = (words: string, why: string) => steps.push({ command: commandLine(words, flags), why });
  /** What sends to people says so. */
  const send = (words: string, why: string) => type(isLive ? `${words} --live` : words, why);

  if (!balanced)
    type('ledger check', 'the counts do not add up, which is a defect: please report it with this text');
  const remedy = stopReason === null ? undefined : REMEDIES[stopReason];
  if (remedy !== undefined) todo(remedy);
  if (files.damaged > 0)
    todo(`Mend, or fetch again, ${plural(files.damaged, 'damaged file')}: the next run reads it.`);

  const workLeft = messages.pending > 0 || status === 'interrupted';
  if (messages.pending > 0) send('run', `delivers ${plural(messages.pending, 'message')} still waiting`);
  else if (workLeft) send('run', 'goes on where this run ended');

  if (openRejects > 0) {
    const file = `rejects.${exportFormat}`;
    type(
      `export --state rejected -o ${file}`,
      `writes ${plural(openRejects, 'rejected record')} to a file; correct them there`,
    );
    send(`run --input ${file}`, 'feeds the corrected records back and closes the rejects');
  }
  if (messages.failed > 0) {
    type(
      `export --state failed -o failed.${exportFormat}`,
      `shows ${plural(messages.failed, 'failed message')} and why`,
    );
    send('retry', 'sends them again, once the cause is gone');
  }
  if (messages.unknown > 0) {
    const unknown = plural(
      messages.unknown,
      'message whose fate is unknown',
      'messages whose fate is unknown',
    );
    if (isLive) {
      type(`export --state unknown -o unknown.${exportFormat}`, `shows ${unknown}`);
      todo('Find out, one by one, who got them; then `resolve --id … --as accepted`, or `--as resend`.');
    } else {
      if (!resendUnknown) type('retry --unknown', `sends again ${unknown}`);
      else if (!workLeft) type('run', `sends again ${unknown}`);
      type('resolve --as accepted', 'if you know that they arrived (narrow it by --id, --customer or --run)');
    }
  }
  if (records.conflicts > 0) {
    type(
      `export --state conflict -o conflicts.${exportFormat}`,
      `shows ${plural(records.conflicts, 'record')} that came again with other content`,
    );
  }
  return steps;
}

/** `backhaul` and what follows, to be typed into a POSIX shell as it stands. */
export function commandLine(words: string, flags: readonly string[]): string {
  return ['backhaul', words, ...flags.map(quoteWord)].join(' ');
}

function quoteWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
