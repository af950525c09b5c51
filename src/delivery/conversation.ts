/**
 * Delivers one customer's messages: batch after batch in conversation order, never two requests at a time. A batch
 * that is refused as a whole is taken apart until whatever is at fault stands alone.
 */
import type { Batch, Destination, Refusal } from '../destinations/destination.ts';
import type { Conversation, OutgoingMessage } from '../ledger/ledger.ts';
import { requestBytes, type Send, type Sent } from './attempt.ts';
import type { Halt } from './halt.ts';
import type { NotFoundRule } from './not-found.ts';
import type { Tally } from './tally.ts';
import type { FailUnsent } from './unsent.ts';

/** Departments that the API does not allow, in this delivery. */
export interface ParkedDepartments {
  has(departmentUuid: string): boolean;
  add(departmentUuid: string): void;
}

export interface ConversationOptions {
  readonly destination: Destination;
  readonly send: Send;
  readonly failUnsent: FailUnsent;
  /** Whether a batch that the API may have taken may be sent again. */
  readonly resendAmbiguous: boolean;
  readonly halt: Halt;
  readonly tally: Tally;
  readonly notFound: NotFoundRule;
  readonly parked: ParkedDepartments;
}

export type DeliverConversation = (conversation: Conversation) => Promise<void>;

export function createDeliverConversation(options: ConversationOptions): DeliverConversation {
  const { destination, send, failUnsent, resendAmbiguous, halt, tally, notFound, parked } = options;

  return async function deliverConversation(conversation) {
    while (!halt.stopped && !parked.has(conversation.departmentUuid)) {
      const messages = await nextMessages(conversation, destination);
      if (messages.length === 0) return;
      const batch = { ...envelopeOf(conversation), messages };
      if (isTooLarge(batch)) {
        tally.settled(await failUnsent(batch, { status: null, ...TOO_LARGE }));
      } else if (!(await deliverBatch(batch, conversation))) {
        return;
      }
    }
  };

  /** Only a message that is too large by itself makes a batch that is. */
  function isTooLarge(batch: Batch): boolean {
    return requestBytes(destination, batch) > destination.limits.maxBytesPerRequest;
  }

  /** @returns whether the customer's next messages may follow. */
  async function deliverBatch(batch: Batch, conversation: Conversation): Promise<boolean> {
    /** Parts still to be sent, the next one last. */
    const pieces: (readonly OutgoingMessage[])[] = [batch.messages];
    for (let piece = pieces.pop(), isPiece = false; piece; piece = pieces.pop(), isPiece = true) {
      const sent = await send({ batch: { ...batch, messages: piece }, number: 1, piece: isPiece });
      const { result } = sent;
      if (result?.kind === 'answered') {
        tally.settled(sent.settlements);
        if (sent.settlements.some(({ outcome }) => outcome === 'accepted')) await notFound.convict();
      } else if (result !== null && isSplit(result, sent)) {
        pieces.push(...split(result, sent).reverse());
      } else if (result !== null && isDecided(result, sent)) {
        tally.settled(sent.settlements);
      } else {
        leave(result, conversation, [...sent.batch.messages, ...pieces.flat()]);
        return false;
      }
      if (halt.stopped) {
        tally.left(pieces.flat());
        return false;
      }
    }
    return true;
  }

  function isSplit({ recovery, ambiguous }: Refusal, { batch }: Sent): boolean {
    const blamesMessages = recovery === 'halve' || recovery === 'bisect';
    return blamesMessages && batch.messages.length > 1 && (resendAmbiguous || !ambiguous);
  }

  /** The parts to send next, in conversation order: all but the guilty where they are named, else two halves. */
  function split({ guilty }: Refusal, { batch, settlements }: Sent): (readonly OutgoingMessage[])[] {
    if (guilty !== undefined) {
      const rest = batch.messages.filter((_, index) => guilty[index] === null);
      tally.settled(settlements.filter((_, index) => guilty[index] !== null));
      return rest.length === 0 ? [] : [rest];
    }
    const middle = Math.ceil(batch.messages.length / 2);
    return [batch.messages.slice(0, middle), batch.messages.slice(middle)];
  }

  /** Whether nothing remains to be done for these messages in this delivery, and the conversation may go on. */
  function isDecided({ recovery }: Refusal, { settlements }: Sent): boolean {
    if (recovery === 'halve' || recovery === 'bisect' || recovery === 'give-up') return true;
    // Attempts exhausted (or not to be repeated) with every message perhaps taken.
    return recovery === 'retry' && !halt.stopped && settlements.every(({ outcome }) => outcome === 'unknown');
  }

  /** The conversation ends here for now; `messages` are its messages that were drawn and not decided. */
  function leave(
    refusal: Refusal | null,
    conversation: Conversation,
    messages: readonly OutgoingMessage[],
  ): void {
    if (refusal?.recovery === 'fail-customer') {
      notFound.suspect({ conversation, messages, refusal });
      return;
    }
    tally.left(messages);
    if (refusal?.recovery === 'park-department') parked.add(conversation.departmentUuid);
    if (refusal?.recovery === 'stop') {
      const byStatus = refusal.status === 401 ? 'credentials-refused' : 'request-refused';
      halt.stop(refusal.stopReason ?? byStatus, refusal.message);
    }
    if (refusal?.recovery === 'retry')
      halt.stop('attempts-exhausted', `All attempts failed. ${refusal.message}`);
  }
}

const TOO_LARGE = {
  code: 'TOO_LARGE',
  error: 'The message alone is larger than delivery.maxBatchBytes: raise it, then retry.',
};

export function envelopeOf({ departmentUuid, customerUuid }: Conversation): Omit<Batch, 'messages'> {
  return { departmentUuid, customerUuid };
}

/** As many of the conversation's next messages as one request takes. */
export function nextMessages(
  conversation: Conversation,
  { limits, framing }: Destination,
): Promise<readonly OutgoingMessage[]> {
  return conversation.next(
    limits.maxMessagesPerRequest,
    limits.maxBytesPerRequest - framing.requestBytes,
    framing.perMessageBytes,
  );
}
