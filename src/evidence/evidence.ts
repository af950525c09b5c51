/**
 * The evidence seam: what others than the API's answer say of messages. It comes from the archives of `listen`, and the
 * ledger decides what follows from it.
 */
import type { DeliveryKind } from '../receiver/archived-delivery.ts';

/**
 * - `seen`: the message stands in a message event.
 * - `stored`: a callback speaks for it.
 * - `failed`: a callback reports that it could not be stored, or sent.
 */
export const EVIDENCE_KINDS = ['seen', 'stored', 'failed'] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export interface Evidence {
  readonly kind: EvidenceKind;
  /** Names the message, together with `messageUuid`, the API's own identifier; one of them at least is there. */
  readonly sourceUuid: string | null;
  readonly messageUuid: string | null;
  /** Of `failed`: the reported errorCode, or one of ours; null otherwise. */
  readonly code: string | null;
  /** Of `failed`: the reported description, on one line and shortened. */
  readonly error: string | null;
  /** When it arrived here, by the receiver's clock. */
  readonly receivedAtMs: number;
  readonly position: EvidencePosition;
}

/** Where the raw text stands. */
export interface EvidencePosition {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * What a piece of evidence comes to:
 * - `stored`, `failed`: it made its message so.
 * - `contradictory`: it reports a failure of what is known to be stored. The message stays stored; a person should know.
 * - `unsent`: it speaks for a message that is waiting to be sent. Nothing changes; a person should know.
 * - `outdated`: it is older than what it would have to be about. Nothing changes.
 * - `known`: it says nothing new.
 * - `foreign`: it names no message of this stream, as do events of everyday messages.
 */
export const EVIDENCE_EFFECTS = [
  'stored',
  'failed',
  'contradictory',
  'unsent',
  'outdated',
  'known',
  'foreign',
] as const;
export type EvidenceEffect = (typeof EVIDENCE_EFFECTS)[number];

/** How many pieces came to what; the fields add up to the number of pieces. */
export type EvidenceTally = Record<EvidenceEffect, number>;

export function emptyEvidenceTally(): EvidenceTally {
  return { stored: 0, failed: 0, contradictory: 0, unsent: 0, outdated: 0, known: 0, foreign: 0 };
}

/** Something that a person should know of. */
export interface EvidenceNotice {
  readonly effect: 'contradictory' | 'unsent';
  readonly sourceUuid: string;
  readonly position: EvidencePosition;
}

export interface EvidenceResult {
  readonly tally: EvidenceTally;
  readonly notices: readonly EvidenceNotice[];
}

/** Messages that were accepted, and of which nothing has been heard since. */
export interface Unevidenced {
  readonly count: number;
  /** A few sourceUuids, the oldest staged first. */
  readonly examples: readonly string[];
}

/**
 * Why a line or a delivery says nothing: it is torn, foreign, or holds another shape than expected. Counted and passed
 * over, never an error.
 */
export const SURPRISES = {
  TORN_LINE: 'the last line of an archive is not complete; its sender repeats it',
  NOT_A_DELIVERY: 'a line that `listen` did not write',
  LINE_TOO_LONG: 'a line that is too long to be a delivery',
  NOT_TEXT: 'a body that is not UTF-8',
  NOT_JSON: 'a body that is not JSON',
  NAMES_NO_MESSAGE: 'a delivery that names no message where evidence.callbacks looks for one',
} as const;
export type Surprise = keyof typeof SURPRISES;

/** What one line of an archive comes to. */
export interface ReadDelivery {
  readonly position: EvidencePosition;
  /** Null when the line is no delivery. */
  readonly kind: DeliveryKind | null;
  readonly evidence: readonly Evidence[];
  /** Messages that the delivery names without saying whether they are stored or failed. */
  readonly undecided: number;
  /** Null when it could be read. */
  readonly surprise: Surprise | null;
}

/** One file of deliveries. */
export interface EvidenceArchive {
  /** As a person would write its path. */
  readonly name: string;
  /**
   * Every line in order; blank ones left out. Ends quietly when `signal` aborts.
   * @throws {DamagedInputError} when the file cannot be read to its end.
   */
  read(signal: AbortSignal): AsyncIterable<ReadDelivery>;
}
