/**
 * One run: stage, deliver, and close the books. The parts come from outside; this file only knows their seams.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { DeliveryConfig } from '../config/delivery-schema.ts';
import { type DeliverOptions, deliver, planOf } from '../delivery/deliver.ts';
import type { DeliveryObserver } from '../delivery/observer.ts';
import type { Destination } from '../destinations/destination.ts';
import type { DeliveryPlan, Ledger, OnConflict, RunId } from '../ledger/ledger.ts';
import { deadline } from './deadline.ts';
import { type Intake, type StageObserver, type StagingReport, stage } from './stage.ts';
import { type Closing, closeSummary, type StopReason, type Summary } from './summary.ts';

export interface RunObserver extends StageObserver, DeliveryObserver {
  /** Messages that an earlier process left `sending`: their fate is unknown. */
  onInterrupted?(messages: number): void;
  /** Why the delivery ended before its plan did, in words; not called where the reason says it all. */
  onStop?(stop: { readonly reason: StopReason; readonly detail: string }): void;
}

export interface RunOptions {
  readonly stream: string;
  readonly ledger: Ledger;
  /** Null for a run that only delivers. */
  readonly intake: Intake | null;
  readonly destination: Destination;
  readonly delivery: DeliveryConfig;
  /** As the ledger is to remember it: `run` (the default), `retry`, … */
  readonly command?: string;
  /** Default: `reject`. */
  readonly onConflict?: OnConflict;
  /** Called once the run has begun, before anything is read or sent: where `retry` queues its messages. */
  readonly prepare?: (run: RunId) => Promise<void>;
  /**
   * Asked once everything is staged, unless nothing is due: may this be sent? False leaves all of it pending. The plan is
   * like the delivery's own and may be walked over. Left out, the answer is yes.
   */
  readonly approve?: (plan: DeliveryPlan) => Promise<boolean>;
  /** Deliver only what was queued by `prepare`; false, the default, delivers everything that is due. */
  readonly onlyQueued?: boolean;
  /** Most messages to deliver; null, the default, for all. */
  readonly limit?: number | null;
  /** Most messages that may newly fail; null, the default, for any number. */
  readonly maxFailures?: number | null;
  /** Longest time the run may take; null, the default, for any. */
  readonly maxDurationMs?: number | null;
  readonly clock?: Clock;
  /** Between 0 and 1; spreads retries. */
  readonly random?: () => number;
  /** Ends the run in an orderly way; `SIGINT` or `SIGTERM` as its reason decides the exit code. */
  readonly signal?: AbortSignal;
  readonly observer?: RunObserver;
}

const NOTHING_READ: StagingReport = {
  records: {
    read: 0,
    new: 0,
    replaced: 0,
    unchanged: 0,
    duplicates: 0,
    conflicts: 0,
    skipped: 0,
    rejected: 0,
  },
  skips: [],
  files: { read: 0, unchanged: 0, damaged: 0 },
};

/**
 * Runs the pipeline to its end, whatever end that is: failures of messages, of the API and interruptions are
 * part of the summary.
 * @throws {UsageError} when the configuration does not fit the inputs.
 * @throws {LedgerError} when the ledger cannot be written; what it holds stays right.
 */
export async function runPipeline({
  stream,
  ledger,
  intake,
  destination,
  delivery,
  command = 'run',
  onConflict = 'reject',
  prepare,
  approve,
  onlyQueued = false,
  limit = null,
  maxFailures = null,
  maxDurationMs = null,
  clock = systemClock,
  random = Math.random,
  signal = NEVER,
  observer = {},
}: RunOptions): Promise<Closing<Summary>> {
  const startedAtMs = clock.nowMs();
  const { run, interrupted } = await ledger.beginRun({ command, startedAtMs });
  if (interrupted > 0) observer.onInterrupted?.(interrupted);

  const time = deadline(signal, maxDurationMs, clock);
  try {
    await prepare?.(run);
    const staged =
      intake === null
        ? NOTHING_READ
        : await stage({ ...intake, run, ledger, onConflict, signal: time.signal, observer });
    const delivering: DeliverOptions = {
      ...{ ledger, destination, config: delivery, run, clock, random, signal: time.signal },
      ...{ onlyQueued, limit, maxFailures, observer },
    };
    const isApproved = approve === undefined || (await mayDeliver(approve, delivering));
    const delivered = isApproved ? await deliver(delivering) : NOTHING_SENT;
    const { stopReason, stopDetail } = delivered;
    if (stopReason !== null && stopDetail !== null) {
      observer.onStop?.({ reason: stopReason, detail: stopDetail });
    }
    const closing = closeSummary({
      run,
      stream,
      startedAtMs,
      endedAtMs: clock.nowMs(),
      ...staged,
      onConflict,
      requests: delivered.requests,
      messages: await ledger.counts(),
      stateCounts: await ledger.stateCounts(),
      newlyFailed: delivered.messages.failed,
      newlyUnknown: delivered.messages.unknown,
      stopReason,
      signal: signal.aborted ? signal.reason : null,
    });
    await ledger.endRun(run, {
      status: closing.summary.status,
      endedAtMs: clock.nowMs(),
      summaryJson: JSON.stringify(closing.summary),
    });
    return closing;
  } finally {
    time.release();
  }
}

/** Whether everything that is due may be sent; nothing may always be. */
async function mayDeliver(
  approve: NonNullable<RunOptions['approve']>,
  delivering: DeliverOptions,
): Promise<boolean> {
  const plan = await planOf(delivering);
  try {
    return plan.messageCount === 0 || delivering.signal.aborted || (await approve(plan));
  } finally {
    plan.close();
  }
}

/** What a delivery comes to that was not approved. */
const NOTHING_SENT = {
  requests: { sent: 0, retried: 0, throttled: 0 },
  messages: { failed: 0, unknown: 0 },
  stopReason: 'not-confirmed',
  stopDetail: null,
} as const;

const NEVER = new AbortController().signal;
