/** What one delivery says of messages. Pure; whatever a delivery holds, it says something or nothing. */
import type { Config } from '../config/schema.ts';
import type { ArchivedDelivery, DeliveryKind } from '../receiver/archived-delivery.ts';
import { type CallbackResult, readCallback } from './callback.ts';
import { identifierIn, listOf, parseJson, valueAt } from './documents.ts';
import type { Evidence, EvidencePosition, ReadDelivery, Surprise } from './evidence.ts';

export type CallbackShapes = Config['evidence']['callbacks'];

export type ReadOneDelivery = (delivery: ArchivedDelivery, position: EvidencePosition) => ReadDelivery;

/**
 * @param concerned kinds that can speak of the stream's messages; the others are read as saying nothing. A text's callback
 *   says nothing of a historical message that happens to have the same sourceUuid.
 */
export function createDeliveryReader(
  { historical, text }: CallbackShapes,
  concerned: ReadonlySet<DeliveryKind>,
): ReadOneDelivery {
  const readers: Record<DeliveryKind, (document: unknown) => readonly CallbackResult[]> = {
    'message-event': readMessageEvent,
    'historical-callback': (document) => readCallback(document, historical),
    'text-callback': (document) => readCallback(document, text),
  };
  return (delivery, position) => {
    const { kind } = delivery;
    if (!concerned.has(kind)) return { ...NOTHING, position, kind };
    const document = documentOf(delivery);
    if ('surprise' in document) return { ...NOTHING, position, kind, surprise: document.surprise };
    const results = readers[kind](document.value);
    const receivedAtMs = Date.parse(delivery.receivedAt);
    return {
      position,
      kind,
      evidence: results.flatMap((result) => evidenceOf(result, kind, receivedAtMs, position)),
      undecided: results.filter(({ verdict }) => verdict === 'undecided').length,
      surprise: results.length === 0 ? 'NAMES_NO_MESSAGE' : null,
    };
  };
}

const NOTHING = { evidence: [], undecided: 0, surprise: null } as const;

/** Kinds that can speak of a stream's messages, by its destination. */
export function concernedKinds(destinationType: Config['destination']['type']): ReadonlySet<DeliveryKind> {
  switch (destinationType) {
    case 'mykaarma-historical':
      return new Set(['message-event', 'historical-callback']);
    case 'mykaarma-text':
      return new Set(['message-event', 'text-callback']);
    case 'kaleyra-whatsapp':
      return new Set();
  }
}

/** JSON, or, where there is no body, what the URL had after its question mark. */
function documentOf({ body, query }: ArchivedDelivery): { value: unknown } | { surprise: Surprise } {
  // The line may have been written by anybody: types are not to be relied on.
  if (typeof body !== 'string') return { surprise: 'NOT_TEXT' };
  if (body.trim() === '' && typeof query === 'string') {
    return { value: Object.fromEntries(new URLSearchParams(query)) };
  }
  const value = parseJson(body);
  return value === undefined ? { surprise: 'NOT_JSON' } : { value };
}

/**
 * A message that stands in an event is there (message-event reference: `messageDTO.uuid`), whatever the event tells of it:
 * updates are about messages too. `payload` is a JSON string as delivered, an object as documented.
 */
function readMessageEvent(document: unknown): readonly CallbackResult[] {
  return listOf(valueAt(document, 'payload')).flatMap((payload) => {
    const messageUuid = identifierIn(valueAt(payload, 'messageDTO.uuid'));
    if (messageUuid === null) return [];
    return [{ sourceUuid: null, messageUuid, verdict: 'stored', code: null, error: null } as const];
  });
}

function evidenceOf(
  { verdict, ...said }: CallbackResult,
  kind: DeliveryKind,
  receivedAtMs: number,
  position: EvidencePosition,
): readonly Evidence[] {
  if (verdict === 'undecided') return [];
  const seen = kind === 'message-event' ? 'seen' : 'stored';
  return [{ ...said, kind: verdict === 'failed' ? 'failed' : seen, receivedAtMs, position }];
}
