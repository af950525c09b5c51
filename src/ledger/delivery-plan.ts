/**
 * The snapshot that a delivery works from: two temporary tables, so that memory stays flat whether one customer has a
 * million messages or a million customers have one each. They hold row ids only, no words.
 */
import type Database from 'better-sqlite3';
import { type LedgerContext, STATE } from './context.ts';
import { takeLittleCache } from './database-file.ts';
import type {
  Conversation,
  DeliveryOptions,
  DeliveryPlan,
  Ledger,
  MessageId,
  OutgoingMessage,
  RunId,
} from './ledger.ts';

interface PlannedConversation {
  readonly place: number;
  /** Places of its first message in the plan, and how many there are. */
  readonly first: number;
  readonly messages: number;
  readonly department_uuid: string;
  readonly customer_uuid: string;
}

interface PlannedMessage {
  readonly place: number;
  readonly id: MessageId;
  readonly source_uuid: string;
  readonly ambiguous: number;
  readonly item: string;
  readonly item_bytes: number;
}

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
  const tables = {
    messages: `temp.planned_message_${number}`,
    conversations: `temp.planned_conversation_${number}`,
  };
  // Sorting takes as much memory again as the cache may have.
  const giveCacheBack = takeLittleCache(db);
  const messageCount = takeSnapshot(context, options, tables);
  const conversationCount = db
    .prepare(`SELECT count(*) FROM ${tables.conversations}`)
    .pluck()
    .get() as number;

  const nextConversation = db.prepare<[number], PlannedConversation>(`
    SELECT p.place, p.first, p.messages, department.uuid AS department_uuid, conversation.customer_uuid
    FROM ${tables.conversations} p
    JOIN conversation ON conversation.id = p.conversation JOIN department ON department.id = conversation.department
    WHERE p.place > ? ORDER BY p.place LIMIT 1`);
  // A message that somebody decided about since the snapshot was taken is not handed out.
  const nextMessages = db.prepare<[number, number], PlannedMessage>(`
    SELECT p.place, m.id, m.source_uuid, m.ambiguous, payload.item, octet_length(payload.item) AS item_bytes
    FROM ${tables.messages} p JOIN message m ON m.id = p.message JOIN payload ON payload.message = m.id
    WHERE p.place > ? AND p.place <= ? AND m.state IN (${STATE.pending}, ${STATE.unknown})
    ORDER BY p.place`);

  let lastPlace = 0;
  return {
    messageCount,
    conversationCount,
    async nextConversation() {
      const planned = nextConversation.get(lastPlace);
      if (planned === undefined) return null;
      lastPlace = planned.place;
      return createConversation(planned, nextMessages);
    },
    async countCustomers() {
      return db
        .prepare(`
          SELECT count(DISTINCT customer_uuid) FROM ${tables.conversations} p
          JOIN conversation ON conversation.id = p.conversation`)
        .pluck()
        .get() as number;
    },
    close() {
      db.exec(`DROP TABLE IF EXISTS ${tables.messages}; DROP TABLE IF EXISTS ${tables.conversations}`);
      giveCacheBack();
    },
  };
}

/** @returns the number of messages planned. */
function takeSnapshot(
  { db, stream }: LedgerContext,
  { limit, queuedBy, resendUnknown, maxAutomaticResends }: DeliveryOptions,
  tables: { messages: string; conversations: string },
): number {
  const due = `
    SELECT id, conversation, sent_at_ms FROM message
    WHERE stream = ${stream} AND state = ${STATE.pending} AND has_payload = 1
      AND (@queuedBy IS NULL OR queued_by = @queuedBy)
    UNION ALL
    SELECT id, conversation, sent_at_ms FROM message
    WHERE stream = ${stream} AND state = ${STATE.unknown} AND has_payload = 1
      AND CASE WHEN @queuedBy IS NOT NULL THEN queued_by = @queuedBy
        ELSE queued_by IS NOT NULL OR (@resendUnknown AND resends < @maxAutomaticResends) END`;
  const snapshot = db.transaction((parameters: Record<string, number | RunId | null>) => {
    db.exec(`
      CREATE TABLE ${tables.messages} (
        place INTEGER PRIMARY KEY, message INTEGER NOT NULL, conversation INTEGER NOT NULL);
      CREATE TABLE ${tables.conversations} (
        place INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, first INTEGER NOT NULL, messages INTEGER NOT NULL);`);
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

function createConversation(
  { first, messages, department_uuid, customer_uuid }: PlannedConversation,
  nextMessages: Database.Statement<[number, number], PlannedMessage>,
): Conversation {
  const lastPlace = first + messages - 1;
  let taken = first - 1;
  return {
    departmentUuid: department_uuid,
    customerUuid: customer_uuid,
    messageCount: messages,
    async next(maxMessages, maxBytes, overheadBytes) {
      const batch: OutgoingMessage[] = [];
      let bytes = 0;
      // Read row by row: the first message that does not fit ends it, and is read again for the next batch.
      for (const planned of nextMessages.iterate(taken, lastPlace)) {
        bytes += planned.item_bytes + overheadBytes;
        if (batch.length > 0 && (batch.length >= maxMessages || bytes > maxBytes)) break;
        batch.push(toOutgoing(planned));
        taken = planned.place;
      }
      return batch;
    },
  };
}

function toOutgoing({ id, source_uuid, item, item_bytes, ambiguous }: PlannedMessage): OutgoingMessage {
  return { id, sourceUuid: source_uuid, itemJson: item, itemBytes: item_bytes, ambiguous: ambiguous === 1 };
}
