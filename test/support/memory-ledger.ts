/**
 * The delivery part of a ledger, in memory and strict: it throws where a caller breaks the rules of the seam. Tests of
 * delivery look into it; everything else uses the real one.
 */
import type {
  AttemptEnd,
  AttemptStart,
  Conversation,
  Ledger,
  MessageCounts,
  OutgoingMessage,
  Settlement,
} from '../../src/ledger/ledger.ts';
import { outgoing } from './outgoing-messages.ts';

export interface StoredMessage {
  readonly message: OutgoingMessage;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  state: 'pending' | 'sending' | 'accepted' | 'failed' | 'unknown';
  ambiguous: boolean;
  code: string | null;
}

export interface MemoryLedger extends Ledger {
  readonly messages: readonly StoredMessage[];
  readonly attempts: readonly (AttemptStart & { end: AttemptEnd | null })[];
  statesOf(customerUuid: string): string[];
}

/** Customers with so many messages each, numbered through; `c3` of department `d1` has messages `u-<id>`. */
export function memoryLedger(
  customers: readonly {
    readonly customer: string;
    readonly department?: string;
    readonly messages: number;
  }[],
  makeMessage: (id: number) => OutgoingMessage = outgoing,
): MemoryLedger {
  const messages: StoredMessage[] = [];
  for (const { customer, department = 'd1', messages: count } of customers) {
    for (let i = 0; i < count; i++) {
      const message = makeMessage(messages.length);
      const state = message.ambiguous ? 'unknown' : 'pending';
      const place = { departmentUuid: department, customerUuid: customer };
      messages.push({ message, ...place, state, ambiguous: message.ambiguous, code: null });
    }
  }
  const attempts: (AttemptStart & { end: AttemptEnd | null })[] = [];

  const conversationOf = (due: readonly StoredMessage[]): Conversation => {
    let drawn = 0;
    const [{ departmentUuid, customerUuid }] = due as [StoredMessage];
    return {
      departmentUuid,
      customerUuid,
      messageCount: due.length,
      async next(maxMessages, maxBytes, overheadBytes) {
        const batch: OutgoingMessage[] = [];
        let bytes = 0;
        while (drawn < due.length && batch.length < maxMessages) {
          const { message, ambiguous } = due[drawn] as StoredMessage;
          bytes += message.item.length + overheadBytes;
          if (batch.length > 0 && bytes > maxBytes) break;
          batch.push({ ...message, ambiguous });
          drawn++;
        }
        return batch;
      },
      async skip(...bounds) {
        return (await this.next(...bounds)).length;
      },
    };
  };

  const apply = (settlement: Settlement) => {
    const stored = messages[settlement.id] as StoredMessage;
    if (stored.state !== 'sending') throw new Error(`settled while ${stored.state}`);
    if (settlement.outcome === 'unknown') stored.ambiguous = true;
    const rest = settlement.outcome === 'released' ? 'pending' : settlement.outcome;
    stored.state = stored.ambiguous && rest !== 'accepted' ? 'unknown' : rest;
    stored.code = settlement.code;
  };

  const ledger = {
    messages,
    attempts,
    statesOf: (customer: string) =>
      messages.filter(({ customerUuid }) => customerUuid === customer).map(({ state }) => state),

    async planDelivery({ limit, resendUnknown }: Parameters<Ledger['planDelivery']>[0]) {
      const due = messages
        .filter(({ state }) => state === 'pending' || (resendUnknown && state === 'unknown'))
        .slice(0, limit ?? undefined);
      const groups = Map.groupBy(due, (stored) => `${stored.departmentUuid}/${stored.customerUuid}`);
      const conversations = [...groups.values()].map(conversationOf);
      return {
        messageCount: due.length,
        conversationCount: groups.size,
        nextConversation: async () => conversations.shift() ?? null,
        close() {},
      };
    },
    async claim(start: AttemptStart) {
      for (const id of start.messageIds) {
        const stored = messages[id] as StoredMessage;
        if (stored.state !== 'pending' && stored.state !== 'unknown') {
          throw new Error(`claimed while ${stored.state}`);
        }
        stored.state = 'sending';
      }
      return attempts.push({ ...start, end: null }) - 1;
    },
    async settle(end: AttemptEnd) {
      const attempt = attempts[end.attempt];
      if (attempt === undefined || attempt.end !== null) throw new Error('settled twice');
      const settled = end.settlements.map(({ id }) => id);
      if (settled.join() !== attempt.messageIds.join())
        throw new Error('settles other messages than it claimed');
      attempt.end = end;
      end.settlements.forEach(apply);
    },
    async counts(): Promise<MessageCounts> {
      const count = (...states: string[]) => messages.filter(({ state }) => states.includes(state)).length;
      return {
        accepted: count('accepted'),
        failed: count('failed'),
        unknown: count('unknown', 'sending'),
        pending: count('pending'),
      };
    },
  };
  return ledger as unknown as MemoryLedger;
}
