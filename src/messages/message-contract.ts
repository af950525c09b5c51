/**
 * The seam between mapping and the APIs: all that mapping knows of the messages that one kind of destination takes.
 *
 * `contract-of.ts` chooses it for a destination. It is made once; what is called per record is called millions of times.
 */
import type { FieldError } from '../errors.ts';
import type { ContractFields } from './contract-tree.ts';

/** Where a message belongs, and whose conversation it is part of. Opaque strings, never RFC 4122 UUIDs. */
export interface Envelope {
  readonly departmentUuid: string;
  readonly customerUuid: string;
}

/** A request item: names and values as the contract's fields say. */
export type Item = Record<string, unknown>;

/** A rule that may be left out, though the API may then refuse what it is sent. */
export interface RecommendedKey {
  readonly key: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

export type CheckedItem =
  /** Fields in the contract's order, so that equal content gives equal bytes. */
  | { readonly kind: 'valid'; readonly item: Item }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

/** One message as it goes out, its identity still missing. */
export interface AddressedItem {
  /** Tells the messages of one record apart; null where the record is one message. */
  readonly recipient: string | null;
  readonly envelope: Envelope;
  readonly item: Item;
  /** Its place in the conversation, Unix epoch milliseconds; 0 for all where reading order decides. */
  readonly sentAtUtcMs: number;
}

export interface MessageContract {
  /** What the keys of a mapping may name, beside `sourceUuid` and the envelope's keys. */
  readonly fields: ContractFields;
  /** The parts of the envelope that the mapping gives. */
  readonly envelopeKeys: readonly (keyof Envelope)[];
  /** Keys without which no message is valid. Of several in one entry one will do: the others give it its value. */
  readonly requiredKeys: readonly (readonly string[])[];
  readonly recommendedKeys: readonly RecommendedKey[];
  /** Fields whose fault already explains that another one is missing. */
  readonly explainedBy: Readonly<Record<string, readonly string[]>>;
  /** Whatever else of the configuration decides what a record becomes; part of the mapping's fingerprint. */
  readonly decisive: Readonly<Record<string, unknown>>;

  /** Turns the body of a note into the document that the API wants for it. Changes the item. */
  wrapNote(item: Item): void;
  /** Fills in what every item carries and what one field tells of another. Changes the item. */
  complete(item: Item): void;
  /**
   * Holds a completed item against the shape of its fields and the rules between them; all faults at once.
   *
   * @param nowMs wall-clock time, Unix epoch milliseconds
   */
  check(item: Item, nowMs: number): CheckedItem;
  /** Whether messages have a time of their own, which orders a conversation; else reading order does. */
  readonly isTimed: boolean;
  /** The messages that a valid item stands for: one, or one for each recipient where it names several. */
  messagesOf(item: Item, envelope: Envelope): readonly AddressedItem[];
  /** What messages are counted by, e.g. `INCOMING`. */
  typeOf(item: Item): string;
  /** What people read of a message. */
  textOf(item: Item): string;
  /** The field that holds it. */
  readonly textField: string;
  /** Whether the same text may go to the same customer twice within one run. */
  readonly allowsRepeatedTexts: boolean;
  /** The item as it is kept and sent, its identity being known now. */
  identified(item: Item, sourceUuid: string): Item;
}
