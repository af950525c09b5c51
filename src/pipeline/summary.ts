/**
 * How a run ended: the document that `run --json` prints and the ledger keeps, and the exit code that follows from
 * it. Pure: the same facts always give the same end.
 */
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Breakdown, ExportState, MessageCounts, OnConflict, RecordTally } from '../ledger/ledger.ts';

/**
 * - `complete`: all that was asked is done. Exit code 0.
 * - `incomplete`: finished, but something needs a person. Exit code 3.
 * - `stopped`: ended before the end; work is left. Exit code 4.
 * - `interrupted`: by Ctrl-C (130) or SIGTERM (143).
 */
export type SummaryStatus = 'complete' | 'incomplete' | 'stopped' | 'interrupted';

export type RecordCounts = Readonly<RecordTally & { read: number }>;

/** What every closing document says, whether messages were sent or only looked at. */
interface ClosingDocument {
  readonly run: number;
  readonly stream: string;
  readonly status: SummaryStatus;
  /** Null when nothing ended the run early. */
  readonly stopReason: StopReason | null;
  /** What this run read; inputs that were not read again count nothing here. */
  readonly records: RecordCounts;
  /** Why records were skipped, most frequent first; adds up to `records.skipped`. Left out when none were. */
  readonly skips?: readonly SkipCount[];
  readonly files: { readonly read: number; readonly unchanged: number; readonly damaged: number };
  /** Whether the accounting identity holds: every record and every message is in exactly one place. */
  readonly balanced: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface RequestCounts {
  /** Every request, repeated ones included. */
  readonly sent: number;
  readonly retried: number;
  /** Every 429 and every Retry-After. */
  readonly throttled: number;
}

/** What `run`, `retry` and `rehearse` end with. */
export interface Summary extends ClosingDocument {
  /** Everything the stream holds, whichever run brought it. */
  readonly messages: MessageCounts;
  readonly requests: RequestCounts;
}

/** How many of the records that were read were left out, and why. */
export interface SkipCount {
  readonly reason: string;
  readonly count: number;
}

/** A code of the export, and what the configuration takes it for. */
export interface CodeSummary {
  /** The mapping key that it decides, e.g. `messageAttributes.type`. */
  readonly field: string;
  readonly code: string;
  /** Null where the configuration does not know the code: its records are rejected. */
  readonly meaning: string | null;
  readonly count: number;
  readonly examples: readonly CodeExample[];
}

/** The two ends of a message, masked: enough to know one's own number by. */
export interface CodeExample {
  readonly from: string;
  readonly to: string;
}

/** Open rejects with the same code and field. */
export interface RejectGroup {
  readonly code: string;
  /** Request field or source column; null where none is concerned. */
  readonly field: string | null;
  readonly count: number;
  /** A few positions, `file:line`. */
  readonly examples: readonly string[];
}

export interface CheckPlan {
  readonly batches: number;
  readonly requests: number;
  readonly customers: number;
  readonly departments: number;
  /** At the configured rate, were every answer instant. */
  readonly minimumDurationMs: number;
}

/** What a delivery is about to send to people, for somebody to look at first. */
export interface SendOutline {
  readonly messages: number;
  readonly customers: number;
  /** Most messages first. */
  readonly departments: readonly { readonly departmentUuid: string; readonly messages: number }[];
  readonly examples: readonly SendExample[];
}

export interface SendExample {
  readonly departmentUuid: string;
  readonly customerUuid: string;
  /** What the customer would read. */
  readonly text: string;
}

/** What `check` ends with. */
export interface CheckSummary extends ClosingDocument {
  readonly plan: CheckPlan;
  readonly rejects: readonly RejectGroup[];
  readonly breakdown: Breakdown;
  /** What the codes of the export are taken for. Left out when there are none. */
  readonly codes?: readonly CodeSummary[];
}

/**
 * Why a run may end before the end. All leave work behind and exit with 4, save `limit`, which is what was
 * asked for, and `interrupted`.
 */
export const STOP_REASONS = {
  limit: 'as many messages as --limit allows were delivered',
  'max-failures': 'as many messages failed as are allowed to',
  'max-duration': 'the time that --max-duration allows is over',
  interrupted: 'interrupted',
  'not-confirmed': 'nobody confirmed the live send',
  'credentials-refused': 'the API refuses the credentials',
  balance: 'the balance of the account is too low',
  'request-refused': 'the API refuses every request',
  'wrong-base-url': 'the API knows none of many customers in a row',
  outage: 'the API was unavailable for longer than delivery.maxOutageMs allows',
  'attempts-exhausted': 'a request was refused as often as delivery.maxAttempts allows',
  'department-parked': 'the API does not allow writing to a department; its messages wait',
} as const;
export type StopReason = keyof typeof STOP_REASONS;

/** What decides how reading and everything after it ended. */
interface ReadingFacts {
  readonly run: number;
  readonly stream: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly records: RecordCounts;
  readonly skips: readonly SkipCount[];
  readonly files: Summary['files'];
  readonly onConflict: OnConflict;
  /** The signal that ended the run; null when none did. */
  readonly signal: 'SIGINT' | 'SIGTERM' | null;
}

export interface RunFacts extends ReadingFacts {
  readonly requests: RequestCounts;
  readonly messages: MessageCounts;
  /** As the ledger counts state by state, to hold `messages` against; also the open rejects. */
  readonly stateCounts: Readonly<Record<ExportState, number>>;
  /** Messages that failed, or became unknown, in this run. */
  readonly newlyFailed: number;
  readonly newlyUnknown: number;
  /** Why the run ended early; null when it did not. */
  readonly stopReason: StopReason | null;
}

export interface CheckFacts extends ReadingFacts {
  readonly plan: CheckPlan;
  readonly rejects: readonly RejectGroup[];
  readonly breakdown: Breakdown;
  readonly codes: readonly CodeSummary[];
}

export interface Closing<Document> {
  readonly summary: Document;
  readonly exitCode: ExitCode;
}

export function closeSummary(facts: RunFacts): Closing<Summary> {
  const { run, stream, records, skips, files, messages, requests } = facts;
  const balanced = isBalanced(records) && holdsEveryMessage(messages, facts.stateCounts);
  const { status, stopReason } = endOfRun(facts, balanced);
  return {
    summary: {
      run,
      stream,
      status,
      stopReason,
      records,
      ...(skips.length === 0 ? {} : { skips }),
      files,
      messages,
      requests,
      balanced,
      ...timesOf(facts),
    },
    exitCode: exitCodeFor(status, facts.signal),
  };
}

/** `check` sends nothing, so that only what it read can be incomplete. */
export function closeCheck(facts: CheckFacts): Closing<CheckSummary> {
  const { run, stream, records, skips, files, plan, rejects, breakdown, codes } = facts;
  const balanced = isBalanced(records);
  const { status, stopReason } = endOfCheck(facts, balanced);
  return {
    summary: {
      run,
      stream,
      status,
      stopReason,
      records,
      ...(skips.length === 0 ? {} : { skips }),
      files,
      plan,
      rejects,
      breakdown,
      ...(codes.length === 0 ? {} : { codes }),
      balanced,
      ...timesOf(facts),
    },
    exitCode: exitCodeFor(status, facts.signal),
  };
}

/** Every record read is in exactly one place. */
export function isBalanced(records: RecordCounts): boolean {
  const { read, ...places } = records;
  return read === Object.values(places).reduce((sum, count) => sum + count, 0);
}

/** The four sums agree with the single states, and no message is left `sending`, which no single state counts. */
function holdsEveryMessage(messages: MessageCounts, states: Readonly<Record<ExportState, number>>): boolean {
  return (
    messages.accepted === states.accepted + states.stored + states.missing &&
    messages.failed === states.failed &&
    messages.unknown === states.unknown &&
    messages.pending === states.pending
  );
}

interface End {
  readonly status: SummaryStatus;
  readonly stopReason: StopReason | null;
}

function endOfRun(facts: RunFacts, balanced: boolean): End {
  const { messages, stateCounts, stopReason } = facts;
  if (facts.signal !== null) return { status: 'interrupted', stopReason: 'interrupted' };
  if (stopReason === 'limit') {
    // A canary answers for the messages that it sent, not for those that it was told to leave.
    const clean = balanced && facts.newlyFailed === 0 && facts.newlyUnknown === 0;
    return { status: clean ? 'complete' : 'incomplete', stopReason };
  }
  if (stopReason !== null) return { status: 'stopped', stopReason };
  // Messages that a narrowed retry left waiting are not done with either.
  const open = stateCounts.rejected + messages.failed + messages.unknown + messages.pending;
  const isIncomplete = open > 0 || metTrouble(facts) || !balanced;
  return { status: isIncomplete ? 'incomplete' : 'complete', stopReason };
}

function endOfCheck(facts: CheckFacts, balanced: boolean): End {
  if (facts.signal !== null) return { status: 'interrupted', stopReason: 'interrupted' };
  const isIncomplete = facts.records.rejected > 0 || metTrouble(facts) || !balanced;
  return { status: isIncomplete ? 'incomplete' : 'complete', stopReason: null };
}

function metTrouble({ records, files, onConflict }: ReadingFacts): boolean {
  return (records.conflicts > 0 && onConflict === 'reject') || files.damaged > 0;
}

function timesOf({ startedAtMs, endedAtMs }: ReadingFacts): { startedAt: string; durationMs: number } {
  return {
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: Math.max(0, Math.round(endedAtMs - startedAtMs)),
  };
}

export function exitCodeFor(status: SummaryStatus, signal: ReadingFacts['signal']): ExitCode {
  switch (status) {
    case 'complete':
      return EXIT.done;
    case 'incomplete':
      return EXIT.incomplete;
    case 'stopped':
      return EXIT.stopped;
    case 'interrupted':
      return signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
  }
}
