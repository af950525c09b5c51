/** What is wrong with a ledger, and what of it can still be trusted. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BackhaulError } from '../../errors.ts';
import { checkLedger, type LedgerFinding } from '../maintenance.ts';
import { type RecoverOptions, type Rescue, recoverLedger } from './recover.ts';
import { readWriteAheadLog } from './write-ahead-log.ts';

export interface Examination {
  readonly findings: readonly LedgerFinding[];
  /** What a rescue would save; null when the ledger is sound, and when nothing can be saved. */
  readonly rescue: Rescue | null;
}

/** Damage that keeps a ledger from being opened at all. */
const FINDINGS_INSTEAD = ['LEDGER_CORRUPT', 'LEDGER_FOREIGN'];

/**
 * Looks at the files before SQLite does, which would delete the log of an emptied ledger, and cut off a damaged one. A
 * damaged ledger is rescued on trial, into `directory`: what that saves is what can be trusted.
 *
 * @throws {UsageError} `LEDGER_MISSING`; {LedgerError} `LEDGER_FOREIGN` when it is no ledger at all, `LEDGER_NEWER`, and
 *   when it cannot be opened for other reasons than damage.
 */
export async function examineLedger(
  options: Omit<RecoverOptions, 'targetPath'> & { readonly directory: string },
): Promise<Examination> {
  const { path, directory } = options;
  const { findings, foreign } = await findingsOf(path);
  if (findings.length === 0) return { findings, rescue: null };
  const rescue = await recoverLedger({ ...options, targetPath: join(directory, 'trial.db') }).catch(
    (error: unknown) => {
      if (error instanceof BackhaulError && error.code === 'LEDGER_UNRECOVERABLE') return null;
      throw error;
    },
  );
  if (rescue === null && foreign !== null) throw foreign;
  return { findings, rescue };
}

async function findingsOf(
  path: string,
): Promise<{ findings: readonly LedgerFinding[]; foreign: BackhaulError | null }> {
  const broken = brokenFiles(path);
  if (broken.length > 0) return { findings: broken, foreign: null };
  try {
    return { findings: await checkLedger(path), foreign: null };
  } catch (error) {
    if (!(error instanceof BackhaulError) || !FINDINGS_INSTEAD.includes(error.code)) throw error;
    const { code, message } = error;
    return { findings: [{ code, message }], foreign: code === 'LEDGER_FOREIGN' ? error : null };
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
