import type Database from 'better-sqlite3';
import type { LedgerContext } from './context.ts';
import type { MessageId } from './ledger.ts';

/**
 * Finds messages by the API's own identifier. Only evidence asks for that, so no index of the ledger's own pays for it on
 * every settlement: a temporary one is made when it is first needed, and kept up to date by a trigger. It lies in a
 * temporary file of SQLite's: memory stays flat.
 */
export function createMessageUuids({ db, stream }: LedgerContext) {
  let byUuid: Database.Statement<[string], MessageId> | null = null;

  function make(): void {
    db.exec(`
      CREATE TABLE temp.message_of_uuid (
        message_uuid TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (message_uuid, message)
      ) WITHOUT ROWID;
      INSERT INTO temp.message_of_uuid
        SELECT message_uuid, id FROM message WHERE +stream = ${stream} AND message_uuid IS NOT NULL ORDER BY 1, 2;
      CREATE TEMP TRIGGER message_gets_uuid AFTER UPDATE OF message_uuid ON main.message
      WHEN NEW.stream = ${stream} AND NEW.message_uuid IS NOT NULL
      BEGIN
        INSERT OR IGNORE INTO message_of_uuid VALUES (NEW.message_uuid, NEW.id);
      END`);
    byUuid = db
      .prepare<[string], MessageId>('SELECT message FROM temp.message_of_uuid WHERE message_uuid = ?')
      .pluck();
  }

  return {
    /** Must be called before the first {@link find}, outside a transaction. Walks over every message, once. */
    prepare(): void {
      if (byUuid === null) db.transaction(make)();
    },
    /** Usually none or one; the trigger may have left ids whose identifier has changed since. */
    find(messageUuid: string): readonly MessageId[] {
      return byUuid?.all(messageUuid) ?? [];
    },
  };
}
