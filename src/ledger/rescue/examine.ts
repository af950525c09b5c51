/** What is wrong with a ledger, and what of it can still be trusted. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BackhaulError } from '../../errors.ts';
import { checkLedger, type LedgerFinding } from '../maintenance.ts';
import { isLogDamaged } from '../write-ahead-log.ts';
import { type RecoverOptions, recoverLedger } from './recover.ts';
import type { Rescue } from './rescue-run.ts';

export interface Examination {
  readonly findings: readonly LedgerFinding[];
  /** What a rescue would save; null when the ledger is sound, and when nothing can be saved. */
  readonly rescue: Rescue | null;
  /** Why no rescue could be tried; null when one was, or none was needed. */
  readonly obstacle: BackhaulError | null;
}

/** What damage can look like to whoever opens the ledger; all but the first may be true instead. */
const SIGNS = ['LEDGER_CORRUPT', 'LEDGER_FOREIGN', 'LEDGER_OLDER'];
/** The trial has no room. */
const OBSTACLES = ['LEDGER_FULL', 'TEMPORARY_SPACE_UNUSABLE'];

/** Runs work in a private directory that goes when it is done. */
export type InDirectory = <T>(work: (directory: string) => Promise<T>) => Promise<T>;

/**
 * Looks at the files before SQLite does. A damaged ledger is rescued on trial: what that saves is what can be trusted.
 *
 * @throws {UsageError} `LEDGER_MISSING`.
 * @throws {LedgerError} `LEDGER_FOREIGN` when it is no ledger at all, `LEDGER_OLDER` when that is all that is to be said,
 *   `LEDGER_NEWER`, and when it cannot be opened for other reasons than damage.
 */
export async function examineLedger(
  options: Omit<RecoverOptions, 'targetPath'>,
  inDirectory: InDirectory,
): Promise<Examination> {
  const { findings, sign } = await findingsOf(options.path);
  if (findings.length === 0) return { findings, rescue: null, obstacle: null };
  let rescue: Rescue | null = null;
  try {
    rescue = await inDirectory((directory) =>
      recoverLedger({ ...options, targetPath: join(directory, 'trial.db') }),
    );
  } catch (error) {
    if (!(error instanceof BackhaulError)) throw error;
    if (OBSTACLES.includes(error.code)) return { findings, rescue, obstacle: error };
    if (error.code !== 'LEDGER_UNRECOVERABLE') throw error;
  }
  if (sign?.code === 'LEDGER_FOREIGN' && rescue === null) throw sign;
  if (sign?.code === 'LEDGER_OLDER' && rescue?.complete === true) throw sign;
  return { findings, rescue, obstacle: null };
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
    ...(isLogDamaged(`${path}-wal`)
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
