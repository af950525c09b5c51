/**
 * Rescues into a new ledger what a damaged one still holds. The damaged file is only read, byte by byte and never through
 * SQLite, which would change it (see docs/adr/0014).
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { LedgerError, UsageError } from '../../errors.ts';
import { STATE } from '../context.ts';
import { cannotCreate, openDatabaseFile } from '../database-file.ts';
import { enterAllIdentities } from '../identities.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { withLedgerErrors } from '../sqlite-errors.ts';
import { openLedgerBytes } from './ledger-bytes.ts';
import { type Reconciliation, reconcile, type StreamBinding } from './reconcile.ts';
import { RECOVER_COMMAND, type Rescue } from './rescue-run.ts';
import { type Salvage, salvage } from './salvage.ts';
import { isRescued, tableShapes } from './tables.ts';

export interface RecoverOptions {
  readonly path: string;
  /** Must not exist. */
  readonly targetPath: string;
  readonly binding: StreamBinding;
  readonly nowMs: number;
}

/**
 * The new ledger appears under its name when it is whole and on the disk, or not at all.
 *
 * @throws {UsageError} `LEDGER_MISSING`, `LEDGER_EXISTS`.
 * @throws {LockedError} `LEDGER_BUSY` when the ledger was written in the meantime.
 * @throws {LedgerError} `LEDGER_UNRECOVERABLE`, `LEDGER_NEWER`, and what writing a ledger can meet.
 */
export async function recoverLedger(options: RecoverOptions): Promise<Rescue> {
  const { path, targetPath } = options;
  if (existsSync(targetPath)) throw targetExists(targetPath);
  const source = openLedgerBytes(path);
  // Always of the same name, so that the next rescue clears away what a killed one has left.
  const draftPath = join(dirname(targetPath), `.${basename(targetPath)}.tmp`);
  const remove = () => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draftPath + suffix, { force: true });
  };
  process.once('exit', remove);
  try {
    remove();
    const db = openDatabaseFile(draftPath, 'create');
    let rescue: Rescue;
    try {
      rescue = withLedgerErrors(targetPath, () => fill(db, source, options));
    } finally {
      db.close();
    }
    source.assertUnchanged();
    appear(draftPath, targetPath);
    return rescue;
  } finally {
    source.close();
    process.off('exit', remove);
    remove();
  }
}

function fill(
  db: Database.Database,
  source: ReturnType<typeof openLedgerBytes>,
  { path, binding, nowMs }: RecoverOptions,
): Rescue {
  migrate(db, path, nowMs);
  // Nobody else sees the draft, and a half-written one is thrown away.
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('foreign_keys = OFF');
  db.exec('BEGIN');
  // Of two messages with one identity, one is wrong. Those of the draft are entered once it is whole.
  db.exec('CREATE UNIQUE INDEX salvaged_identity ON message (stream, source_uuid)');
  const found = salvage(source, db);
  if (found.schemaVersion > readMigrations().length) throw newer(path);
  const raise = db.prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?');
  for (const [table, last] of found.sequences) raise.run(last, table);
  const salvaged = countRows(db);
  const sendingCounts = countsOf(STATE.sending, found.tally);
  const reconciled = reconcile(db, { isStale: source.isLogDamaged, sendingCounts, binding, nowMs });
  db.exec('DROP INDEX salvaged_identity; UPDATE stream SET identified_up_to = 0');
  enterAllIdentities(db);
  const rescue = describe(db, salvaged, found, reconciled, source.isLogDamaged);
  // Without a message, what is left remembers nothing that matters.
  const isEmpty = rescue.tables.every(({ rescued }) => rescued === 0);
  if (isEmpty || (!rescue.complete && rescue.messages.rescued === 0)) throw unrecoverable(path);
  // What was lost is read again, as far as the exports are still there.
  if (!rescue.complete) db.exec('UPDATE input SET fingerprint = NULL');
  db.prepare(
    `UPDATE run SET status = ?, summary = ? WHERE command = '${RECOVER_COMMAND}' AND started_at_ms = ?`,
  ).run(...[rescue.complete ? 'complete' : 'incomplete', JSON.stringify(rescue), nowMs]);
  db.exec('COMMIT');
  return rescue;
}

function countRows(db: Database.Database): ReadonlyMap<string, number> {
  const rows = tableShapes(db)
    .filter(isRescued)
    .map(({ name }) => [name, db.prepare(`SELECT count(*) FROM ${name}`).pluck().get() as number] as const);
  return new Map(rows);
}

/** By stream. */
function countsOf(state: number, tally: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const counts = [...tally].map(([key, messages]) => ({ key: key.split('/').map(Number), messages }));
  return new Map(
    counts.flatMap(({ key: [stream, counted], messages }) =>
      counted === state ? [[stream as number, messages] as const] : [],
    ),
  );
}

function describe(
  db: Database.Database,
  salvaged: ReadonlyMap<string, number>,
  { brokenRows, lostPages, tally, schemaVersion }: Salvage,
  reconciled: Reconciliation,
  logDamaged: boolean,
): Rescue {
  const { dropped, identityOnly, payloadsDropped, payloadsLost } = reconciled;
  const messages = db.prepare('SELECT count(*) FROM message').pluck().get() as number;
  const lostAtMost = logDamaged ? null : messagesLost(db, tally, reconciled.disputed);
  const tables = [...salvaged].map(([table, rows]) => ({
    table,
    rescued: rows - (dropped.get(table) ?? 0) - (table === 'payload' ? payloadsDropped : 0),
    lost:
      table === 'payload'
        ? payloadsLost
        : table === 'message'
          ? (lostAtMost ?? brokenRows.get(table) ?? 0) + identityOnly
          : (brokenRows.get(table) ?? 0) + (dropped.get(table) ?? 0),
    lostPages: lostPages.get(table) ?? 0,
  }));
  const complete =
    !logDamaged &&
    schemaVersion > 0 &&
    lostAtMost === 0 &&
    tables.every(({ lost, lostPages }) => lost === 0 && lostPages === 0) &&
    [reconciled.unknown, reconciled.standIns, payloadsDropped, reconciled.assumedStreams.length].every(
      (count) => count === 0,
    );
  return {
    complete,
    tables,
    messages: {
      ...{ rescued: messages, madeUnknown: reconciled.unknown, identityOnly, payloadsLost, lostAtMost },
    },
    logDamaged,
    assumedStreams: reconciled.assumedStreams,
  };
}

/** By the ledger's own count; null when that is lost too, or cannot be right. */
function messagesLost(
  db: Database.Database,
  tally: ReadonlyMap<string, number>,
  disputed: number,
): number | null {
  const present = db
    .prepare<[], { stream: number; messages: number }>(
      'SELECT stream.id AS stream, (SELECT count(*) FROM message WHERE message.stream = stream.id) AS messages FROM stream',
    )
    .all();
  let lost = disputed;
  for (const { stream, messages } of present) {
    const counted = [...Array(7).keys()].map((state) => tally.get(`${stream}/${state}`));
    if (counted.some((count) => count === undefined || count < 0)) return null;
    const missing = counted.reduce<number>((sum, count) => sum + (count ?? 0), 0) - messages;
    lost += missing;
  }
  return lost < 0 ? null : lost;
}

/** Under its name at once, and never in place of another file. */
function appear(draftPath: string, targetPath: string): void {
  sync(draftPath);
  try {
    linkSync(draftPath, targetPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw targetExists(targetPath);
    throw cannotCreate(targetPath, error);
  }
  sync(dirname(targetPath));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function targetExists(path: string): UsageError {
  return new UsageError(`${path} exists already, and nothing is overwritten.`, {
    code: 'LEDGER_EXISTS',
    fix: 'Move it away, or name another file with --output.',
  });
}

function newer(path: string): LedgerError {
  return new LedgerError(`The ledger ${path} was written by a newer version of backhaul.`, {
    code: 'LEDGER_NEWER',
    fix: 'Rescue it with the version of backhaul that wrote it.',
  });
}

function unrecoverable(path: string): LedgerError {
  return new LedgerError(`Nothing of a ledger can be read from ${path}.`, {
    code: 'LEDGER_UNRECOVERABLE',
    fix: 'Restore the ledger from a backup. A new ledger knows nothing of what was sent: a run would send all of it again.',
  });
}
