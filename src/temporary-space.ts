import { UsageError } from './errors.ts';

/** The directory for temporary files is missing, not to be written, or full. */
export function temporarySpaceUnusable(cause: unknown): UsageError {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
  return new UsageError(`temporary files cannot be written (${code})`, {
    code: 'TEMPORARY_SPACE_UNUSABLE',
    fix: 'Let TMPDIR name a directory that exists, that you may write to and that has room.',
    cause,
  });
}
