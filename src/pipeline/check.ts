/** Reads, maps and validates everything into a throwaway ledger, and plans a delivery that never happens. */
import type { Clock } from '../clock.ts';
import type { DeliveryConfig } from '../config/delivery-schema.ts';
import { MAX_AUTOMATIC_RESENDS, resendsUnknown } from '../delivery/deliver.ts';
import type { Destination } from '../destinations/destination.ts';
import type { Breakdown, Ledger, OnConflict } from '../ledger/ledger.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { watchCodes } from './code-summary.ts';
import { planRequests } from './plan.ts';
import { type Intake, type StageObserver, stage } from './stage.ts';
import { type CheckSummary, type Closing, closeCheck } from './summary.ts';

export interface CheckOptions {
  readonly stream: string;
  /** A copy of the stream's ledger, or an empty one: what is staged into it is thrown away. */
  readonly ledger: Ledger;
  readonly intake: Omit<Intake, 'reread'>;
  readonly onConflict: OnConflict;
  /** Asked for its limits only. */
  readonly destination: Pick<Destination, 'limits' | 'framing'>;
  readonly delivery: DeliveryConfig;
  /** Positions told for each kind of reject. */
  readonly exampleCount: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly observer: StageObserver;
}

/** @throws {UsageError} when the configuration does not fit the inputs. */
export async function checkPipeline(options: CheckOptions): Promise<Closing<CheckSummary>> {
  const { ledger, clock, signal } = options;
  const startedAtMs = clock.nowMs();
  const { run } = await ledger.beginRun({ command: 'check', startedAtMs });
  const watch = watchCodes(options.intake.mapping);
  const staged = await stage({
    run,
    ...options.intake,
    mapping: watch.mapping,
    reread: true,
    ledger,
    onConflict: options.onConflict,
    signal,
    observer: options.observer,
  });
  const plan = await ledger.planDelivery({
    limit: null,
    queuedBy: null,
    resendUnknown: resendsUnknown(options.delivery, options.destination),
    maxAutomaticResends: MAX_AUTOMATIC_RESENDS,
  });
  const requests = await planRequests(plan, options.destination, options.delivery.requestsPerSecond);
  plan.close();
  const codes = await ledger.codes(options.exampleCount);
  return closeCheck({
    run,
    stream: options.stream,
    startedAtMs,
    endedAtMs: clock.nowMs(),
    ...staged,
    onConflict: options.onConflict,
    plan: requests,
    rejects: codes
      .filter(({ state }) => state === 'rejected')
      .map(({ code, field, count, examples }) => ({ code, field, count, examples })),
    breakdown: breakdownOf(await ledger.breakdown(), options.intake.mapping),
    codes: watch.summary(),
    signal: signal.aborted ? signal.reason : null,
  });
}

/** Without times of their own messages have no days. */
function breakdownOf(breakdown: Breakdown, { contract }: Mapping): Breakdown {
  return contract.isTimed ? breakdown : { ...breakdown, days: [] };
}
