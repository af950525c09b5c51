import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { LedgerError } from '../errors.ts';

/** Beside src/ and dist/ alike, two levels up from this module. */
const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** As set by the first migration: tells a ledger from anybody else's SQLite file. */
const APPLICATION_ID = 1_651_206_252;

export interface Migration {
  readonly version: number;
  /** File name, e.g. `001-ledger.sql`. */
  readonly name: string;
  readonly sql: string;
}

/** Numbered SQL files in the order of their numbers, which count up from 1 without gaps. */
export function readMigrations(directory: string = MIGRATIONS_DIRECTORY): readonly Migration[] {
  const names = readdirSync(directory)
    .filter((name) => /^\d+-.*\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const version = Number.parseInt(name, 10);
    if (version !== index + 1) throw new Error(`Migration ${name} should have number ${index + 1}.`);
    return { version, name, sql: readFileSync(join(directory, name), 'utf8') };
  });
}

/** The newest migration that the file has had; 0 for an empty one. */
export function schemaVersion(db: Database.Database): number {
  const known = db
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'")
    .get();
  if (known === undefined) return 0;
  return db.prepare('SELECT coalesce(max(version), 0) FROM schema_version').pluck().get() as number;
}

/**
 * Brings the schema up to date. Each migration is one transaction that writes its own version row first: it happens
 * whole or not at all, and of two processes that open a new ledger at once, the later one finds it done.
 *
 * @throws {LedgerError} `LEDGER_NEWER` when a newer version of the program has written the file, `LEDGER_FOREIGN`
 *   when something else has.
 */
export function migrate(
  db: Database.Database,
  path: string,
  nowMs: number,
  migrations = readMigrations(),
): void {
  assertLedger(db, path, migrations);
  if (schemaVersion(db) === migrations.length) return;
  const apply = db.transaction((migration: Migration) => {
    if (schemaVersion(db) >= migration.version) return;
    db.exec(`CREATE TABLE IF NOT EXISTS schema_version (
      version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL
    ) STRICT`);
    db.prepare('INSERT INTO schema_version VALUES (?, ?, ?)').run(migration.version, migration.name, nowMs);
    db.exec(migration.sql);
  });
  // A table that is made anew is dropped first: what refers to it is to stay, and refers to the new one.
  const isEnforcing = db.pragma('foreign_keys', { simple: true });
  db.pragma('foreign_keys = OFF');
  try {
    for (const migration of migrations) apply.immediate(migration);
  } finally {
    db.pragma(`foreign_keys = ${isEnforcing}`);
  }
}

/** For those who only read: the file is a ledger, and neither newer nor older than the program. */
export function assertCurrent(db: Database.Database, path: string, migrations = readMigrations()): void {
  assertLedger(db, path, migrations);
  if (schemaVersion(db) < migrations.length) {
    throw new LedgerError(`The ledger ${path} was written by an older version of backhaul.`, {
      code: 'LEDGER_OLDER',
      fix: 'Run `backhaul run` once: it brings the ledger up to date.',
    });
  }
}

/** A ledger, or an empty file that can become one, and not newer than the program. */
export function assertLedger(
  db: Database.Database,
  path: string,
  migrations: readonly Migration[] = readMigrations(),
): void {
  // At one moment: between two looks another process may make a ledger of an empty file.
  const isForeign = db.transaction(() => {
    const isEmpty = db.prepare('SELECT 1 FROM sqlite_master').get() === undefined;
    return !isEmpty && db.pragma('application_id', { simple: true }) !== APPLICATION_ID;
  });
  if (isForeign()) {
    throw new LedgerError(`${path} is a database of another program.`, {
      code: 'LEDGER_FOREIGN',
      fix: 'Name another file with --ledger or in the configuration (ledger.path).',
    });
  }
  const version = schemaVersion(db);
  if (version > migrations.length) {
    throw new LedgerError(
      `The ledger ${path} has schema ${version}; this version of backhaul knows schemas up to ${migrations.length}.`,
      {
        code: 'LEDGER_NEWER',
        fix: 'Use the newer version of backhaul that wrote it, or name another file with --ledger.',
      },
    );
  }
}
