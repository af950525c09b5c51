/**
 * One attempt: the intent committed, one request, its outcome on its way into the ledger (see `settling.ts`). Everything in
 * `delivery/` that waits, repeats or limits is a wrapper around this function (see `stack.ts`).
 */
import type { Clock } from '../clock.ts';
import type { Batch, Destination, SendResult } from '../destinations/destination.ts';
import type { Ledger, RunId, Settlement } from '../ledger/ledger.ts';
import type { DeliveryObserver } from './observer.ts';
import { settlementsOf } from './settlements.ts';
import type { Settling } from './settling.ts';

export interface Attempt {
  readonly batch: Batch;
  /** 1 for a first attempt, counting up over retries of the same batch. */
  readonly number: number;
  /** A part of a batch that was refused: its failures say nothing about the API's health. */
  readonly piece: boolean;
}

export interface Sent {
  /** Null: the delivery is stopping, and nothing was sent. */
  readonly result: SendResult | null;
  /** The attempt's batch, its messages marked as ambiguous where they now are. */
  readonly batch: Batch;
  /** As the ledger is to write them, one per message; empty when nothing was sent. */
  readonly settlements: readonly Settlement[];
  /** From the request's start to its result; 0 when nothing was sent. */
  readonly latencyMs: number;
}

/** Throws what the ledger throws. */
export type Send = (attempt: Attempt) => Promise<Sent>;

export function notSent(batch: Batch): Sent {
  return { result: null, batch, settlements: [], latencyMs: 0 };
}

/** `throttled`: every 429 and every Retry-After. */
export interface RequestCounts {
  sent: number;
  retried: number;
  throttled: number;
  strangers: number;
}

export interface AttemptOptions {
  readonly ledger: Ledger;
  readonly destination: Destination;
  readonly run: RunId;
  readonly clock: Clock;
  readonly observer: DeliveryObserver;
  readonly counts: RequestCounts;
  /** Starts the request, when the pace allows. */
  readonly depart: <T>(request: () => Promise<T>) => Promise<T>;
  readonly settling: Settling;
}

export function createAttempt(options: AttemptOptions): Send {
  const { ledger, destination, run, clock, observer, counts, depart, settling } = options;
  return async ({ batch, number }) => {
    const attempt = await ledger.claim({
      run,
      departmentUuid: batch.departmentUuid,
      customerUuid: batch.customerUuid,
      messageIds: batch.messages.map((message) => message.id),
      number,
      requestBytes: requestBytes(destination, batch),
      startedAtMs: clock.nowMs(),
    });
    let departedAtMs = 0;
    const result = await depart(() => {
      departedAtMs = clock.monotonicMs();
      return destination.send(batch);
    });
    const latencyMs = clock.monotonicMs() - departedAtMs;
    const settlements = settlementsOf(batch, result);
    const resultCode = result.kind === 'answered' ? 'answered' : result.code;
    const settled = ledger.settle({
      attempt,
      status: result.status,
      result: resultCode,
      requestUuid: (result.kind === 'answered' && result.requestUuid) || null,
      endedAtMs: clock.nowMs(),
      settlements,
    });
    if (result.kind === 'answered') settling.watch(settled);
    // These messages may be claimed again at once.
    else await settled;
    const strangers = result.kind === 'answered' ? result.strangers : 0;
    counts.sent++;
    if (number > 1) counts.retried++;
    if (isThrottling(result)) counts.throttled++;
    counts.strangers += strangers;
    observer.onAttempt?.({
      status: result.status,
      result: resultCode,
      messages: batch.messages.length,
      number,
      durationMs: latencyMs,
      strangers,
    });
    return { result, batch: withAmbiguity(batch, settlements), settlements, latencyMs };
  };
}

export function isThrottling(result: SendResult): boolean {
  return result.kind === 'refused' && (result.status === 429 || result.retryAfterMs !== null);
}

export function requestBytes({ framing }: Destination, batch: Batch): number {
  return batch.messages.reduce(
    (sum, { item }) => sum + item.length + framing.perMessageBytes,
    framing.requestBytes,
  );
}

function withAmbiguity(batch: Batch, settlements: readonly Settlement[]): Batch {
  if (settlements.every((settlement) => settlement.outcome !== 'unknown')) return batch;
  return {
    ...batch,
    messages: batch.messages.map((message, index) =>
      settlements[index]?.outcome === 'unknown' ? { ...message, ambiguous: true } : message,
    ),
  };
}
