/** What one delivery says of messages. Pure; whatever a delivery holds, it says something or nothing. */
import type { CallbackShape } from '../config/evidence-schema.ts';
import type { Config } from '../config/schema.ts';
import type { ArchivedDelivery, DeliveryKind } from '../receiver/archived-delivery.ts';
import { type CallbackResult, readCallback } from './callback.ts';
import { parseJson } from './documents.ts';
import type { Evidence, EvidencePosition, ReadDelivery, Surprise } from './evidence.ts';

export type CallbackShapes = Config['evidence']['callbacks'];
export type DestinationType = Config['destination']['type'];

export type ReadOneDelivery = (delivery: ArchivedDelivery, position: EvidencePosition) => ReadDelivery;

/**
 * @param destinationType of the stream. Kinds of deliveries that cannot speak of its messages are read as saying nothing:
 *   a text's callback is not about a historical message that happens to have the same sourceUuid.
 */
export function createDeliveryReader(
  shapes: CallbackShapes,
  destinationType: DestinationType,
): ReadOneDelivery {
  const shapeOf = shapesOf(shapes, destinationType);
  return (delivery, position) => {
    const { kind } = delivery;
    const shape = shapeOf[kind];
    if (shape === undefined) return { ...NOTHING, position, kind };
    const document = documentOf(delivery);
    if ('surprise' in document) return { ...NOTHING, position, kind, surprise: document.surprise };
    const results = readCallback(document.value, shape);
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

function shapesOf(
  { historical, text }: CallbackShapes,
  destinationType: DestinationType,
): Partial<Record<DeliveryKind, CallbackShape>> {
  switch (destinationType) {
    case 'mykaarma-historical':
      return { 'message-event': PRESENCE, 'historical-callback': historical };
    case 'mykaarma-text': {
      const { positiveStatuses, negativeStatuses } = text;
      return { 'message-event': { ...DELIVERY, positiveStatuses, negativeStatuses }, 'text-callback': text };
    }
    case 'kaleyra-whatsapp':
      return {};
  }
}

/** Where a message event (message-event reference) names its message. `payload` is a JSON string as delivered. */
const EVENT = {
  ...{ results: ['payload.messageDTO'], sourceUuid: [], messageUuid: ['uuid'] },
  ...{ errorCode: [], errorText: [], succeeded: [], failed: [], positiveStatuses: [], negativeStatuses: [] },
};

/** History is stored when it is there: whatever an event tells of it, updates included. */
const PRESENCE: CallbackShape = { ...EVENT, status: [], errors: [], messageUuidCounts: true };

/** A text is there as soon as somebody wants it sent: only its delivery status tells whether it was. */
const DELIVERY: CallbackShape = {
  ...EVENT,
  ...{ status: ['deliveryStatus'], errors: ['twilioDeliveryFailureMessage'], messageUuidCounts: false },
};

/** JSON, or, where there is no body, what the URL had after its question mark. */
export function documentOf({ body, query }: ArchivedDelivery): { value: unknown } | { surprise: Surprise } {
  // The line may have been written by anybody: types are not to be relied on.
  if (typeof body !== 'string') return { surprise: 'NOT_TEXT' };
  if (body.trim() === '' && typeof query === 'string') {
    return { value: Object.fromEntries(new URLSearchParams(query)) };
  }
  const value = parseJson(body);
  return value === undefined ? { surprise: 'NOT_JSON' } : { value };
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
