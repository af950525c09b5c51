import type Database from 'better-sqlite3';

/**
 * SQL that gives the state of a row of `message` as the ledger means it: what is in flight is `sending` (1). In ledgers of before
 * migration 009 the row said so itself.
 */
export function stateSql(db: Database.Database): string {
  const hasView = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'in_flight'").get() !== undefined;
  return hasView
    ? 'CASE WHEN message.id IN (SELECT in_flight.message FROM in_flight) THEN 1 ELSE message.state END'
    : 'message.state';
}
