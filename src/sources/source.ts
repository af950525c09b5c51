/**
 * The source seam: where records come from.
 *
 * A source lists its inputs (usually files) and reads each one from its beginning, once, in order. It never
 * holds more than a few records in memory and never decides what a record means: that is the mapping's work.
 */
import type { FieldError } from '../errors.ts';

/** Where a record stands, exact enough to find it with an editor. */
export interface RecordPosition {
  /** The input's name, as {@link SourceInput.name}. */
  readonly file: string;
  /** 1-based line on which the record begins; null where lines mean nothing. */
  readonly line: number | null;
  /** 0-based byte offset in the decompressed input at which the record begins; null where unknown. */
  readonly byte: number | null;
  /** 0-based number of the record within the input. */
  readonly index: number;
}

/**
 * One row or object of an export. `fields` has no prototype, so that a column named `__proto__` is just a column;
 * its keys keep the export's order. Text formats give strings; JSON formats give JSON values.
 * Unnamed columns and surplus cells are keyed `#3` (1-based position); the second `Name` is `Name#2`.
 */
export interface SourceRecord {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly position: RecordPosition;
  /** What the reader found wrong (ragged row, broken line). Such a record is rejected without being mapped. */
  readonly problems?: readonly FieldError[];
  /**
   * Why this is no record of the format's own kind, e.g. another kind of line in an archive. It is skipped with this reason,
   * without being mapped.
   */
  readonly passedOver?: string;
  /** Present when the record comes from a file that `export` wrote. */
  readonly origin?: ExportOrigin;
}

/** What an export file's own columns say of the record that it carries. */
export interface ExportOrigin {
  /** `_file` and `_line`: the position that the record had when it was first read. */
  readonly file: string | null;
  readonly line: number | null;
  /** `_sourceUuid`: the identity that the message has in the ledger, or null when it had none. */
  readonly sourceUuid: string | null;
}

/** What a tabular input's first line says, told once before its first record. */
export interface Header {
  readonly file: string;
  /** As keyed in {@link SourceRecord.fields}: trimmed, repeated names numbered from the second (`Name#2`). */
  readonly columns: readonly string[];
  /** Names that occur more than once. A rule that names one of them is ambiguous. */
  readonly duplicates: readonly string[];
}

export interface ReadOptions {
  /** Stops the reading; the iterable then ends without an error. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of bytes read so far of {@link SourceInput.sizeBytes} (compressed bytes). */
  readonly onBytes?: (bytesRead: number) => void;
  /** Called at most once, before the first record. What it throws ends the reading with that error. */
  readonly onHeader?: (header: Header) => void;
}

export interface SourceInput {
  /** Unique within the source and stable between runs: the path as a person would write it, or `-`. */
  readonly name: string;
  /** Size as stored (compressed); null where unknown. */
  readonly sizeBytes: number | null;
  /**
   * SHA-256 (hex) of the stored content, or null where it cannot be read twice (standard input), or not at all, which
   * {@link read} then tells. Reads the whole input without parsing it; called at most once, before {@link read}.
   */
  digest(): Promise<string | null>;
  /**
   * Yields every record in order. May be called once.
   * @throws {DamagedInputError} when the input cannot be read to its end, or its content changed since
   *   {@link digest}; every record before the damage has been yielded.
   */
  read(options?: ReadOptions): AsyncIterable<SourceRecord>;
}

export interface Source {
  /**
   * Stands for everything beside an input's content that decides which records it gives: the source's options. When it
   * changes, inputs are read again. Left out where there is nothing of the kind.
   */
  readonly fingerprint?: string;
  /**
   * The inputs in reading order, the same order on every machine.
   * @throws {UsageError} when a glob matches nothing (unless the configuration allows it).
   */
  inputs(): Promise<readonly SourceInput[]>;
}
