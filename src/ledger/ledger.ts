/**
 * The ledger seam: what is known of every message.
 *
 * Asynchronous and batch-grained, so that SQLite can be its first implementation and a database server its second.
 * Every method is atomic: all of its effects are durable when it resolves, or none of them happened. Staging alone may be
 * later: what it did is durable once the next call of another method has resolved, such as the input's end.
 *
 * States of a message:
 *
 *                  ┌────────── not taken, try again ───────────┐
 *                  ▼                                           │
 *   (staged) ─▶ pending ──claim──▶ sending ──settle──▶ accepted ──evidence──▶ stored | failed | missing
 *                  ▲                  │ │
 *      retry,      │                  │ └──settle──▶ failed
 *      new content └──── failed ◀─────┘
 *                                     └──ambiguous, or the process died──▶ unknown ──evidence──▶ stored | failed
 *
 * `sending` is committed before bytes leave and never outlives a run: the next one turns what it finds into
 * `unknown`. A message that was ever part of an ambiguous attempt is `unknown` whenever it is not `sending`: it may be
 * claimed again from there, and leaves for good by acceptance, evidence, or a person's word. A later refusal only adds
 * its code.
 *
 * Evidence (callbacks, message events, a read-back) may also find a failed message to be stored after all. What is stored
 * stays so; what else evidence does from each state is drawn in `evidence.ts`.
 */
import type { FieldError } from '../errors.ts';
import type { Evidence, EvidenceResult, Unevidenced } from '../evidence/evidence.ts';
import type { OccurrenceCounter } from '../messages/identity.ts';
import type { RecordPosition } from '../sources/source.ts';

export const MESSAGE_STATES = [
  'pending',
  'sending',
  'accepted',
  'failed',
  'unknown',
  'stored',
  'missing',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

export type MessageId = number;
export type RunId = number;
export type InputId = number;
export type AttemptId = number;

/* ---------------------------------------------------------------- staging */

interface StagedBase {
  readonly position: RecordPosition;
  /** The record's original fields as JSON text. */
  readonly recordJson: string;
  /** Present when the record was fed back from an export file: the position of the reject that it may close. */
  readonly origin?: { readonly file: string | null; readonly line: number | null };
}

export interface StagedMessage extends StagedBase {
  readonly kind: 'message';
  readonly sourceUuid: string;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly sentAtUtcMs: number;
  /** Message type as `breakdown()` counts it; null where the contract knows none. */
  readonly type: string | null;
  /** The request item as JSON text; sent byte for byte, on every attempt. */
  readonly itemJson: string;
  /**
   * Which version of its message the record holds, Unix epoch milliseconds; null or left out where versions are not told
   * apart. The newest one is kept, in whatever order they come.
   */
  readonly version?: number | null;
  /**
   * Present where the same text must not go to the same customer twice by one run: SHA-256 of both, first 16 bytes, and
   * the error of the reject that is kept in its place.
   */
  readonly once?: { readonly textHash: Buffer; readonly error: FieldError };
}

export interface StagedSkip extends StagedBase {
  readonly kind: 'skipped';
  readonly reason: string;
}

export interface StagedReject extends StagedBase {
  readonly kind: 'rejected';
  readonly errors: readonly FieldError[];
  /** True when the reader, not the mapping, found the fault: fed back unchanged it is still at fault. */
  readonly unreadable: boolean;
  readonly sourceUuid: string | null;
  /** True when it concerns this identity alone: equal records may have other fates. */
  readonly own?: boolean;
  /** Whose record it is; left out where nobody could tell. */
  readonly customerUuid?: string;
}

export type StagedRecord = StagedMessage | StagedSkip | StagedReject;

/** What became of each record read; the fields add up to the number of records. */
export interface RecordTally {
  new: number;
  replaced: number;
  unchanged: number;
  duplicates: number;
  conflicts: number;
  skipped: number;
  rejected: number;
}

/** A record whose identity was already taken by other content. */
export interface ConflictNotice {
  readonly sourceUuid: string;
  readonly kept: { readonly file: string; readonly line: number | null };
  readonly came: RecordPosition;
}

export interface StageResult {
  readonly tally: RecordTally;
  readonly conflicts: readonly ConflictNotice[];
  /** Records whose mapping now gives other content for messages that were already sent: left as they are. */
  readonly remappedAfterSend: number;
  /** Records skipped because their customer was erased with `ledger purge`; within `tally.skipped`. */
  readonly erased: number;
  /** Records skipped, by reason; the counts add up to `tally.skipped`. */
  readonly skips: ReadonlyMap<string, number>;
}

/** Why a record is skipped whose message is known in a newer version, or in the same one with other content. */
export const SUPERSEDED = 'superseded';

/** Why a record is skipped whose customer was erased. */
export const ERASED = 'erased';

export type OnConflict = 'reject' | 'keep-first' | 'replace';

export type InputStatus = 'reading' | 'complete' | 'damaged';

/* --------------------------------------------------------------- delivery */

export interface DeliveryOptions {
  /** At most this many messages are handed out; null for all. */
  readonly limit: number | null;
  /** Only messages that {@link Ledger.requeue} queued in this run; null for everything that is due. */
  readonly queuedBy: RunId | null;
  /**
   * Whether `unknown` messages are handed out again. Each is, at most `maxAutomaticResends` times over all runs
   * (interruptions not counted), unless a person asked for it.
   */
  readonly resendUnknown: boolean;
  readonly maxAutomaticResends: number;
}

/** A message as it is handed to delivery. */
export interface OutgoingMessage {
  readonly id: MessageId;
  readonly sourceUuid: string;
  /** The request item as JSON text, in UTF-8: the bytes that were staged. */
  readonly item: Buffer;
  /** Whether an earlier attempt at it was ambiguous. */
  readonly ambiguous: boolean;
}

/** The messages of one customer in one department that are to be delivered, in conversation order. */
export interface Conversation {
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messageCount: number;
  /**
   * The next messages, as many as fit: at most `maxMessages` whose `item.length + overheadBytes` add up to at most
   * `maxBytes`, but always at least one while any is left. Empty at the end. Changes nothing in the ledger.
   */
  next(maxMessages: number, maxBytes: number, overheadBytes: number): Promise<readonly OutgoingMessage[]>;
  /** Passes over what {@link next} would give, without reading what it says. @returns how many messages that are. */
  skip(maxMessages: number, maxBytes: number, overheadBytes: number): Promise<number>;
}

/** A snapshot of what is to be delivered, taken when delivery begins; grouped by conversation. */
export interface DeliveryPlan {
  readonly messageCount: number;
  readonly conversationCount: number;
  /** Each conversation is handed out once; null when none is left. Safe to call from several workers. */
  nextConversation(): Promise<Conversation | null>;
  /** How many customers they are; one may have conversations with several departments. Walks over all of them. */
  countCustomers(): Promise<number>;
  close(): void;
}

export interface AttemptStart {
  readonly run: RunId;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messageIds: readonly MessageId[];
  /** 1 for a first attempt, counting up over retries of the same batch. */
  readonly number: number;
  readonly requestBytes: number;
  readonly startedAtMs: number;
}

/** What a message comes to after an attempt. */
export interface Settlement {
  readonly id: MessageId;
  /** `released`: not taken by the API; back to `pending` (to `unknown`, if an earlier attempt was ambiguous). */
  readonly outcome: 'accepted' | 'failed' | 'unknown' | 'released';
  /** The API's item errorCode where it gave one, else a code of ours; null on success. */
  readonly code: string | null;
  /** The API's own description, or ours; never a body or a phone number. */
  readonly error: string | null;
  /** The API's identifier of the message, where it gave one. */
  readonly messageUuid: string | null;
  /** Codes and descriptions of warnings, for people; null when there were none. */
  readonly warnings: string | null;
}

export interface AttemptEnd {
  readonly attempt: AttemptId;
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** `answered`, or the refusal's code. */
  readonly result: string;
  /** The API's own identifier of the request; null or left out where it gave none. */
  readonly requestUuid?: string | null;
  readonly endedAtMs: number;
  readonly settlements: readonly Settlement[];
}

/* ------------------------------------------------------- counts, a person's word */

export interface MessageCounts {
  /** Includes stored and missing. */
  readonly accepted: number;
  readonly failed: number;
  /** Includes sending, which only a running or an interrupted process leaves. */
  readonly unknown: number;
  readonly pending: number;
}

/** Narrows an action to some messages; the parts must all hold. */
export interface MessageFilter {
  readonly states?: readonly MessageState[];
  readonly codes?: readonly string[];
  readonly customerUuids?: readonly string[];
  readonly sourceUuids?: readonly string[];
  /** Messages that this run last attempted. */
  readonly run?: RunId;
  readonly limit?: number;
}

export interface RequeueResult {
  readonly requeued: number;
  /** Messages that matched but whose payload is gone (`PAYLOAD_DROPPED`): `run --reread` restores it. */
  readonly payloadDropped: number;
}

export type Verdict = 'accepted' | 'failed' | 'resend';

export type ExportState = Exclude<MessageState, 'sending'> | 'rejected' | 'conflict';

/** One line of an export: the record's original fields, while the ledger keeps them, and what became of it. */
export interface ExportRow {
  /** Original fields as JSON text; null when no longer kept. */
  readonly recordJson: string | null;
  readonly sourceUuid: string | null;
  readonly departmentUuid: string | null;
  readonly customerUuid: string | null;
  readonly messageUuid: string | null;
  readonly state: ExportState;
  readonly code: string | null;
  readonly error: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export interface CodeCount {
  readonly state: 'failed' | 'unknown' | 'rejected' | 'conflict';
  readonly code: string;
  /** The request field, for rejects. */
  readonly field: string | null;
  readonly count: number;
  /** A few positions, `file:line`. */
  readonly examples: readonly string[];
}

export interface RunRecord {
  readonly run: RunId;
  readonly command: string;
  readonly status: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** The summary document as JSON text; null while running or after a crash. */
  readonly summaryJson: string | null;
}

/** Tallies of what is staged, for `check`. */
export interface Breakdown {
  readonly departments: readonly { readonly departmentUuid: string; readonly messages: number }[];
  readonly types: readonly { readonly type: string; readonly messages: number }[];
  /** UTC days, `yyyy-mm-dd`. */
  readonly days: readonly { readonly day: string; readonly messages: number }[];
}

/* ------------------------------------------------------------------- the seam */

export interface Ledger {
  /* Runs. `beginRun` also turns leftover `sending` messages into `unknown` (code `INTERRUPTED`). */
  beginRun(run: { command: string; startedAtMs: number }): Promise<{ run: RunId; interrupted: number }>;
  endRun(run: RunId, end: { status: string; endedAtMs: number; summaryJson: string }): Promise<void>;
  runs(limit: number): Promise<readonly RunRecord[]>;

  /* Staging. An input is known by its fingerprint: content, and everything that decides what records become. */
  hasCompleteInput(fingerprint: string): Promise<boolean>;
  beginInput(input: { run: RunId; name: string; sizeBytes: number | null }): Promise<InputId>;
  /** Calls may overlap: each takes effect after those before it. After a failed one, the input has to be read again. */
  stage(input: InputId, records: readonly StagedRecord[], onConflict: OnConflict): Promise<StageResult>;
  /** Numbers equal records of one input. A new counter for each call; whoever asks for it closes it. */
  occurrences(): OccurrenceCounter;
  /** `fingerprint` is null for inputs that are to be read again next time (damaged, or standard input). */
  endInput(
    input: InputId,
    end: { status: InputStatus; fingerprint: string | null; records: number },
  ): Promise<void>;

  /* Delivery. */
  planDelivery(options: DeliveryOptions): Promise<DeliveryPlan>;
  /**
   * Commits the intent: all of the messages are `sending` when this resolves. Claims may overlap each other and settlements, and
   * need not wait for them; none is claimed any more once one of them could not be written.
   * @throws when a message is being sent: whoever claims one again waits for its settlement first
   */
  claim(start: AttemptStart): Promise<AttemptId>;
  /** Settles every message of the attempt; applies payload retention. Nobody should wait for it who need not. */
  settle(end: AttemptEnd): Promise<void>;

  /* Evidence. */
  /**
   * Holds messages against what others than the API's answer say of them, piece by piece in the given order, and applies
   * payload retention. The same piece again changes nothing.
   */
  recordEvidence(pieces: readonly Evidence[]): Promise<EvidenceResult>;
  /** Accepted messages whose last attempt ended at `acceptedBeforeMs` or earlier. Walks over all messages. */
  unevidenced(acceptedBeforeMs: number, exampleCount: number): Promise<Unevidenced>;

  /* A person's word. */
  requeue(filter: MessageFilter, run: RunId): Promise<RequeueResult>;
  resolve(filter: MessageFilter, verdict: Verdict): Promise<RequeueResult>;
  /** Closes open rejects without importing them. `ids` are sourceUuids or `file:line`. */
  dismissRejects(filter: { readonly ids?: readonly string[]; readonly run?: RunId }): Promise<number>;

  /* Looking. */
  counts(): Promise<MessageCounts>;
  /** Every state by itself, and open rejects and conflicts. */
  stateCounts(): Promise<Readonly<Record<ExportState, number>>>;
  openRejects(): Promise<number>;
  codes(exampleCount: number): Promise<readonly CodeCount[]>;
  breakdown(): Promise<Breakdown>;
  export(state: ExportState): AsyncIterable<ExportRow>;

  close(): Promise<void>;
}
