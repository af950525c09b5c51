/**
 * Reads the answers of Kaleyra's WhatsApp API (Kaleyra's send-text-messages reference): strict about what they mean,
 * tolerant about their form. Pure.
 *
 *   status │ code                          │ what it means
 *   ───────┼───────────────────────────────┼─────────────────────────────────────────────────────────
 *   2xx    │ WA202, with data.message_id   │ accepted
 *   4xx    │ WA400                         │ the message failed
 *   4xx    │ RBC001, WA401, WA-401         │ the account or its number: stop, no message is to blame
 *   4xx    │ E110                          │ no balance: stop, no message is to blame
 *   any    │ WA500                         │ unknown
 *   2xx    │ anything else                 │ unknown; what concerns the account stops the run all the same
 *   other  │ any other                     │ what the status means for live sends: 5xx is unknown
 */

import { parseLenientJson } from '../lenient-json.ts';
import { cleanUuid, readCode, readDescription } from '../reported-text.ts';
import { isObject, UNREADABLE } from './answer-parts.ts';
import type { MessageOutcome, Refusal, SendResult } from './destination.ts';
import { isSuccess, type ReadAnswer } from './http-destination.ts';
import { refusalOfLiveStatus } from './refusals.ts';

interface Trouble {
  readonly stopReason: NonNullable<Refusal['stopReason']>;
  readonly message: string;
}

/** What concerns the account, by code; where a code has several meanings, with the key of its `error`. */
const ACCOUNT_TROUBLE: ReadonlyMap<string, Trouble> = new Map([
  [
    'RBC001',
    refused('the SID or the API key is not right: check destination.sid and destination.auth.apiKey'),
  ],
  ['WA401', refused('the sender is not a number of this account: check destination.sender')],
  ['WA-401', refused('this API is not available for the account: ask Kaleyra')],
  [
    'WA-401 phone_number',
    refused('the sender belongs to another version of the API: check destination.sender, or ask Kaleyra'),
  ],
  ['E110', { stopReason: 'balance', message: 'Kaleyra says: the balance is too low.' }],
]);

function refused(why: string): Trouble {
  return { stopReason: 'credentials-refused', message: `Kaleyra says: ${why}.` };
}

export function readKaleyraAnswer(answer: ReadAnswer): SendResult {
  const { status, retryAfterMs, text } = answer;
  const said = text === null ? null : parse(text);
  const trouble = said === null ? null : troubleOf(said);
  if (isSuccess(answer) && trouble === null) {
    return { kind: 'answered', status, outcomes: [outcomeOf(said)], strangers: 0 };
  }
  const refusal = { ...refusalOfLiveStatus(status, retryAfterMs), code: said?.code ?? `HTTP_${status}` };
  if (trouble !== null && status < 500) {
    // Said together with a 2xx, it is not certain what became of the message; the next one would fare no better.
    return { ...refusal, ...trouble, recovery: 'stop', ambiguous: isSuccess(answer), retryAfterMs: null };
  }
  if (said?.code === 'WA500') return { ...refusal, recovery: 'retry', ambiguous: true };
  if (refusal.recovery === 'bisect') {
    const message = said?.message ?? refusal.message;
    return { ...refusal, message, ambiguous: said !== null && said.messageId !== null };
  }
  return isAboutThePath(refusal) ? { ...refusal, recovery: 'stop', message: wrongPath(status) } : refusal;
}

/** 403 and 404. There is neither a department nor a customer in the path, only the account and its number. */
function isAboutThePath({ recovery }: Refusal): boolean {
  return recovery === 'park-department' || recovery === 'fail-customer';
}

function wrongPath(status: number): string {
  return `The API answered ${status}: check destination.sid, destination.sender and the address.`;
}

function outcomeOf(said: Said | null): MessageOutcome {
  if (said === null) return UNREADABLE;
  const { code, messageId, hasError } = said;
  if (code === 'WA202' && messageId !== null && !hasError) {
    return { state: 'accepted', code: null, error: null, messageUuid: messageId, warnings: null };
  }
  return { ...UNREADABLE, code: code ?? UNREADABLE.code, messageUuid: messageId };
}

function troubleOf({ code, errorKeys }: Said): Trouble | null {
  const names = [...errorKeys.map((key) => `${code} ${key}`), `${code}`];
  return names.map((name) => ACCOUNT_TROUBLE.get(name)).find((known) => known !== undefined) ?? null;
}

interface Said {
  readonly code: string | null;
  readonly message: string | null;
  readonly messageId: string | null;
  readonly hasError: boolean;
  readonly errorKeys: readonly string[];
}

/** `data` is an object, or an empty list where there is nothing to say; so is `error`. */
function parse(text: string): Said | null {
  let document: unknown;
  try {
    document = parseLenientJson(text);
  } catch {
    return null;
  }
  if (!isObject(document)) return null;
  const { code, message, data, error } = document;
  return {
    code: readCode(code),
    message: readDescription(message),
    messageId: isObject(data) ? cleanUuid(data.message_id) : null,
    hasError: error !== undefined && error !== null && Object.keys(error).length > 0,
    errorKeys: isObject(error) ? Object.keys(error) : [],
  };
}
