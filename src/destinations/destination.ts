/**
 * The destination seam: where messages go.
 *
 * A destination states its limits as data and turns one batch into one answer. It makes exactly one request per
 * call and classifies what came back. It never retries, waits, counts or logs: the wrappers in `delivery/` do,
 * around every attempt.
 */
import type { OutgoingMessage } from '../ledger/ledger.ts';

export interface DestinationLimits {
  readonly maxMessagesPerRequest: number;
  /** Of the HTTP body, UTF-8. */
  readonly maxBytesPerRequest: number;
  /** Whether a message may be sent again when it is not known whether the API took it. Never true for live sends. */
  readonly resendIsSafe: boolean;
}

/** Messages of one customer, sent in one request. */
export interface Batch {
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messages: readonly OutgoingMessage[];
}

/** What the API said of one message. */
export interface MessageOutcome {
  /** `unknown`: the answer does not say, so the API may have taken it. */
  readonly state: 'accepted' | 'failed' | 'unknown';
  readonly code: string | null;
  readonly error: string | null;
  readonly messageUuid: string | null;
  readonly warnings: string | null;
}

/**
 * What is to be done about a request that was refused as a whole:
 * - `retry`: send it again later.
 * - `halve`: it is too large; send it in two halves.
 * - `bisect`: some message in it is at fault and the answer names none; find it.
 * - `fail-customer`: the customer does not exist there; fail this customer's messages.
 * - `park-department`: not allowed for this department; leave its messages pending and go on with others.
 * - `stop`: no message is to blame and no other request will fare better; stop the run.
 * - `give-up`: nobody can say what became of it, and sending it again would not help to find out.
 */
export type Recovery =
  | 'retry'
  | 'halve'
  | 'bisect'
  | 'fail-customer'
  | 'park-department'
  | 'stop'
  | 'give-up';

export interface Refusal {
  readonly kind: 'refused';
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  readonly recovery: Recovery;
  /** Upper-snake-case: `HTTP_503`, `TIMEOUT`, `CONNECTION_REFUSED`, or the API's own errorCode. */
  readonly code: string;
  /** For people; never quotes bodies, phone numbers or credentials. */
  readonly message: string;
  /** Whether the API may have taken the messages all the same. */
  readonly ambiguous: boolean;
  /** False for refusals that say nothing about the request (429, Retry-After, connection refused). */
  readonly consumesAttempt: boolean;
  /** How long the API asked to be left alone; null when it did not. */
  readonly retryAfterMs: number | null;
  /** With recovery `stop`, where the API says more than its status does: why no request will fare better. */
  readonly stopReason?: 'credentials-refused' | 'balance';
  /**
   * Present when the answer names the messages at fault, with recovery `bisect`: one per message of the batch, in its
   * order; null for those that it does not name, which were refused with the others and can go again without them.
   */
  readonly guilty?: readonly (MessageOutcome | null)[];
}

export interface Answer {
  readonly kind: 'answered';
  readonly status: number;
  /** One per message of the batch, in its order. */
  readonly outcomes: readonly MessageOutcome[];
  /** Identifiers in the answer that were never sent: reported, otherwise ignored. */
  readonly strangers: number;
  /** The API's own identifier of the request, where it gave one: what its support asks for. */
  readonly requestUuid?: string | null;
}

export type SendResult = Answer | Refusal;

export interface Destination {
  /** As in the configuration, e.g. `mykaarma-historical`. */
  readonly type: string;
  readonly baseUrl: string;
  readonly limits: DestinationLimits;
  /** Bytes of a request body without its messages, and what each message adds to its item's. */
  readonly framing: { readonly requestBytes: number; readonly perMessageBytes: number };
  /** Loads what requests need, so that the first one starts as promptly as those behind it. Called when there is something to send. */
  prepare?(): Promise<void>;
  /** One request. Resolves for whatever the network and the API do; throws only on defects. */
  send(batch: Batch): Promise<SendResult>;
  close(): Promise<void>;
}

/** A request as it goes over the wire, its headers left out: they hold credentials. */
export interface WireRequest {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly body: Buffer;
}

/** A destination that can show its requests, for people to look at before anything is sent. */
export interface HttpDestination extends Destination {
  /** What `send` would make of this batch. Pure. */
  requestOf(batch: Batch): WireRequest;
}
