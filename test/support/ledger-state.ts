import type Database from 'better-sqlite3';

/** Before migration 009 the messages' own rows said what was being sent. */
export function hasInFlight(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'in_flight'").get() !== undefined;
}

/**
 * SQL that gives the state of a row of `message` as the ledger means it: what is in flight is `sending` (1).
 */
export function stateSql(db: Database.Database): string {
  return hasInFlight(db)
    ? 'CASE WHEN message.id IN (SELECT in_flight.message FROM in_flight) THEN 1 ELSE message.state END'
    : 'message.state';
}
