import { BackhaulError, type ErrorKind } from './errors.ts';

/** What the process's exit code tells its caller. Documented in README.md; callers rely on it. */
export const EXIT = {
  /** All that was asked is done. */
  done: 0,
  /** A defect of the program, or a failure nobody foresaw. */
  unexpected: 1,
  /** Wrong flags or configuration. */
  usage: 2,
  /** Finished, but the stream holds open rejects, failed or unknown messages, or met conflicts or damaged files. */
  incomplete: 3,
  /** Stopped before the end; work is left. */
  stopped: 4,
  /** Another run holds the lock. */
  locked: 5,
  /** The ledger is corrupt, unreadable, or newer than the program. */
  ledger: 6,
  /** Ctrl-C (SIGINT). */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF_KIND: Record<ErrorKind, ExitCode> = {
  usage: EXIT.usage,
  stopped: EXIT.stopped,
  locked: EXIT.locked,
  ledger: EXIT.ledger,
  unexpected: EXIT.unexpected,
};

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof BackhaulError ? EXIT_OF_KIND[error.kind] : EXIT.unexpected;
}
