/**
 * Reads the conversations of a plan, several at one moment, and mostly at one when nobody waits for them: between an answer and the
 * next request every millisecond counts.
 */
import type Database from 'better-sqlite3';
import type { Conversation } from './ledger.ts';
import { createMessageReader, type PlannedMessages } from './planned-messages.ts';

/** Names of a plan's two tables. */
export interface PlanTables {
  readonly messages: string;
  readonly conversations: string;
}

export interface PlannedConversations {
  /** Null after the last one. */
  next(): Conversation | null;
  close(): void;
}

interface ConversationRow {
  readonly place: number;
  /** Places of its first message in the plan, and how many there are. */
  readonly first: number;
  readonly messages: number;
  readonly department_uuid: string;
  readonly customer_uuid: string;
}

/** Conversations that are read at one moment. */
const AT_A_TIME = 8;
/** With so many at hand, the next ones are read as soon as nobody waits. */
const FEW = 4;
/** By then the request for which the last one was taken has left. */
const REST_MS = 2;

export function createConversationReader(
  db: Database.Database,
  { messages, conversations }: PlanTables,
): PlannedConversations {
  const nextRows = db.prepare<[number], ConversationRow>(`
    SELECT p.place, p.first, p.messages, department.uuid AS department_uuid, conversation.customer_uuid
    FROM ${conversations} p
    JOIN conversation ON conversation.id = p.conversation JOIN department ON department.id = conversation.department
    WHERE p.place > ? ORDER BY p.place LIMIT ${AT_A_TIME}`);
  const readMessages = createMessageReader(db, messages);

  const atHand: Conversation[] = [];
  let lastPlace = 0;
  let isReadToTheEnd = false;
  let resting: NodeJS.Timeout | null = null;

  function readMore(): void {
    const rows = nextRows.all(lastPlace);
    const readers = readMessages(rows.map(({ first, messages }) => ({ first, last: first + messages - 1 })));
    lastPlace = rows.at(-1)?.place ?? lastPlace;
    isReadToTheEnd = rows.length < AT_A_TIME;
    for (const [index, { department_uuid, customer_uuid, messages }] of rows.entries()) {
      const reader = readers[index] as PlannedMessages;
      atHand.push({
        departmentUuid: department_uuid,
        customerUuid: customer_uuid,
        messageCount: messages,
        next: async (...bounds) => reader.next(...bounds),
        skip: async (...bounds) => reader.skip(...bounds),
      });
    }
  }

  function readMoreAfterRest(): void {
    if (resting !== null || isReadToTheEnd || atHand.length > FEW) return;
    resting = setTimeout(() => {
      resting = null;
      try {
        if (atHand.length <= FEW) readMore();
      } catch {
        // It is read again, and told, when somebody asks for the next one.
      }
    }, REST_MS);
  }

  return {
    next() {
      if (atHand.length === 0 && !isReadToTheEnd) readMore();
      const next = atHand.shift() ?? null;
      readMoreAfterRest();
      return next;
    },
    close() {
      clearTimeout(resting ?? undefined);
    },
  };
}
