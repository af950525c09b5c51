/**
 * What one attempt means for each message of its batch. Pure.
 *
 * Two rules stand above the answer: what may have been taken is `unknown` until it is accepted, and a message that
 * was ambiguous before stays so whatever refuses it now (the refusal adds its code).
 */
import type { Batch, MessageOutcome, Refusal, SendResult } from '../destinations/destination.ts';
import type { OutgoingMessage, Settlement } from '../ledger/ledger.ts';

export function settlementsOf(batch: Batch, result: SendResult): readonly Settlement[] {
  const alone = batch.messages.length === 1;
  return batch.messages.map((message, index) =>
    result.kind === 'answered'
      ? settle(message, outcomeAt(result.outcomes, index))
      : settle(message, result.guilty?.[index] ?? refused(result, alone)),
  );
}

type Verdict = Omit<MessageOutcome, 'state'> & { readonly state: Settlement['outcome'] };

function refused(refusal: Refusal, alone: boolean): Verdict {
  const blamed = alone && (refusal.recovery === 'bisect' || refusal.recovery === 'halve');
  const perhapsTaken = refusal.ambiguous || refusal.recovery === 'give-up';
  return {
    state: perhapsTaken ? 'unknown' : blamed ? 'failed' : 'released',
    code: refusal.code,
    error: refusal.message,
    messageUuid: null,
    warnings: null,
  };
}

function settle(message: OutgoingMessage, verdict: Verdict): Settlement {
  const { state, code, error, messageUuid, warnings } = verdict;
  const outcome = message.ambiguous && state !== 'accepted' ? 'unknown' : state;
  return { id: message.id, outcome, code, error, messageUuid, warnings };
}

function outcomeAt(outcomes: readonly MessageOutcome[], index: number): MessageOutcome {
  const outcome = outcomes[index];
  if (outcome === undefined) throw new Error('A destination must answer with one outcome per message.');
  return outcome;
}
