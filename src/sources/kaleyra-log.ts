/**
 * What a company keeps of the WhatsApp messages that it sent through Kaleyra: one JSON object per request, holding the
 * request's body and the answer's (Kaleyra's send-text-messages reference). Nobody has laid down how; every form that such
 * logs take is brought into one:
 *
 * ```json
 * {
 *   "sentAt": "…, and whatever else the log says",
 *   "request": { "url": "…", "body": { "messaging_object": {}, "extra_info": {} } },
 *   "response": { "status": 202, "body": { "code": "WA202", "data": { "message_id": "…" } } },
 *   "recipient": "+915550100001", "recipients": 1
 * }
 * ```
 *
 * A request to several recipients is several messages: one record each. Headers are left out, for the API key is one of
 * them.
 */
import type { FieldError } from '../errors.ts';
import { parseLenientJson } from '../lenient-json.ts';
import { parseExactJson } from './exact-json.ts';
import { isObject, withoutPrototype } from './json-records.ts';
import type { RecordBatches } from './record-batches.ts';
import type { SourceRecord } from './source.ts';

type Fields = Record<string, unknown>;

/** @param batches objects as they stand in the log. */
export async function* readKaleyraLog(batches: RecordBatches): RecordBatches {
  let index = 0;

  function* messagesIn(batch: Iterable<SourceRecord>): Generator<SourceRecord> {
    for (const record of batch) {
      for (const one of messagesOf(record)) {
        yield { ...one, position: { ...one.position, index } };
        index += 1;
      }
    }
  }

  for await (const batch of batches) yield messagesIn(batch);
}

function messagesOf(record: SourceRecord): readonly SourceRecord[] {
  const { problems, ...mended } = withCommas(record);
  if (problems !== undefined) return [record];
  const entry = entryOf(mended.fields);
  if (entry === null) return [{ ...mended, problems: [noRequest()] }];
  // A record that was fed back has been split already.
  if (typeof entry.recipient === 'string') return [{ ...mended, fields: entry }];
  const recipients = recipientsOf(entry);
  return recipients.map((recipient) => {
    const fields: Fields = Object.assign(Object.create(null), entry);
    if (recipient !== null) fields.recipient = recipient;
    fields.recipients = recipients.length;
    return { ...mended, fields };
  });
}

/** An answer was perhaps logged as the reference prints it: without some of its commas. */
function withCommas(record: SourceRecord): SourceRecord {
  const { _raw: raw } = record.fields;
  if (record.problems?.length !== 1 || typeof raw !== 'string') return record;
  const value = parsed(raw);
  if (!isObject(value)) return record;
  const { problems: _, ...rest } = record;
  return { ...rest, fields: withoutPrototype(value) };
}

/** The entry in the one form, or null when it holds no request. */
function entryOf(fields: SourceRecord['fields']): Fields | null {
  const isFlat = fields.request === undefined;
  const request = isFlat ? fields : parsed(fields.request);
  const send = bodyOf(request, isSend) as Fields | undefined;
  if (send === undefined) return null;
  const entry: Fields = Object.create(null);
  for (const [name, value] of Object.entries(besideBody(fields, isFlat ? SEND_NAMES : [])))
    entry[name] = value;
  const { messaging_object, extra_info } = send;
  entry.request = {
    ...(isFlat ? {} : besideBody(request as Fields, SEND_NAMES)),
    body: { messaging_object, ...(extra_info === undefined ? {} : { extra_info }) },
  };
  entry.response = answerOf(parsed(fields.response));
  return entry;
}

/** Where a body may stand. */
const BODY_NAMES = ['body', 'data', 'payload', 'json'];
const SEND_NAMES = ['messaging_object', 'extra_info', ...BODY_NAMES];
/** What must not come into a ledger or an export file. */
const CREDENTIALS = new Set(['headers', 'auth', 'authorization', 'api-key', 'apikey', 'api_key']);

/** What an object says beside a body, whose members have these names. */
function besideBody(logged: Fields, bodyNames: readonly string[]): Fields {
  const kept = Object.entries(logged).filter(
    ([name]) => !bodyNames.includes(name) && !CREDENTIALS.has(name.toLowerCase()),
  );
  return Object.fromEntries(kept);
}

function bodyOf(logged: unknown, isBody: (value: unknown) => boolean): unknown {
  if (!isObject(logged)) return undefined;
  return [logged, ...BODY_NAMES.map((name) => logged[name])].map(parsed).find(isBody);
}

/** An answer that cannot be understood is kept as it is: a person decides what it means. */
function answerOf(response: unknown): Fields {
  const body = bodyOf(response, isAnswer) ?? (isObject(response) ? response.body : undefined);
  const isBesideOthers = isObject(response) && body !== undefined && body !== response;
  return isBesideOthers ? { ...besideBody(response, BODY_NAMES), body } : { body: response ?? null };
}

function isSend(value: unknown): boolean {
  return isObject(value) && isObject(value.messaging_object);
}

/** `{ "status": 202, "code": "WA202", "data": … }` is an answer; `{ "status": 202, "data": { "code": … } }` holds one. */
function isAnswer(value: unknown): boolean {
  return isObject(value) && typeof value.code === 'string';
}

/** Texts are read as JSON where they are JSON. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseLenientJson(value, parseExactJson);
  } catch {
    return value;
  }
}

/** `to` is one number or several, separated by commas. */
function recipientsOf(entry: Fields): readonly (string | null)[] {
  const { messaging_object: message } = (entry.request as { body: Fields }).body;
  const to = isObject(message) ? message.to : undefined;
  const numbers = (Array.isArray(to) ? to : [to])
    .flatMap((value) =>
      typeof value === 'string' || typeof value === 'number' ? String(value).split(',') : [],
    )
    .map((number) => number.trim())
    .filter((number) => number !== '');
  return numbers.length === 0 ? [null] : numbers;
}

function noRequest(): FieldError {
  return {
    field: 'request',
    code: 'NO_REQUEST',
    message: 'the entry holds no messaging_object, neither in request nor in its body',
    fix: 'Keep the body of each request under request, and the body of its answer under response.',
  };
}
