/** A delivery on its way from the request to the archive. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ArchivedDelivery, DeliveryKind } from './archived-delivery.ts';

export interface Delivery {
  readonly kind: DeliveryKind;
  /** What the URL had after its question mark; empty for message events. */
  readonly query: string;
  readonly body: Buffer;
}

/** Longer ones are no identifiers; the body has them anyway. */
const MAX_LABEL_LENGTH = 200;

/** JSON allows them unescaped, yet some readers (Node.js's readline among them) end a line there. */
const SEPARATORS = /[\u2028\u2029]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\u2028': '\\u2028', '\u2029': '\\u2029' };

/** The line that is archived, its line end included. */
export function archiveLine({ kind, query, body }: Delivery, receivedAtMs: number): Buffer {
  const text = isUtf8(body) ? body.toString('utf8') : null;
  const archived: ArchivedDelivery = {
    receivedAt: new Date(receivedAtMs).toISOString(),
    kind,
    ...(kind === 'message-event' && text !== null ? labelsOf(text) : {}),
    ...(query === '' ? {} : { query }),
    ...(text === null ? { bodyBase64: body.toString('base64') } : { body: text }),
  };
  const line = JSON.stringify(archived).replace(SEPARATORS, (character) => ESCAPES[character] as string);
  return Buffer.from(`${line}\n`, 'utf8');
}

/**
 * What makes two deliveries the same: kind, query and body, byte for byte. A repeated event's id, type and timestamp are
 * part of its body; a body that differs anywhere, an update's for instance, is another delivery.
 */
export function deliveryKey({ kind, query, body }: Delivery): string {
  const sha256 = createHash('sha256').update(`${kind}\n${query}\n`).update(body).digest();
  return sha256.toString('latin1', 0, 16);
}

/** Authentic events are kept whatever they hold, so nothing about their shape is an error here. */
function labelsOf(text: string): Pick<ArchivedDelivery, 'id' | 'type' | 'timestamp'> {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof event !== 'object' || event === null) return {};
  const { id, type, timestamp } = event as Record<string, unknown>;
  return {
    ...(isLabel(id) ? { id } : {}),
    ...(isLabel(type) ? { type } : {}),
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
  };
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_LABEL_LENGTH;
}
