/**
 * What the simulator sends on its own account: callbacks and message events.
 *
 * The message-event reference's rule (domain: 2xx within five seconds, else five more deliveries, ever later) is applied to
 * all of them; for callbacks none is published. Nothing waits for a receiver: what does not fit into the outbox is dropped.
 */
import pLimit from 'p-limit';
import { Agent } from 'undici';

export const DELIVERY_KINDS = ['historicalCallbacks', 'textCallbacks', 'messageEvents'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

export interface Delivery {
  readonly kind: DeliveryKind;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Before the first attempt. */
  readonly delayMs: number;
}

export interface DeliveryCounts {
  /** Put into the outbox. */
  readonly emitted: number;
  /** Answered 2xx in time. */
  readonly delivered: number;
  /** Attempts after the first. */
  readonly retried: number;
  /** Not delivered by the last attempt. */
  readonly givenUp: number;
  /** Not even tried: the outbox was full. */
  readonly dropped: number;
  /** Not even tried: no URL, or one beyond this machine. */
  readonly undeliverable: number;
}

export interface OutboxOptions {
  /** Before the first retry; doubled for each further one. */
  readonly retryBaseMs: number;
  /** An answer that takes longer does not count. */
  readonly answerWithinMs: number;
  /** Most deliveries that wait or are under way. */
  readonly maxPending: number;
  /** Deliver to other machines too. */
  readonly deliverAnywhere: boolean;
}

export interface Outbox {
  /** Never throws. */
  post(delivery: Delivery): void;
  /** Deliveries that wait or are under way. */
  pending(): number;
  counts(): Readonly<Record<DeliveryKind, DeliveryCounts>>;
  /** Resolves when nothing is pending, or everything has ended. */
  settled(): Promise<void>;
  /** Forgets what is pending, and drops what is under way. */
  close(): Promise<void>;
}

const RETRIES = 5;
const CONNECTIONS = 16;

export function createOutbox({
  retryBaseMs,
  answerWithinMs,
  maxPending,
  deliverAnywhere,
}: OutboxOptions): Outbox {
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  const limit = pLimit(CONNECTIONS);
  const timers = new Set<NodeJS.Timeout>();
  const counts = new Map(DELIVERY_KINDS.map((kind) => [kind, noDeliveries()]));
  let pending = 0;
  let closed = false;
  let waiting: (() => void)[] = [];

  function count(kind: DeliveryKind, what: keyof DeliveryCounts): void {
    (counts.get(kind) as MutableCounts)[what]++;
  }

  function later(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, delayMs);
    timers.add(timer);
  }

  function attempt(delivery: Delivery, url: URL, number: number): void {
    void limit(async () => {
      const isDelivered = await isTaken(delivery, url);
      if (closed) return;
      if (isDelivered) return end(delivery, 'delivered');
      if (number > RETRIES) return end(delivery, 'givenUp');
      later(retryBaseMs * 2 ** (number - 1), () => {
        count(delivery.kind, 'retried');
        attempt(delivery, url, number + 1);
      });
    });
  }

  /** Whether the receiver answered 2xx in time. */
  async function isTaken({ headers, body }: Delivery, url: URL): Promise<boolean> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), answerWithinMs);
    try {
      const path = `${url.pathname}${url.search}`;
      const response = await agent.request({
        origin: url.origin,
        path,
        method: 'POST',
        headers,
        body,
        signal: deadline.signal,
      });
      await response.body.dump();
      return response.statusCode >= 200 && response.statusCode < 300;
    } catch {
      // Refused, reset or too slow: all the same to the sender.
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  function end({ kind }: Delivery, how: 'delivered' | 'givenUp'): void {
    count(kind, how);
    pending--;
    if (pending === 0) release();
  }

  function release(): void {
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  return {
    post(delivery) {
      const url = URL.parse(delivery.url);
      if (closed) return;
      if (url === null || !(deliverAnywhere ? isHttp(url) : isLoopback(url))) {
        return count(delivery.kind, 'undeliverable');
      }
      if (pending >= maxPending) return count(delivery.kind, 'dropped');
      pending++;
      count(delivery.kind, 'emitted');
      if (delivery.delayMs > 0) later(delivery.delayMs, () => attempt(delivery, url, 1));
      else attempt(delivery, url, 1);
    },
    pending: () => pending,
    counts: () => Object.fromEntries(counts) as Record<DeliveryKind, DeliveryCounts>,
    settled: () =>
      pending === 0 || closed ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      limit.clearQueue();
      release();
      await agent.destroy();
    },
  };
}

/** Whether a URL leads to a server of this machine. */
export function isLoopback(url: URL): boolean {
  return isHttp(url) && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
}

export function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

type MutableCounts = { -readonly [Key in keyof DeliveryCounts]: number };

function noDeliveries(): MutableCounts {
  return { emitted: 0, delivered: 0, retried: 0, givenUp: 0, dropped: 0, undeliverable: 0 };
}
