import type { OutgoingMessage } from '../../src/ledger/ledger.ts';

/** A message as delivery gets it, with an item of some words. */
export function outgoing(id: number, sourceUuid = `u-${id}`, text = `words ${id} é🙂`): OutgoingMessage {
  const item = Buffer.from(JSON.stringify({ sourceUuid, messageAttributes: { body: text } }));
  return { id, sourceUuid, item, ambiguous: false };
}
