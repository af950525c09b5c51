/**
 * Erases people: from the archives of the receiver, from what `export` wrote, from the ledger; and then looks whether they are
 * still to be found in any of it.
 *
 * The ledger comes last: it knows by what else they are named in the files. Killed at any moment, it can be run again.
 */
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { createIdentifierSearch } from '../identifier-search.ts';
import { type ErasedCounts, eraseFromLedger, findTraces, streamsOf } from '../ledger/erasure.ts';
import { acquireStreamLock, type StreamLock } from '../ledger/lock.ts';
import { rememberedExports } from '../ledger/remembered-exports.ts';
import { removeLeftovers } from '../replace-file.ts';
import { plural } from '../reporting/counts.ts';
import { type PurgeReport, purgeText, type SearchedFile } from '../reporting/purge-text.ts';
import { fileBytes } from '../sources/stored-bytes.ts';
import type { CommandContext } from './command.ts';
import { defineCommand } from './command.ts';
import { askForYes, isAtTerminal } from './confirmation.ts';
import {
  type ArchiveDirectory,
  archiveContent,
  eraseFromArchive,
  eraseFromExport,
  type FileReport,
  openArchives,
  type Person,
} from './erase-files.ts';
import { list, onOff } from './flags.ts';
import { writeResult } from './output.ts';
import { loadSetting, type Setting } from './setting.ts';

export const ledgerPurge = defineCommand({
  flags: {
    customer: list({ describe: 'Erase this customerUuid; repeatable' }),
    yes: onOff({ describe: 'Erase without asking first' }),
  },

  async run(flags, context) {
    const customerUuids = [...new Set(flags.customer.map((customer) => customer.trim()))];
    if (customerUuids.length === 0 || customerUuids.includes('')) {
      throw new UsageError('ledger purge needs --customer', {
        code: 'BAD_FLAG',
        fix: 'Name whom to erase with --customer ID, a customerUuid; repeatable.',
      });
    }
    const setting = await loadSetting(flags, context);
    const streams = await streamsOf(setting.ledgerPath);
    if (!flags.yes && !isAtTerminal(context)) throw notConfirmed();

    const report = await asOnlyWriterOf([...streams, setting.config.stream], setting, async (archives) => {
      const person = await whoTheyAre(customerUuids, setting);
      if (!flags.yes && !(await approve(person, context))) return null;
      return purge(person, archives, setting);
    });
    if (report === null) {
      context.stderr.write('Nothing was erased.\n');
      return EXIT.stopped;
    }
    writeResult(context.stdout, flags, report, () => purgeText(report));
    return report.ok ? EXIT.done : EXIT.incomplete;
  },
});

/** People are in every stream of the ledger, and `listen` must not write meanwhile. */
async function asOnlyWriterOf<T>(
  streams: readonly string[],
  setting: Setting,
  work: (archives: ArchiveDirectory) => Promise<T>,
): Promise<T> {
  const locks: StreamLock[] = [];
  try {
    for (const stream of new Set(streams)) locks.push(await acquireStreamLock(setting.ledgerPath, stream));
    const archives = await openArchives(setting);
    try {
      return await work(archives);
    } finally {
      archives.release();
    }
  } finally {
    for (const lock of locks) await lock.release();
  }
}

async function whoTheyAre(customerUuids: readonly string[], { ledgerPath }: Setting): Promise<Person> {
  const traces = await findTraces(ledgerPath, customerUuids);
  const names = createIdentifierSearch(customerUuids);
  const search = createIdentifierSearch([...customerUuids, ...traces.sourceUuids, ...traces.messageUuids]);
  return { customerUuids, traces, names, search };
}

function approve({ customerUuids, traces: { counts } }: Person, context: CommandContext): Promise<boolean> {
  context.stderr.write(
    `${plural(customerUuids.length, 'customer')} would be erased for good: ` +
      `${plural(counts.messages, 'message')}, ${plural(counts.rejects, 'reject')}, ` +
      `${plural(counts.conflicts, 'conflict')} of the ledger, and what archives and exported files hold of them.\n`,
  );
  return askForYes('Type yes to erase them: ', context);
}

function notConfirmed(): UsageError {
  return new UsageError(
    'what is erased does not come back, and there is no terminal at which to ask for a yes',
    {
      code: 'NOT_CONFIRMED',
      fix: 'Run it at a terminal, or give --yes.',
    },
  );
}

async function purge(person: Person, archives: ArchiveDirectory, setting: Setting): Promise<PurgeReport> {
  const { ledgerPath } = setting;
  const files: FileReport[] = [];
  for (const archive of archives.files) files.push(await eraseFromArchive(archive, person, setting));
  for (const file of await rememberedExports(ledgerPath)) {
    files.push(await eraseFromExport(file, person, setting));
  }
  const erased = await eraseFromLedger(ledgerPath, person.customerUuids);
  // An export that has begun meanwhile may hold what was erased: it fails, and can be repeated.
  for (const { path, written } of await rememberedExports(ledgerPath)) {
    if (written === null) await removeLeftovers(path);
  }
  const searched = await searchAll(person, archives, setting);
  return reportOf(person, erased, files, searched);
}

/** Every byte of what may hold something of them. */
async function searchAll(
  { search }: Person,
  archives: ArchiveDirectory,
  { ledgerPath }: Setting,
): Promise<readonly SearchedFile[]> {
  const exported = (await rememberedExports(ledgerPath)).map(({ path }) => path);
  const stored = [...(await ledgerFiles(ledgerPath)), ...exported];
  const places = [
    ...stored.map((path) => ({ name: path, open: () => fileBytes(path) })),
    ...archives.files.map((file) => ({ name: file.name, open: () => archiveContent(file) })),
  ];
  const searched: SearchedFile[] = [];
  for (const { name, open } of places) {
    let bytes = 0;
    const found = await search
      .countIn(
        counted(open(), (count) => {
          bytes += count;
        }),
      )
      .catch(() => null);
    searched.push({ file: name, bytes, found });
  }
  return searched;
}

async function* counted(
  chunks: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** The ledger, its write-ahead log and index where others have it open, and its locks. */
async function ledgerFiles(ledgerPath: string): Promise<readonly string[]> {
  const path = await realpath(ledgerPath);
  const isLedgers = (rest: string) => rest === '' || /^-(?:wal|shm|journal|lock-.*)$/.test(rest);
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(basename(path)) && isLedgers(name.slice(basename(path).length)))
    .sort()
    .map((name) => join(dirname(path), name));
}

function reportOf(
  { customerUuids, search }: Person,
  ledger: ErasedCounts,
  files: readonly FileReport[],
  searched: readonly SearchedFile[],
): PurgeReport {
  const sum = (kind: FileReport['kind']) =>
    files.filter((file) => file.kind === kind).reduce((count, { erased }) => count + erased, 0);
  const erased = { ...ledger, deliveries: sum('archive'), exportedRows: sum('export') };
  const isUnread =
    files.some(({ state }) => state === 'unreadable') || searched.some(({ found }) => found === null);
  return {
    customers: customerUuids.length,
    erased,
    files,
    searched: {
      files: searched.length,
      bytes: searched.reduce((total, { bytes }) => total + bytes, 0),
      identifiers: search.searched,
      tooShort: search.tooShort,
    },
    left: searched.filter(({ found }) => found !== 0),
    ok: !isUnread && searched.every(({ found }) => found === 0),
  };
}
