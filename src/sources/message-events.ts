/**
 * Deliveries of myKaarma's message-event webhook (message-event reference), from the archives that `listen` writes or from
 * anybody else's.
 *
 * A record's fields are those of the delivery's envelope, with `payload` parsed: it is delivered as JSON text and
 * documented as an object, and either is taken. `voiceCallDTO` is documented inside `messageDTO` and printed beside it; it
 * is always `payload.voiceCallDTO` here. Integers beyond 2^53 are texts with their digits.
 */
import type { FieldError } from '../errors.ts';
import { DELIVERY_KINDS, type DeliveryKind } from '../receiver/archived-delivery.ts';
import { parseExactJson } from './exact-json.ts';
import { isObject } from './json-records.ts';
import type { RecordBatches } from './record-batches.ts';
import { invalidEncoding } from './record-problems.ts';
import type { SourceRecord } from './source.ts';

type Fields = Record<string, unknown>;
type Reshaped = Pick<SourceRecord, 'fields' | 'problems' | 'passedOver'>;

const MESSAGE_EVENT: DeliveryKind = 'message-event';
/** How every line of an archive that `listen` wrote begins. */
const ARCHIVE_BEGINNING = '{"receivedAt":"';
const UNFINISHED = 'an unfinished last line';

/** @param batches objects as they stand in the archive. */
export async function* readMessageEvents(batches: RecordBatches): RecordBatches {
  let held: SourceRecord | null = null;

  function* eventsIn(batch: Iterable<SourceRecord>): Generator<SourceRecord> {
    for (const record of batch) {
      if (held !== null) yield held;
      held = null;
      if (isUnfinished(record)) held = record;
      else yield record.problems === undefined ? { ...record, ...reshaped(record.fields) } : record;
    }
  }

  for await (const batch of batches) yield eventsIn(batch);
  // Only at the end can a broken line be one that is being written, or that a crash interrupted.
  if (held !== null) {
    const { fields, position } = held;
    yield [{ fields, position, passedOver: UNFINISHED }];
  }
}

function isUnfinished({ fields, problems, origin }: SourceRecord): boolean {
  const { _raw: raw } = fields;
  if (problems === undefined || origin !== undefined || typeof raw !== 'string') return false;
  return raw.startsWith(ARCHIVE_BEGINNING) || ARCHIVE_BEGINNING.startsWith(raw);
}

function reshaped(fields: SourceRecord['fields']): Reshaped {
  if (!isArchived(fields)) return withPayload(fields);
  const { kind, body } = fields;
  if (kind !== MESSAGE_EVENT) {
    const name = (DELIVERY_KINDS as readonly unknown[]).includes(kind) ? String(kind) : 'of another kind';
    return { fields, passedOver: `no message event: ${name}` };
  }
  if (typeof body !== 'string') {
    return { fields, problems: [invalidEncoding('bodyBase64', 'Ask the sender: JSON is always UTF-8.')] };
  }
  const event = parsed(body);
  return isObject(event) ? withPayload(withoutPrototype(event)) : { fields, problems: [notAnObject('body')] };
}

/** A line that `listen` wrote: see receiver/archived-delivery.ts. */
function isArchived({ receivedAt, kind, body, bodyBase64 }: SourceRecord['fields']): boolean {
  const isText = (value: unknown) => typeof value === 'string';
  return isText(receivedAt) && isText(kind) && (isText(body) || isText(bodyBase64));
}

function withPayload(envelope: SourceRecord['fields']): Reshaped {
  const { payload } = envelope;
  if (typeof payload !== 'string' && !isObject(payload)) return { fields: envelope };
  const object = isObject(payload) ? payload : parsed(payload);
  if (!isObject(object)) return { fields: envelope, problems: [notAnObject('payload')] };
  const fields = withoutPrototype(envelope);
  fields.payload = withVoiceCallBeside(object);
  return { fields };
}

/** A copy that has only what the delivery has. */
function withoutPrototype(object: SourceRecord['fields']): Fields {
  return Object.assign(Object.create(null), object);
}

function withVoiceCallBeside(payload: Fields): Fields {
  const { messageDTO } = payload;
  if (!isObject(messageDTO) || !Object.hasOwn(messageDTO, 'voiceCallDTO')) return payload;
  if (isObject(payload.voiceCallDTO)) return payload;
  const { voiceCallDTO, ...rest } = messageDTO;
  return { ...payload, messageDTO: rest, voiceCallDTO };
}

/** Undefined where the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

function notAnObject(field: 'body' | 'payload'): FieldError {
  return {
    field,
    code: 'INVALID_JSON',
    message: `${field} is not the JSON text of an object`,
    fix: `Correct the JSON under ${field}; the deliveries around it are read.`,
  };
}
