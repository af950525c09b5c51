/** How a verification ended: the document that `verify --json` prints and the ledger keeps, and its exit code. Pure. */
import type { EvidenceNotice, EvidenceTally, Surprise, Unevidenced } from '../evidence/evidence.ts';
import type { ExportState, MessageCounts } from '../ledger/ledger.ts';
import { type Closing, exitCodeFor } from './summary.ts';

export interface ArchiveCounts {
  readonly read: number;
  /** Read up to where they are damaged. */
  readonly damaged: number;
}

/** The kinds add up to `read`; lines that are no deliveries count nothing here. */
export interface DeliveryCounts {
  readonly read: number;
  readonly messageEvents: number;
  readonly historicalCallbacks: number;
  readonly textCallbacks: number;
}

/** Lines and deliveries that say nothing, for one reason. */
export interface SurpriseCount {
  readonly code: Surprise;
  readonly count: number;
  /** A few, `file:line`. */
  readonly examples: readonly string[];
}

/** The places add up to `read`. */
export type EvidenceCounts = Readonly<EvidenceTally> & {
  /** Everything that was said of single messages. */
  readonly read: number;
  /** Neither for a message nor against it, such as a text that is still on its way. */
  readonly undecided: number;
};

/** Something that a person should know of. */
export interface AttentionCount {
  readonly effect: EvidenceNotice['effect'];
  readonly count: number;
  readonly examples: readonly {
    readonly sourceUuid: string;
    /** `file:line` of what was said. */
    readonly at: string;
  }[];
}

export interface VerifyCounts {
  readonly archives: ArchiveCounts;
  readonly deliveries: DeliveryCounts;
  readonly surprises: readonly SurpriseCount[];
  readonly evidence: EvidenceCounts;
  readonly attention: readonly AttentionCount[];
}

export interface VerifySummary extends VerifyCounts {
  readonly run: number;
  readonly stream: string;
  /** `incomplete`: something needs a person. That accepted messages are unevidenced does not: silence proves nothing. */
  readonly status: 'complete' | 'incomplete' | 'interrupted';
  /** Accepted messages of which nothing was heard for so long. They stay accepted. */
  readonly unevidenced: Unevidenced & { readonly olderThanMs: number };
  /** Everything the stream holds; `stored` and `missing` are within `accepted`. */
  readonly messages: MessageCounts & { readonly stored: number; readonly missing: number };
  /** Whether everything that was said came to exactly one thing. */
  readonly balanced: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface VerifyFacts extends VerifyCounts {
  readonly run: number;
  readonly stream: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly olderThanMs: number;
  readonly unevidenced: Unevidenced;
  readonly messages: MessageCounts;
  readonly states: Readonly<Record<ExportState, number>>;
  /** The signal that ended it; null when none did. */
  readonly signal: 'SIGINT' | 'SIGTERM' | null;
}

export function closeVerify(facts: VerifyFacts): Closing<VerifySummary> {
  const { run, stream, archives, deliveries, surprises, evidence, attention, states } = facts;
  const { startedAtMs, endedAtMs, olderThanMs } = facts;
  const { read, ...places } = evidence;
  const balanced = read === Object.values(places).reduce((sum, count) => sum + count, 0);
  const status = statusOf(facts, balanced);
  return {
    summary: {
      ...{ run, stream, status, archives, deliveries, surprises, evidence, attention },
      unevidenced: { olderThanMs, ...facts.unevidenced },
      messages: { ...facts.messages, stored: states.stored, missing: states.missing },
      balanced,
      startedAt: new Date(startedAtMs).toISOString(),
      durationMs: Math.max(0, Math.round(endedAtMs - startedAtMs)),
    },
    exitCode: exitCodeFor(status, facts.signal),
  };
}

function statusOf(
  { signal, messages, attention, archives }: VerifyFacts,
  balanced: boolean,
): VerifySummary['status'] {
  if (signal !== null) return 'interrupted';
  const open = messages.failed + messages.unknown + attention.length + archives.damaged;
  return open > 0 || !balanced ? 'incomplete' : 'complete';
}
