import { type Clock, systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { createAttempts } from './attempts.ts';
import type { KeepPayloads, LedgerContext } from './context.ts';
import { type LedgerMode, openDatabaseFile } from './database-file.ts';
import { createDelivery } from './delivery-plan.ts';
import { createEvidence } from './evidence.ts';
import { createExport } from './export-rows.ts';
import { createGroupCommit } from './group-commit.ts';
import { withHashes } from './hashed-record.ts';
import { enterIdentities } from './identities.ts';
import { type Ledger, MESSAGE_STATES } from './ledger.ts';
import { assertCurrent, migrate } from './migrate.ts';
import { createOccurrenceCounter } from './occurrence-counter.ts';
import { createOverview } from './overview.ts';
import { packEnd } from './packed-settlements.ts';
import { watchPresence } from './presence.ts';
import { createRejects } from './rejects.ts';
import { createRuns } from './runs.ts';
import { asLedgerError, withLedgerErrors } from './sqlite-errors.ts';
import { createStaging } from './staging.ts';
import { createThreadedWriting, type WorthAThread, type Writing } from './threaded-writing.ts';
import { createVerdicts } from './verdicts.ts';
import { createWritingLoad } from './writing-load.ts';

export interface OpenLedgerOptions {
  readonly path: string;
  readonly stream: string;
  readonly destinationType: string;
  readonly baseUrl: string;
  /** Default: `until-accepted`. */
  readonly keepPayloads?: KeepPayloads | undefined;
  readonly clock?: Clock;
  /** Default: `create`. */
  readonly mode?: LedgerMode;
  /** See `threaded-writing.ts`; for tests. */
  readonly threadAfter?: WorthAThread | 'at once';
}

/**
 * Opens one stream of a SQLite ledger. The schema is brought up to date, unless the ledger is only read.
 *
 * The caller holds the stream's lock (see `lock.ts`) while it writes; several streams may be written at once.
 *
 * @throws {UsageError} `LEDGER_MISSING`; `STREAM_BOUND` when the stream belongs to another destination or base URL.
 * @throws {LedgerError} when the file is damaged, another program's, newer, or cannot be used.
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const { path, mode = 'create', keepPayloads = 'until-accepted', clock = systemClock } = options;
  const db = openDatabaseFile(path, mode);
  try {
    return withLedgerErrors(path, () => {
      if (mode === 'read-only') assertCurrent(db, path);
      else migrate(db, path, clock.nowMs());
      const bind = db.transaction(() => {
        const stream = bindStream(db, options, clock.nowMs());
        // A crash may have come before those of the last messages were entered.
        if (mode !== 'read-only') enterIdentities(db, stream);
        return stream;
      });
      const stream = mode === 'read-only' ? bind() : bind.immediate();
      const assertPresent = mode === 'read-only' ? () => {} : watchPresence(path);
      const context = { db, path, stream, keepPayloads };
      return createSqliteLedger(context, assertPresent, options.threadAfter);
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

function createSqliteLedger(
  context: LedgerContext,
  assertPresent: () => void,
  threadAfter?: OpenLedgerOptions['threadAfter'],
): Ledger {
  const { db, path } = context;
  const load = createWritingLoad();
  const commits = createGroupCommit(db, path, load.spend);
  const rejects = createRejects(context);
  const stage = createStaging(context, rejects);
  const attempts = createAttempts(context, commits);
  const onTheSpot = {
    stage: async (input, records, onConflict) =>
      load.spend(() => stage(input, records.map(withHashes), onConflict, records.length)),
    claim: attempts.claim,
    settle: (end) => attempts.settle(packEnd(end)),
    finish() {
      commits.flush();
      commits.assertWorking();
    },
  } satisfies Writing & { finish(): void };
  const { rest, restFromStaging, commit, ...writing } = createThreadedWriting(
    context,
    onTheSpot,
    load,
    threadAfter,
  );
  const looking = createExport(context);
  const ledger: Ledger = {
    ...createRuns(context),
    ...writing,
    occurrences: createOccurrenceCounter,
    ...createDelivery(context),
    ...createEvidence(context),
    ...createVerdicts(context, rejects),
    ...createOverview(context),
    async *export(state) {
      await restFromStaging();
      yield* looking.export(state);
    },
    async close() {
      if (!db.open) return;
      await rest();
      commits.flush();
      db.close();
    },
  };
  return withToldErrors(path, ledger, (method) => {
    if (method !== 'close') assertPresent();
    if (STAGING.includes(method)) return commit();
    return Object.hasOwn(writing, method) ? null : restFromStaging();
  });
}

/** A stream's messages mean something to one destination only: what one has accepted, another has never seen. */
function bindStream(
  db: LedgerContext['db'],
  { stream, destinationType, baseUrl, mode }: OpenLedgerOptions,
  nowMs: number,
): number {
  const known = db
    .prepare<[string], { id: number; destination_type: string; base_url: string }>(
      'SELECT id, destination_type, base_url FROM stream WHERE name = ?',
    )
    .get(stream);
  if (known === undefined)
    return mode === 'read-only' ? 0 : addStream(db, { stream, destinationType, baseUrl }, nowMs);
  if (known.destination_type !== destinationType || known.base_url !== baseUrl) {
    throw new UsageError(
      `Stream ${stream} of this ledger belongs to ${known.destination_type} at ${known.base_url}, ` +
        `not to ${destinationType} at ${baseUrl}.`,
      {
        code: 'STREAM_BOUND',
        fix: 'Set destination.type and destination.baseUrl back, or choose a new stream name or another ledger.',
      },
    );
  }
  return known.id;
}

function addStream(
  db: LedgerContext['db'],
  { stream, destinationType, baseUrl }: Pick<OpenLedgerOptions, 'stream' | 'destinationType' | 'baseUrl'>,
  nowMs: number,
): number {
  const { lastInsertRowid } = db
    .prepare('INSERT INTO stream (name, destination_type, base_url, created_at_ms) VALUES (?, ?, ?, ?)')
    .run(stream, destinationType, baseUrl, nowMs);
  const id = Number(lastInsertRowid);
  const addTally = db.prepare('INSERT INTO message_tally (stream, state) VALUES (?, ?)');
  for (const state of MESSAGE_STATES.keys()) addTally.run(id, state);
  return id;
}

/** Methods that give something at once; what they give fails in its own time. */
const SYNCHRONOUS: readonly string[] = ['export', 'occurrences'] satisfies (keyof Ledger)[];

/** Methods between which staging goes on. */
const STAGING: readonly string[] = ['hasCompleteInput', 'beginInput', 'endInput'] satisfies (keyof Ledger)[];

/**
 * Every method, with SQLite's failures told in the program's words.
 * @param before done before each; null: nothing is to be waited for, and the call begins at once, before any that follows it
 */
function withToldErrors(
  path: string,
  ledger: Ledger,
  before: (method: string) => Promise<void> | null,
): Ledger {
  const tell = (error: unknown) => {
    throw asLedgerError(error, path);
  };
  const told = Object.entries(ledger).map(([name, method]) => {
    if (SYNCHRONOUS.includes(name)) return [name, method];
    // Over once it has called: what it was given is not kept while the answer is waited for (see `threaded-writing.ts`).
    const call = async (args: unknown[]) => {
      const ready = before(name);
      if (ready !== null) await ready;
      return (method as (...args: unknown[]) => Promise<unknown>)(...args);
    };
    return [name, (...args: unknown[]) => call(args).catch(tell)];
  });
  return Object.fromEntries(told) as Ledger;
}
