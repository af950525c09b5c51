/** The files that `ledger purge` erases people from: archives of the receiver, and what `export` wrote. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Transform } from 'node:stream';
import { createGzip, createZstdCompress } from 'node:zlib';
import { byteLines } from '../byte-lines.ts';
import { LockedError } from '../errors.ts';
import { holdsText } from '../evidence/documents.ts';
import { createDeliveryReader, documentOf } from '../evidence/read-delivery.ts';
import type { IdentifierSearch } from '../identifier-search.ts';
import type { Traces } from '../ledger/erasure.ts';
import { forgetExport, type RememberedExport, rememberExport } from '../ledger/remembered-exports.ts';
import { type ArchiveLock, lockArchive } from '../receiver/archive-lock.ts';
import type { ArchivedDelivery } from '../receiver/archived-delivery.ts';
import { type TheirDeliveries, withoutDeliveries } from '../receiver/erase-deliveries.ts';
import { removeLeftovers, replaceFile } from '../replace-file.ts';
import { exportFormat, type TheirRows, withoutRows } from '../reporting/erase-rows.ts';
import type { FoundFile } from '../sources/find-files.ts';
import { fileBytes } from '../sources/stored-bytes.ts';
import { archivesIn, contentOf } from './evidence-archives.ts';
import { writtenFile } from './remembering-export.ts';
import type { Setting } from './setting.ts';

/** Who is erased, and what they are known by. */
export interface Person {
  readonly customerUuids: readonly string[];
  readonly traces: Traces;
  /** For everything that they are known by. */
  readonly search: IdentifierSearch;
  /** For the customerUuids alone. */
  readonly names: IdentifierSearch;
}

/**
 * `gone`: it is not there any more. `no-export`: something else stands there now, which was left alone. `unreadable`: it
 * could not be read, or not be written.
 */
export type FileState = 'done' | 'gone' | 'no-export' | 'unreadable';

export interface FileReport {
  readonly kind: 'archive' | 'export';
  readonly file: string;
  readonly state: FileState;
  /** Deliveries or rows. */
  readonly erased: number;
  /** Whether somebody has changed it since it was written; false where that cannot be told. */
  readonly changed: boolean;
}

export interface ArchiveDirectory {
  readonly files: readonly FoundFile[];
  release(): void;
}

/** @throws {LockedError} `ARCHIVE_LOCKED` while `listen` writes there. A directory that is not there has no files. */
export async function openArchives({ config, directory }: Setting): Promise<ArchiveDirectory> {
  const archive = resolve(directory, config.receiver.archive);
  const isThere = (await stat(archive).catch(() => null))?.isDirectory() === true;
  if (!isThere) return { files: [], release() {} };
  const lock = lockedArchive(archive);
  try {
    return { files: await archivesIn(archive, directory), release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockedArchive(directory: string): ArchiveLock {
  try {
    return lockArchive(directory);
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const fix =
      'Stop `backhaul listen`, run this again, and start it anew: senders repeat what comes meanwhile.';
    throw new LockedError(error.message, { code: error.code, fix, cause: error });
  }
}

export async function eraseFromArchive(
  { name, path }: FoundFile,
  person: Person,
  setting: Setting,
): Promise<FileReport> {
  const { search } = person;
  const theirs: TheirDeliveries = {
    names: search.isIn,
    isAbout: search.tooShort === 0 ? null : deliveryJudge(person, setting),
  };
  return reported({ kind: 'archive', file: name, changed: false }, async () => {
    await removeLeftovers(path);
    return eraseIn(
      path,
      (onErased) => withoutDeliveries(archiveContent({ name, path }), theirs, onErased),
      compressionOf(name),
    );
  });
}

/** What is too short to be searched for counts as a whole value: theirs anywhere, their messages' where evidence names them. */
function deliveryJudge(
  { customerUuids, traces }: Person,
  { config }: Setting,
): (delivery: ArchivedDelivery) => boolean {
  const readDelivery = createDeliveryReader(config.evidence.callbacks, config.destination.type);
  const customers = new Set(customerUuids);
  const sourceUuids = new Set(traces.sourceUuids);
  const messageUuids = new Set(traces.messageUuids);
  return (delivery) => {
    const { evidence } = readDelivery(delivery, { file: '', line: 0 });
    const isNamed = evidence.some(
      ({ sourceUuid, messageUuid }) =>
        sourceUuids.has(sourceUuid ?? '') || messageUuids.has(messageUuid ?? ''),
    );
    const document = documentOf(delivery);
    return isNamed || ('value' in document && holdsText(document.value, customers));
  };
}

/** What stands in an archive, decompressed. */
export function archiveContent(file: Pick<FoundFile, 'name' | 'path'>): AsyncGenerator<Buffer> {
  return contentOf(file, new AbortController().signal);
}

export async function eraseFromExport(
  { path, written }: RememberedExport,
  { customerUuids, traces, names }: Person,
  { ledgerPath }: Setting,
): Promise<FileReport> {
  const theirs: TheirRows = {
    customerUuids: new Set(customerUuids),
    sourceUuids: new Set(traces.sourceUuids),
    names: names.isIn,
  };
  await removeLeftovers(path);
  const found = await writtenFile(path);
  const base = { kind: 'export', file: path } as const;
  if (found === null) {
    await forgetExport(ledgerPath, path);
    return { ...base, state: 'gone', erased: 0, changed: false };
  }
  const changed =
    written !== null &&
    (written.sizeBytes !== found.sizeBytes || written.modifiedAtMs !== found.modifiedAtMs);
  return reported({ ...base, changed }, async () => {
    if (found.sizeBytes === 0) return 0; // NDJSON without a row
    const format = exportFormat(await firstLineOf(path));
    if (format === null) return null;
    const erased = await eraseIn(path, (onErased) => withoutRows(fileBytes(path), format, theirs, onErased));
    if (erased > 0) await rememberExport(ledgerPath, { path, written: await writtenFile(path) });
    return erased;
  });
}

/** @param erase how many were erased; null where the file is no export any more. */
async function reported(
  file: Pick<FileReport, 'kind' | 'file' | 'changed'>,
  erase: () => Promise<number | null>,
): Promise<FileReport> {
  try {
    const erased = await erase();
    return { ...file, state: erased === null ? 'no-export' : 'done', erased: erased ?? 0 };
  } catch {
    return { ...file, state: 'unreadable', erased: 0 };
  }
}

/** Reads it twice, so that a file in which nothing is theirs is not touched. */
async function eraseIn(
  path: string,
  without: (onErased: () => void) => AsyncIterable<Buffer>,
  through: readonly Transform[] = [],
): Promise<number> {
  let erased = 0;
  const count = () => {
    erased += 1;
  };
  for await (const _ of without(count));
  const nothing = () => {};
  if (erased > 0) await replaceFile(path, without(nothing), through);
  return erased;
}

/** Archives that are complete may have been compressed. */
function compressionOf(name: string): readonly Transform[] {
  if (name.endsWith('.gz')) return [createGzip()];
  return name.endsWith('.zst') ? [createZstdCompress()] : [];
}

/** Far more than a row of an export; what stands there instead may have no lines at all. */
const MOST_HEAD_BYTES = 64_000_000;

async function firstLineOf(path: string): Promise<Buffer> {
  for (const quoted of [false, true]) {
    for await (const line of byteLines(fileBytes(path, undefined, MOST_HEAD_BYTES), { quoted })) {
      // Names of CSV columns may hold line ends.
      if (quoted || line.includes('"_state":')) return line;
      break;
    }
  }
  return Buffer.alloc(0);
}
