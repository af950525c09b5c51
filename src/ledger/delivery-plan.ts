/**
 * The snapshot that a delivery works from: two temporary tables, so that memory stays flat whether one customer has a
 * million messages or a million customers have one each. They hold row ids only, no words.
 */
import { type LedgerContext, STATE } from './context.ts';
import { sortInLittleRoom, takeLittleCache, takeLittleTemporaryCache } from './database-file.ts';
import type { DeliveryOptions, DeliveryPlan, Ledger, RunId } from './ledger.ts';
import { createConversationReader, type PlanTables } from './planned-conversations.ts';

export function createDelivery(context: LedgerContext): Pick<Ledger, 'planDelivery'> {
  let plans = 0;
  return {
    async planDelivery(options) {
      plans += 1;
      return createPlan(context, options, plans);
    },
  };
}

function createPlan(context: LedgerContext, options: DeliveryOptions, number: number): DeliveryPlan {
  const { db } = context;
  const tables: PlanTables = {
    messages: `temp.planned_message_${number}`,
    conversations: `temp.planned_conversation_${number}`,
  };
  const giveCacheBack = takeLittleCache(db);
  const messageCount = sortInLittleRoom(db, () => takeSnapshot(context, options, tables));
  const conversationCount = db
    .prepare(`SELECT count(*) FROM ${tables.conversations}`)
    .pluck()
    .get() as number;
  const conversations = createConversationReader(db, tables);

  return {
    messageCount,
    conversationCount,
    nextConversation: async () => conversations.next(),
    async countCustomers() {
      return db
        .prepare(`
          SELECT count(DISTINCT customer_uuid) FROM ${tables.conversations} p
          JOIN conversation ON conversation.id = p.conversation`)
        .pluck()
        .get() as number;
    },
    close() {
      conversations.close();
      db.exec(`DROP TABLE IF EXISTS ${tables.messages}; DROP TABLE IF EXISTS ${tables.conversations}`);
      giveCacheBack();
    },
  };
}

/** There are words to send, and nobody is sending them. */
const IS_FREE = 'has_payload = 1 AND id NOT IN (SELECT message FROM in_flight)';

/** @returns the number of messages planned. */
function takeSnapshot(
  { db, stream }: LedgerContext,
  { limit, queuedBy, resendUnknown, maxAutomaticResends }: DeliveryOptions,
  tables: PlanTables,
): number {
  const due = `
    SELECT id, conversation, sent_at_ms FROM message
    WHERE stream = ${stream} AND state = ${STATE.pending} AND ${IS_FREE}
      AND (@queuedBy IS NULL OR queued_by = @queuedBy)
    UNION ALL
    SELECT id, conversation, sent_at_ms FROM message
    WHERE stream = ${stream} AND state = ${STATE.unknown} AND ${IS_FREE}
      AND CASE WHEN @queuedBy IS NOT NULL THEN queued_by = @queuedBy
        ELSE queued_by IS NOT NULL OR (@resendUnknown AND resends < @maxAutomaticResends) END`;
  const snapshot = db.transaction((parameters: Record<string, number | RunId | null>) => {
    db.exec(`
      CREATE TABLE ${tables.messages} (
        place INTEGER PRIMARY KEY, message INTEGER NOT NULL, conversation INTEGER NOT NULL);
      CREATE TABLE ${tables.conversations} (
        place INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, first INTEGER NOT NULL, messages INTEGER NOT NULL);`);
    takeLittleTemporaryCache(db);
    const { changes } = db
      .prepare(`
        INSERT INTO ${tables.messages} (message, conversation)
        SELECT id, conversation FROM (${due}) ORDER BY conversation, sent_at_ms, id LIMIT @limit`)
      .run(parameters);
    // The longest first: only one request of a customer is in flight, so a long one begun last would be waited for.
    db.exec(`
      INSERT INTO ${tables.conversations} (conversation, first, messages)
      SELECT conversation, min(place), count(*) FROM ${tables.messages}
      GROUP BY conversation ORDER BY count(*) DESC, min(place)`);
    return changes;
  });
  return snapshot({
    limit: limit ?? -1,
    queuedBy,
    resendUnknown: resendUnknown ? 1 : 0,
    maxAutomaticResends,
  });
}
