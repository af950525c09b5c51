/**
 * myKaarma, save historical messages (save-historical-message reference): many messages of one customer per request,
 * `PUT {baseUrl}/department/{departmentUUID}/customer/{customerUUID}/communication/historical`, Basic auth.
 */
import { historicalCallback } from './callback-url.ts';
import type { Batch, HttpDestination, Refusal, SendResult } from './destination.ts';
import {
  basicAuthorization,
  createHttpDestination,
  isSuccess,
  type ReadAnswer,
  type TransportOptions,
  urlsBelow,
} from './http-destination.ts';
import { readNamedFaults, readSaveResponse } from './read-save-response.ts';
import { refusalOfStatus } from './refusals.ts';

export interface MykaarmaHistoricalOptions extends TransportOptions {
  readonly username: string;
  readonly password: string;
  readonly limits: { readonly maxBatchMessages: number; readonly maxBatchBytes: number };
  /** Where the API is to report what became of each message; null, the default, for nowhere. */
  readonly callbackUrl?: string | null;
}

const OPENING = Buffer.from('{"saveMessageRequestList":[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']}');

/** Some hundred bytes per message are usual; what is larger than this is not an answer to a batch. */
const MAX_ANSWER_BYTES = 8_000_000;

/** @param options.baseUrl e.g. `https://api.mykaarma.com/communications` */
export function createMykaarmaHistorical(options: MykaarmaHistoricalOptions): HttpDestination {
  const { baseUrl, username, password, limits, callbackUrl = null } = options;
  const url = urlsBelow(baseUrl);
  const callback = historicalCallback(callbackUrl);
  return createHttpDestination(options, {
    type: 'mykaarma-historical',
    limits: {
      maxMessagesPerRequest: limits.maxBatchMessages,
      maxBytesPerRequest: limits.maxBatchBytes,
      resendIsSafe: true,
    },
    // A comma per message is one comma too many: the frame is a byte shorter, so that both together are exact.
    // An item that has a callback URL of its own is counted with one too many.
    framing: { requestBytes: OPENING.length + CLOSING.length - 1, perMessageBytes: 1 + callback.bytes },
    headers: { authorization: basicAuthorization(username, password) },
    maxAnswerBytes: MAX_ANSWER_BYTES,

    requestOf({ departmentUuid, customerUuid, messages }) {
      const place = ['department', departmentUuid, 'customer', customerUuid];
      return {
        method: 'PUT',
        url: url(...place, 'communication', 'historical'),
        // The stored items byte for byte, so that every attempt is the same.
        body: listOf(messages.map(({ item }) => callback.addTo(item))),
      };
    },

    read: (answer, batch) => (isSuccess(answer) ? readSuccess(answer, batch) : readRefusal(answer, batch)),
  });
}

function listOf(items: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const item of items) parts.push(parts.length === 0 ? OPENING : COMMA, item);
  return Buffer.concat([...parts, CLOSING]);
}

function readSuccess({ status, text }: ReadAnswer, batch: Batch): SendResult {
  return { kind: 'answered', status, ...readSaveResponse(text, sourceUuids(batch)) };
}

/** A refused request whose answer uses the documented response shape may say which of its messages are at fault. */
function readRefusal({ status, retryAfterMs, text }: ReadAnswer, batch: Batch): Refusal {
  const refusal = refusalOfStatus(status, retryAfterMs);
  if (refusal.recovery !== 'bisect') return refusal;
  const { guilty, submitted, fault } = readNamedFaults(text, sourceUuids(batch));
  return {
    ...refusal,
    code: fault?.code ?? refusal.code,
    message: fault?.error ?? refusal.message,
    // A refusal that lists messages as submitted contradicts itself: they may have been taken.
    ambiguous: submitted,
    ...(guilty === null ? {} : { guilty }),
  };
}

function sourceUuids(batch: Batch): readonly string[] {
  return batch.messages.map((message) => message.sourceUuid);
}
