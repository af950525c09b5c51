/**
 * The mapping seam: what a record becomes.
 *
 * A mapping is compiled once from the configuration and is then pure and synchronous: the same record always gives the
 * same result, whatever the host's locale, time zone or clock. It reports every problem of a record, not the first.
 */
import type { FieldError } from '../errors.ts';
import type { AddressedItem, Envelope, Item, MessageContract } from '../messages/message-contract.ts';
import type { Header, SourceRecord } from '../sources/source.ts';

/**
 * How a message is told apart from every other of its stream. `given` comes from the export. `hashed` is a digest of
 * chosen fields; records with equal digests within one file are numbered, and digest and number together
 * make the sourceUuid (see `messages/identity.ts`), so that "Ok" sent twice stays two messages and a re-export adds none.
 */
export type Identity =
  | { readonly kind: 'given'; readonly sourceUuid: string }
  | { readonly kind: 'hashed'; readonly digest: Buffer };

export interface MappedMessage {
  readonly kind: 'message';
  readonly identity: Identity;
  readonly envelope: Envelope;
  /** The request item, valid against the wire contract. The contract completes it once the identity is known. */
  readonly item: Item;
  /** The message's place in its conversation: when it was sent, Unix epoch milliseconds; 0 where reading order decides. */
  readonly sentAtUtcMs: number;
  /** Which version of the message this is, Unix epoch milliseconds; null where versions are not told apart. */
  readonly version: number | null;
}

/** A record that reaches several people: one message for each of them. */
export interface MappedMessages {
  readonly kind: 'several';
  /** The record's; each message's own is made of it and the recipient (see `partSourceUuid` in `messages/identity.ts`). */
  readonly identity: Identity;
  readonly version: number | null;
  readonly messages: readonly AddressedItem[];
}

export interface SkippedRecord {
  readonly kind: 'skipped';
  /** The configured reason, e.g. `never delivered`. */
  readonly reason: string;
  /** Counted in the numbering of equal records even though the record is skipped; null when it cannot be computed. */
  readonly identity: Identity | null;
}

export interface RejectedRecord {
  readonly kind: 'rejected';
  readonly errors: readonly FieldError[];
  /** The identity it will have once corrected, when it can be computed: what an export file's `_sourceUuid` keeps. */
  readonly identity: Identity | null;
  /** Whose record it is, when that can be told. */
  readonly customerUuid?: string;
}

export type MappingResult = MappedMessage | MappedMessages | SkippedRecord | RejectedRecord;

/** Something a person should know that is no reason to stop: told once, not per record. */
export interface Advice {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** A code of the export, and what the configuration takes it for: shown, so that a person sees what is taken wrongly. */
export interface CodeSighting {
  /** The mapping key that it decides, e.g. `messageAttributes.type`. */
  readonly field: string;
  readonly code: string;
  /** Null where the configuration does not know the code. */
  readonly meaning: string | null;
  /** The two ends of the message, as the record has them; null where nobody knows where they stand. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface Mapping {
  /** The wire contract that its messages fulfil. */
  readonly contract: MessageContract;
  /**
   * Hash (hex) of everything that decides what a record becomes: rules, skip rules, lookup contents, code tables,
   * mapper file. Part of every input's fingerprint.
   */
  readonly fingerprint: string;
  /** What the rules themselves suggest a person should look at (`userUuid` left out, …). */
  readonly advice: readonly Advice[];
  /**
   * Holds the rules against a tabular input's columns.
   * @returns advice on named columns that the input does not have.
   * @throws {UsageError} when a rule names a column that occurs twice.
   */
  checkHeader(header: Header): readonly Advice[];
  map(record: SourceRecord): MappingResult;
  /** The codes that decide what kind of message a record becomes, whatever becomes of it. */
  codesOf(record: SourceRecord): readonly CodeSighting[];
}
