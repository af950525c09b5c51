/** What is wrong with a ledger, and what of it can still be trusted. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BackhaulError } from '../../errors.ts';
import { checkLedger, type LedgerFinding } from '../maintenance.ts';
import { type RecoverOptions, recoverLedger } from './recover.ts';
import type { Rescue } from './rescue-run.ts';
import { readWriteAheadLog } from './write-ahead-log.ts';

export interface Examination {
  readonly findings: readonly LedgerFinding[];
  /** What a rescue would save; null when the ledger is sound, and when nothing can be saved. */
  readonly rescue: Rescue | null;
}

/** What damage can look like to whoever opens the ledger; all but the first may be true instead. */
const SIGNS = ['LEDGER_CORRUPT', 'LEDGER_FOREIGN', 'LEDGER_OLDER'];

/**
 * Looks at the files before SQLite does, which would delete the log of an emptied ledger, and cut off a damaged one. A
 * damaged ledger is rescued on trial, into `directory`: what that saves is what can be trusted.
 *
 * @throws {UsageError} `LEDGER_MISSING`.
 * @throws {LedgerError} `LEDGER_FOREIGN` when it is no ledger at all, `LEDGER_OLDER` when that is all that is to be said,
 *   `LEDGER_NEWER`, and when it cannot be opened for other reasons than damage.
 */
export async function examineLedger(
  options: Omit<RecoverOptions, 'targetPath'> & { readonly directory: string },
): Promise<Examination> {
  const { path, directory } = options;
  const { findings, sign } = await findingsOf(path);
  if (findings.length === 0) return { findings, rescue: null };
  const rescue = await recoverLedger({ ...options, targetPath: join(directory, 'trial.db') }).catch(
    (error: unknown) => {
      if (error instanceof BackhaulError && error.code === 'LEDGER_UNRECOVERABLE') return null;
      throw error;
    },
  );
  if (sign?.code === 'LEDGER_FOREIGN' && rescue === null) throw sign;
  if (sign?.code === 'LEDGER_OLDER' && rescue?.complete === true) throw sign;
  return { findings, rescue };
}

async function findingsOf(
  path: string,
): Promise<{ findings: readonly LedgerFinding[]; sign: BackhaulError | null }> {
  const broken = brokenFiles(path);
  if (broken.length > 0) return { findings: broken, sign: null };
  try {
    return { findings: await checkLedger(path), sign: null };
  } catch (error) {
    if (!(error instanceof BackhaulError) || !SIGNS.includes(error.code)) throw error;
    return { findings: [{ code: error.code, message: error.message }], sign: error };
  }
}

function brokenFiles(path: string): readonly LedgerFinding[] {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || !file.isFile()) return [];
  return [
    ...(file.size === 0 ? [{ code: 'FILE_EMPTY', message: 'The file is empty: not a byte is in it.' }] : []),
    ...(readWriteAheadLog(`${path}-wal`)?.isDamaged === true
      ? [
          {
            code: 'LOG_DAMAGED',
            message:
              'The write-ahead log (-wal) beside the ledger is damaged: committed changes in it cannot be read.',
          },
        ]
      : []),
  ];
}
