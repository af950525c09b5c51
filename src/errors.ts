/**
 * What can go wrong, in one vocabulary.
 *
 * Every error a person can cause or meet is a {@link BackhaulError}: a literal `code` to search for, a message
 * that says what is wrong without quoting anybody's data, and a `fix` that says what to do next. `cli.ts` alone turns
 * errors into exit codes (see `exit-codes.ts`); anything that is not a BackhaulError is a defect and keeps its stack.
 */

/** How a run ends because of an error; each kind has its exit code in `exit-codes.ts`. */
export type ErrorKind = 'usage' | 'stopped' | 'locked' | 'ledger' | 'unexpected';

export interface ErrorDetails {
  /** Upper-snake-case, stable across releases: callers match on it. */
  readonly code: string;
  /** What to do about it, as an instruction. */
  readonly fix: string;
  readonly cause?: unknown;
}

export class BackhaulError extends Error {
  override readonly name: string = 'BackhaulError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly fix: string;

  constructor(kind: ErrorKind, message: string, { code, fix, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.code = code;
    this.fix = fix;
  }
}

/** Wrong flags, wrong configuration, or a file that the configuration names and that is not there. Exit code 2. */
export class UsageError extends BackhaulError {
  override readonly name = 'UsageError';
  constructor(message: string, details: ErrorDetails) {
    super('usage', message, details);
  }
}

/** The ledger cannot be used: corrupt, unreadable, full, or written by a newer version. Exit code 6. */
export class LedgerError extends BackhaulError {
  override readonly name = 'LedgerError';
  constructor(message: string, details: ErrorDetails) {
    super('ledger', message, details);
  }
}

/** Another run holds this stream's lock. Exit code 5. */
export class LockedError extends BackhaulError {
  override readonly name = 'LockedError';
  constructor(message: string, details: ErrorDetails) {
    super('locked', message, details);
  }
}

/**
 * An input that cannot be read to its end: truncated archive, unterminated quote, broken array, changed while
 * read. The records before the damage stand; the file counts as damaged and is read again next time.
 */
export class DamagedInputError extends Error {
  override readonly name = 'DamagedInputError';
  readonly code: string;
  readonly fix: string;
  readonly file: string;
  /** 1-based line where reading stopped, or null where lines mean nothing. */
  readonly line: number | null;
  /** 0-based offset into the decompressed file, or null where unknown. */
  readonly byte: number | null;

  constructor(
    message: string,
    details: ErrorDetails & { file: string; line?: number | null; byte?: number | null },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.fix = details.fix;
    this.file = details.file;
    this.line = details.line ?? null;
    this.byte = details.byte ?? null;
  }
}

/** One thing wrong with one field of one record. Never holds the field's value: values are people's data. */
export interface FieldError {
  /** Dotted path of the request field (or the source column where no request field is concerned). */
  readonly field: string;
  /** Upper-snake-case, e.g. `REQUIRED`, `NOT_IN_LIST`, `TIME_UNREADABLE`, `RAGGED_ROW`. */
  readonly code: string;
  /** What is wrong, without the value. */
  readonly message: string;
  /** What to change in the export or in the configuration. */
  readonly fix: string;
}
