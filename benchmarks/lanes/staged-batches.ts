/** The batches of a staged ledger, as delivery would make them, for floors that send or settle the same ones. */
import Database from 'better-sqlite3';

const MESSAGES_A_BATCH = 50;

export interface StagedBatch {
  readonly customerUuid: string;
  readonly ids: readonly number[];
  readonly items: readonly string[];
}

interface StagedItem {
  readonly id: number;
  readonly customer: string;
  readonly item: string;
}

export function readBatches(ledger: string): StagedBatch[] {
  const db = new Database(ledger, { readonly: true });
  const rows = db.prepare<[], StagedItem>(`
    SELECT message.id, customer_uuid AS customer, item
    FROM message JOIN payload ON payload.message = message.id JOIN conversation c ON c.id = message.conversation
    ORDER BY message.conversation, sent_at_ms, message.id`);
  const batches: { customerUuid: string; ids: number[]; items: string[] }[] = [];
  for (const { id, customer, item } of rows.iterate()) {
    let batch = batches.at(-1);
    if (batch?.customerUuid !== customer || batch.ids.length === MESSAGES_A_BATCH) {
      batch = { customerUuid: customer, ids: [], items: [] };
      batches.push(batch);
    }
    batch.ids.push(id);
    batch.items.push(item);
  }
  db.close();
  return batches;
}
