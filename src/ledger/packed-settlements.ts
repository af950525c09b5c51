/**
 * The end of an attempt as it is written, and as another thread gets it. Nearly all messages are accepted without a word: their
 * ids are enough, and cost a tenth of the objects.
 */
import type { AttemptEnd, MessageId, Settlement } from './ledger.ts';

export interface PackedEnd extends Omit<AttemptEnd, 'settlements'> {
  readonly accepted: readonly MessageId[];
  readonly others: readonly Settlement[];
}

export function packEnd({ settlements, ...end }: AttemptEnd): PackedEnd {
  const accepted: MessageId[] = [];
  const others: Settlement[] = [];
  for (const settlement of settlements) {
    if (isWordless(settlement)) accepted.push(settlement.id);
    else others.push(settlement);
  }
  return { ...end, accepted, others };
}

function isWordless({ outcome, code, error, messageUuid, warnings }: Settlement): boolean {
  return (
    outcome === 'accepted' && code === null && error === null && messageUuid === null && warnings === null
  );
}
