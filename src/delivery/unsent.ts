/** Messages that fail without a request of their own. */
import type { Clock } from '../clock.ts';
import type { Batch } from '../destinations/destination.ts';
import type { Ledger, RunId, Settlement } from '../ledger/ledger.ts';

export interface UnsentFailure {
  /** Of the answer that decided it; null when no request was made. */
  readonly status: number | null;
  readonly code: string;
  readonly error: string;
}

/** Settles every message of `batch`: as failed, or as unknown where it was ambiguous before. */
export type FailUnsent = (batch: Batch, failure: UnsentFailure) => Promise<readonly Settlement[]>;

export function createFailUnsent(ledger: Ledger, run: RunId, clock: Clock): FailUnsent {
  return async (batch, { status, code, error }) => {
    const attempt = await ledger.claim({
      run,
      departmentUuid: batch.departmentUuid,
      customerUuid: batch.customerUuid,
      messageIds: batch.messages.map((message) => message.id),
      number: 1,
      requestBytes: 0,
      startedAtMs: clock.nowMs(),
    });
    const settlements = batch.messages.map(
      ({ id, ambiguous }): Settlement => ({
        id,
        outcome: ambiguous ? 'unknown' : 'failed',
        code,
        error,
        messageUuid: null,
        warnings: null,
      }),
    );
    await ledger.settle({ attempt, status, result: code, endedAtMs: clock.nowMs(), settlements });
    return settlements;
  };
}
