/** The pages of a ledger's file, as its write-ahead log leaves them; read only, and never through SQLite. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { LedgerError, LockedError, UsageError } from '../../errors.ts';
import { isPageSize, readWriteAheadLog } from '../write-ahead-log.ts';

const MAGIC = Buffer.from('SQLite format 3\0');
/** Of every ledger (database-file.ts); told by the header, while that can be read. */
const USUAL_PAGE_SIZE = 8_192;

export interface LedgerBytes {
  readonly pageSize: number;
  /** How many pages there are, by the file's length and the log. */
  readonly pageCount: number;
  /** How many there should be: what was cut off counts. At least `pageCount` where the header can be read. */
  readonly expectedPageCount: number;
  /** Whether the first bytes are those of an SQLite file. */
  readonly hasHeader: boolean;
  readonly isLogDamaged: boolean;
  /** The page's bytes, fewer where the file ends within it; null where there are none. */
  page(number: number): Buffer | null;
  /** @throws {LockedError} `LEDGER_BUSY` when somebody has written the files since they were opened. */
  assertUnchanged(): void;
  close(): void;
}

/**
 * @throws {UsageError} `LEDGER_MISSING`.
 * @throws {LedgerError} `LEDGER_CANNOT_OPEN`.
 */
export function openLedgerBytes(path: string): LedgerBytes {
  const logPath = `${path}-wal`;
  const versions = () => JSON.stringify([path, logPath].map(versionOf));
  const opened = versions();
  const file = openToRead(path);
  let logFile: number | null = null;
  try {
    const log = readWriteAheadLog(logPath);
    if (log !== null && log.pageOffsets.size > 0) logFile = openSync(logPath, 'r');
    const { size } = fstatSync(file);
    const header = Buffer.alloc(100);
    const hasHeader = readSync(file, header, 0, 100, 0) === 100 && header.subarray(0, 16).equals(MAGIC);
    const told = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const pageSize = log?.pageSize ?? (hasHeader && isPageSize(told) ? told : USUAL_PAGE_SIZE);
    const pageCount = Math.max(Math.ceil(size / pageSize), ...(log?.pageOffsets.keys() ?? []), 0);
    const toldCount = log?.pageCount ?? (hasHeader ? header.readUInt32BE(28) : 0);
    return {
      ...{ pageSize, pageCount, hasHeader, isLogDamaged: log?.isDamaged ?? false },
      // A header that lies by far is no reason to look for pages that never were.
      expectedPageCount:
        toldCount > pageCount * 1_000 + 1_000_000 ? pageCount : Math.max(toldCount, pageCount),
      page(number) {
        const offset = log?.pageOffsets.get(number);
        const bytes = Buffer.allocUnsafe(pageSize);
        const read =
          offset === undefined || logFile === null
            ? readWhatCanBe(file, bytes, (number - 1) * pageSize)
            : readWhatCanBe(logFile, bytes, offset);
        return read === 0 ? null : bytes.subarray(0, read);
      },
      assertUnchanged() {
        if (versions() === opened) return;
        throw new LockedError(`Another process has written the ledger ${path} in the meantime.`, {
          code: 'LEDGER_BUSY',
          fix: 'Wait until it is done, then run again.',
        });
      },
      close() {
        closeSync(file);
        if (logFile !== null) closeSync(logFile);
      },
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** A sector that the disk cannot read is lost, not the rest. */
function readWhatCanBe(file: number, bytes: Buffer, at: number): number {
  try {
    return readSync(file, bytes, 0, bytes.length, at);
  } catch {
    return 0;
  }
}

function versionOf(path: string): readonly number[] {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? [] : [found.size, found.mtimeMs, found.ino];
}

function openToRead(path: string): number {
  try {
    const file = openSync(path, 'r');
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`There is no ledger at ${path}.`, {
        code: 'LEDGER_MISSING',
        fix: 'Name the right file with --ledger.',
      });
    }
  }
  throw new LedgerError(`The ledger ${path} cannot be opened.`, {
    code: 'LEDGER_CANNOT_OPEN',
    fix: 'Check that it is a file, and that this user may read it.',
  });
}
