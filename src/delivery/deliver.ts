/**
 * Delivery: takes what the ledger holds for a destination and sends it, until everything is settled or something
 * stops it. Workers draw conversations from one plan; each works on one customer at a time.
 */
import type { Clock } from '../clock.ts';
import type { DeliveryConfig } from '../config/delivery-schema.ts';
import type { Destination } from '../destinations/destination.ts';
import type { DeliveryPlan, Ledger, RunId } from '../ledger/ledger.ts';
import type { RequestCounts } from './attempt.ts';
import { createDeliverConversation, envelopeOf, nextMessages } from './conversation.ts';
import { createHalt, type StopReason } from './halt.ts';
import { createNotFoundRule, type Suspect } from './not-found.ts';
import type { DeliveryObserver } from './observer.ts';
import { createSettling } from './settling.ts';
import { createSend } from './stack.ts';
import { createTally, type MessageTally } from './tally.ts';
import { createFailUnsent } from './unsent.ts';

/** After this many resends over all runs, a person decides about an unknown message. */
export const MAX_AUTOMATIC_RESENDS = 5;

export interface DeliverOptions {
  readonly ledger: Ledger;
  readonly destination: Destination;
  readonly config: DeliveryConfig;
  readonly run: RunId;
  readonly clock: Clock;
  /** Between 0 and 1, for jitter. */
  readonly random: () => number;
  /**
   * Stops claiming and ends all waits; requests in flight settle. The stop reason is `max-duration` if that is the
   * signal's reason, else `interrupted`.
   */
  readonly signal: AbortSignal;
  /** Deliver only what a person queued during this run; false delivers everything that is due. */
  readonly onlyQueued: boolean;
  /** At most this many messages are handed out; null for all. */
  readonly limit: number | null;
  /** Stops once so many messages have newly failed; null for never. Stands in for the configuration's value. */
  readonly maxFailures: number | null;
  readonly observer: DeliveryObserver;
}

export interface DeliveryResult {
  /** Null: everything that was planned has been dealt with. */
  readonly stopReason: StopReason | null;
  /** For people, in addition to the reason. */
  readonly stopDetail: string | null;
  /** `sent` includes `retried`; `throttled` counts every 429 and every Retry-After. */
  readonly requests: Readonly<Omit<RequestCounts, 'strangers'>>;
  /** What this delivery came to, each message once. Planned messages counted nowhere are pending. */
  readonly messages: Readonly<MessageTally>;
  /** Departments whose messages the API does not allow; left pending. */
  readonly parkedDepartments: readonly string[];
  /** Identifiers in answers that were never sent. */
  readonly strangers: number;
}

/** @throws what the ledger throws, once, after every request in flight and its settlement have come to rest. */
export async function deliver(options: DeliverOptions): Promise<DeliveryResult> {
  const { ledger, destination, config, run, clock, random, signal, limit, maxFailures, observer } = options;
  const resendAmbiguous = resendsUnknown(config, destination);
  const halt = createHalt(signal);
  const wasOver = signal.aborted;
  const tally = createTally({ maxFailures, halt, observer });
  const counts: RequestCounts = { sent: 0, retried: 0, throttled: 0, strangers: 0 };
  const settling = createSettling(halt);
  const send = createSend({
    ...{ ledger, destination, config, resendAmbiguous, run },
    ...{ clock, random, halt, observer, counts, settling },
  });
  const failUnsent = createFailUnsent(ledger, run, clock);
  const parkedDepartments = new Set<string>();

  const failSuspect = async ({ conversation, messages, refusal }: Suspect) => {
    const { status, code, message: error } = refusal;
    for (let next = messages; next.length > 0; next = await nextMessages(conversation, destination)) {
      tally.settled(
        await failUnsent({ ...envelopeOf(conversation), messages: next }, { status, code, error }),
      );
      if (halt.stopped) return;
    }
  };
  const notFound = createNotFoundRule(halt, failSuspect);

  const deliverConversation = createDeliverConversation({
    ...{ destination, send, failUnsent, resendAmbiguous, halt, tally, notFound },
    parked: {
      has: (departmentUuid) => parkedDepartments.has(departmentUuid),
      add(departmentUuid) {
        if (parkedDepartments.has(departmentUuid)) return;
        parkedDepartments.add(departmentUuid);
        observer.onPark?.(departmentUuid);
      },
    },
  });
  const oneAtATime = createExclusion();

  const work = async (plan: DeliveryPlan) => {
    while (!halt.stopped) {
      const conversation = await plan.nextConversation();
      if (conversation === null) return;
      await oneAtATime(conversation.customerUuid, () => deliverConversation(conversation));
    }
  };

  const plan = await planOf(options);
  try {
    observer.onPlan?.({ messages: plan.messageCount, conversations: plan.conversationCount });
    const workers = Math.min(config.concurrency, plan.conversationCount);
    if (workers > 0) await destination.prepare?.();
    await Promise.all(Array.from({ length: workers }, () => work(plan).catch(halt.fail)));
    await notFound.convict().catch(halt.fail);
    for (const { messages } of notFound.remaining()) tally.left(messages);
    await settling.atRest();
  } finally {
    plan.close();
    halt.release();
  }
  halt.rethrow();

  /** Time that ran out while the last answers came in has stopped nothing. Before the plan it may have kept messages out of it. */
  const isDoneInTime = () =>
    halt.reason === 'max-duration' && !wasOver && tally.settledCount === plan.messageCount;
  const endReason = () => {
    if (halt.reason !== null && !isDoneInTime()) return halt.reason;
    if (parkedDepartments.size > 0) return 'department-parked';
    return plan.messageCount === limit ? 'limit' : null;
  };
  const { strangers, ...requests } = counts;
  return {
    stopReason: endReason(),
    stopDetail: halt.detail,
    requests,
    messages: tally.counts,
    parkedDepartments: [...parkedDepartments],
    strangers,
  };
}

/** What a delivery with these options hands out. */
export function planOf({
  ledger,
  destination,
  config,
  run,
  onlyQueued,
  limit,
}: Pick<
  DeliverOptions,
  'ledger' | 'destination' | 'config' | 'run' | 'onlyQueued' | 'limit'
>): Promise<DeliveryPlan> {
  return ledger.planDelivery({
    limit,
    queuedBy: onlyQueued ? run : null,
    resendUnknown: resendsUnknown(config, destination),
    maxAutomaticResends: MAX_AUTOMATIC_RESENDS,
  });
}

/** Whether messages that the API may have taken are sent again. */
export function resendsUnknown(
  { resendUnknown = true }: DeliveryConfig,
  { limits }: Pick<Destination, 'limits'>,
): boolean {
  return resendUnknown && limits.resendIsSafe;
}

/** Makes work on the same key wait for its turn: a customer may occur in several departments. */
function createExclusion(): (key: string, work: () => Promise<void>) => Promise<void> {
  const busy = new Map<string, Promise<void>>();
  return async (key, work) => {
    for (let other = busy.get(key); other; other = busy.get(key)) await other;
    const mine = work();
    // Those who wait learn that it is over, not how it went.
    busy.set(key, mine.catch(() => {}).finally(() => busy.delete(key)) as Promise<void>);
    await mine;
  };
}
