/** What can be asked of a simulator, and what it tells. */
import type { Span } from './chance.ts';
import type { FaultRule, RetryAfter } from './faults.ts';
import type { DeliveredMessage, LiveCounts } from './live-memory.ts';
import type { MemoryCounts, StoredMessage } from './memory.ts';
import type { DeliveryCounts, DeliveryKind } from './outbox.ts';
import type { TrafficCounts } from './traffic.ts';

/** Whatever is left out has the value of {@link SIMULATOR_DEFAULTS}. */
export interface SimulatorSettings {
  /** Address to listen at. What is not of the spoken APIs (`/__stats`, …) is answered to loopback callers only. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly kaleyraApiKey: string;
  /** Time before each answer, or its bounds. */
  readonly latencyMs: Span;
  /** Requests admitted in any one second, the rest answered 429; null for no limit. */
  readonly requestsPerSecond: number | null;
  /** Which Retry-After those 429 carry. */
  readonly retryAfter: RetryAfter;
  /** Decides all chance. */
  readonly seed: number;
  readonly faults: readonly FaultRule[];
  /** The departments that the credentials cover; any other answers 403. null: all. */
  readonly departments: readonly string[] | null;
  /** Departments that answer 403. */
  readonly forbiddenDepartments: readonly string[];
  /** Customers that answer 404. */
  readonly unknownCustomers: readonly string[];
  /** Larger bodies are answered 413. */
  readonly maxBodyBytes: number;
  /** Requests with more items are answered 413; null for no limit. */
  readonly maxItems: number | null;
  /** Whether items are held against the reference; false only where the simulator's own speed would be measured. */
  readonly validate: boolean;
  /** Refuse an item whose sourceUuid is already stored, instead of counting it as resubmitted. */
  readonly rejectDuplicates: boolean;
  /** Keep the text of every stored item. Memory is then not flat. */
  readonly keepBodies: boolean;
  /** Close after so long without a request; null: never. */
  readonly stopAfterIdleMs: number | null;
  /** Where redirecting faults lead; null: to a place of the simulator's own that counts who follows. */
  readonly redirectTo: string | null;
  /** Size of the `huge` answer; the `gzip-bomb` expands to ten times as much. */
  readonly hugeBytes: number;
  /** Pause between two pieces of the `slow-drip` answer. */
  readonly dripIntervalMs: number;
  /** Time from an answer to its asynchronous result, or its bounds. */
  readonly callbackDelayMs: Span;
  /** Where message events are delivered; null: nowhere. */
  readonly eventsUrl: string | null;
  /** Key of the events' signatures. */
  readonly eventsSecret: string;
  /** Value of the events' `x-authorization-token`. */
  readonly eventsToken: string;
  /** Chance from 0 to 1 that an event is delivered twice. */
  readonly eventDuplicates: number;
  /** Chance from 0 to 1 that an update of the message follows. */
  readonly eventUpdates: number;
  /** Events are held back by up to so long, so that they overtake each other. */
  readonly eventJitterMs: number;
  /** Before the first retry of an event or a callback; doubled for each further one. */
  readonly deliveryRetryBaseMs: number;
  /** A receiver's answer that takes longer does not count. */
  readonly deliveryTimeoutMs: number;
  /** Most events and callbacks that wait or are under way; more are dropped. */
  readonly maxPendingDeliveries: number;
  /** Whether events and callbacks may leave this machine. */
  readonly deliverAnywhere: boolean;
}

export type SimulatorOptions = Partial<SimulatorSettings>;

export const SIMULATOR_DEFAULTS: SimulatorSettings = {
  host: '127.0.0.1',
  port: 0,
  username: 'simulator',
  password: 'simulator',
  kaleyraApiKey: 'simulator',
  latencyMs: 0,
  requestsPerSecond: null,
  retryAfter: 'seconds',
  seed: 1,
  faults: [],
  departments: null,
  forbiddenDepartments: [],
  unknownCustomers: [],
  maxBodyBytes: 10_000_000,
  maxItems: null,
  validate: true,
  rejectDuplicates: false,
  keepBodies: false,
  stopAfterIdleMs: null,
  redirectTo: null,
  hugeBytes: 100_000_000,
  dripIntervalMs: 250,
  callbackDelayMs: 0,
  eventsUrl: null,
  eventsSecret: 'simulator',
  eventsToken: 'simulator',
  eventDuplicates: 0,
  eventUpdates: 0,
  eventJitterMs: 0,
  deliveryRetryBaseMs: 1_000,
  deliveryTimeoutMs: 5_000,
  maxPendingDeliveries: 50_000,
  deliverAnywhere: false,
};

export interface SimulatorStats extends TrafficCounts, MemoryCounts, LiveCounts {
  /** Items of history accepted and refused one by one, whatever the answer then said; resubmissions included. */
  readonly accepted: number;
  readonly failed: number;
  /** How many requests were answered with each HTTP status; those that got no whole answer are missing. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Codes of what was wrong with items and requests, faults aside. */
  readonly problems: Readonly<Record<string, number>>;
  /** Requests that followed a redirect. */
  readonly followedRedirects: number;
  /** Requests that the simulator itself failed at. */
  readonly defects: number;
  readonly departments: Readonly<Record<string, { readonly customers: number; readonly stored: number }>>;
  /** Callbacks and message events that wait or are under way. */
  readonly pendingDeliveries: number;
  readonly deliveries: Readonly<Record<DeliveryKind, DeliveryCounts>>;
}

export interface Simulator {
  /** What to configure as a destination's baseUrl, e.g. `http://127.0.0.1:49152/communications`. */
  readonly baseUrl: string;
  /** The same without a path: what Kaleyra's API is found under. */
  readonly origin: string;
  readonly port: number;
  stats(): SimulatorStats;
  /** In order of first acceptance. */
  stored(): Iterable<StoredMessage>;
  /** What living people would have received, in order of first delivery. */
  delivered(): Iterable<DeliveredMessage>;
  /** Resolves when no callback or event is pending any more, or the simulator is closed. */
  settled(): Promise<void>;
  /** @throws {UsageError} when a rule names no fault or makes no sense. */
  setFaults(rules: readonly FaultRule[]): void;
  /** Destroys every connection and stops listening. May be called more than once. */
  close(): Promise<void>;
  /** Resolves once closed, whoever asked for it. */
  readonly closed: Promise<void>;
}
