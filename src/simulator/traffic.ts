/** How the client drives: how many requests at once, and how many starts in any one second. */
import type { Socket } from 'node:net';
import type { Exchange } from './router.ts';

const WINDOW_MS = 1_000;

export interface TrafficCounts {
  readonly requests: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** The most requests of one customer that were ever unanswered at the same time. */
  readonly maxInFlightPerCustomer: number;
  /** The most requests whose heads arrived within any one second. */
  readonly maxRequestsPerSecond: number;
}

/** Whoever should not be concerned by two requests at the same time. */
export interface Customer {
  inFlight: number;
}

export interface Traffic {
  /**
   * Counts a request whose head has just arrived; it is in flight until it is answered or its connection is gone.
   * @returns a function to be called as soon as it is known whom the request concerns.
   */
  begin(exchange: Exchange): (customer: Customer) => void;
  /** To be called when a client says goodbye, which is earlier than the connection is closed. */
  connectionEnded(socket: Socket): void;
  counts(): TrafficCounts;
}

export function createTraffic(nowMs: () => number): Traffic {
  const window = createSlidingWindow();
  const releases = new Map<Socket, () => void>();
  let requests = 0;
  let inFlight = 0;
  let maxInFlight = 0;
  let maxInFlightPerCustomer = 0;
  let maxRequestsPerSecond = 0;

  return {
    begin({ request, response }) {
      requests++;
      maxRequestsPerSecond = Math.max(maxRequestsPerSecond, window.add(nowMs()));
      maxInFlight = Math.max(maxInFlight, ++inFlight);
      const customers: Customer[] = [];
      let released = false;
      const release = () => {
        if (released) return;
        released = true;
        if (releases.get(request.socket) === release) releases.delete(request.socket);
        inFlight--;
        for (const customer of customers) customer.inFlight--;
      };
      releases.set(request.socket, release);
      response.once('close', release);
      return (customer) => {
        if (released) return;
        customers.push(customer);
        maxInFlightPerCustomer = Math.max(maxInFlightPerCustomer, ++customer.inFlight);
      };
    },
    connectionEnded: (socket) => releases.get(socket)?.(),
    counts: () => ({ requests, inFlight, maxInFlight, maxInFlightPerCustomer, maxRequestsPerSecond }),
  };
}

export interface SlidingWindow {
  /** Adds an event; returns how many the second that ends with it holds. Times must not go back. */
  add(atMs: number): number;
  /** How many events the second that ends at `atMs` holds. */
  count(atMs: number): number;
}

export function createSlidingWindow(): SlidingWindow {
  let times: number[] = [];
  let first = 0;
  function count(atMs: number): number {
    while (first < times.length && atMs - (times[first] as number) >= WINDOW_MS) first++;
    if (first > 4_096 && first * 2 > times.length) {
      times = times.slice(first);
      first = 0;
    }
    return times.length - first;
  }
  return {
    add(atMs) {
      times.push(atMs);
      return count(atMs);
    },
    count,
  };
}
