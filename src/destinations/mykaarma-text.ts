/**
 * myKaarma, send a text to a customer (send-text reference): a live send, one message per request,
 * `POST {baseUrl}/department/{departmentUUID}/user/{userUuid}/customer/{customerUuid}/message`, Basic auth.
 *
 * There is no idempotency key: what may have been taken is never sent again.
 */
import { CALLBACK_KEY } from '../messages/text-contract.ts';
import type { HttpDestination, Refusal } from './destination.ts';
import {
  basicAuthorization,
  createHttpDestination,
  isSuccess,
  onlyMessage,
  type ReadAnswer,
  type TransportOptions,
  urlsBelow,
} from './http-destination.ts';
import { readSendRefusal, readSendResponse } from './read-send-response.ts';
import { refusalOfLiveStatus } from './refusals.ts';

export interface MykaarmaTextOptions extends TransportOptions {
  readonly username: string;
  readonly password: string;
  readonly maxBatchBytes: number;
  /** Where the API reports what became of each text; null, the default, for nowhere. A mapping's own URL goes before it. */
  readonly callbackUrl?: string | null;
}

/** As much of an item as the request is made of. */
interface Item {
  readonly userUuid: string;
  readonly messageSendingAttributes?: { readonly callbackURL?: string; readonly callbackMetaData?: object };
}

/** One message's answer is a few hundred bytes. */
const MAX_ANSWER_BYTES = 1_000_000;

/** @param options.baseUrl e.g. `https://api.mykaarma.com/communications` */
export function createMykaarmaText(options: MykaarmaTextOptions): HttpDestination {
  const { baseUrl, username, password, maxBatchBytes, callbackUrl = null } = options;
  const url = urlsBelow(baseUrl);
  return createHttpDestination(options, {
    type: 'mykaarma-text',
    limits: { maxMessagesPerRequest: 1, maxBytesPerRequest: maxBatchBytes, resendIsSafe: false },
    // About: the item also holds the user, who travels in the path, and a callback URL makes it a little longer.
    framing: { requestBytes: 0, perMessageBytes: 0 },
    headers: { authorization: basicAuthorization(username, password) },
    maxAnswerBytes: MAX_ANSWER_BYTES,

    requestOf(batch) {
      const { departmentUuid, customerUuid } = batch;
      const { item, sourceUuid } = onlyMessage(batch);
      const { userUuid, ...body } = withCallback(
        JSON.parse(item.toString('utf8')) as Item,
        callbackUrl,
        sourceUuid,
      );
      return {
        method: 'POST',
        url: url('department', departmentUuid, 'user', userUuid, 'customer', customerUuid, 'message'),
        body: Buffer.from(JSON.stringify(body), 'utf8'),
      };
    },

    read: (answer) => {
      if (!isSuccess(answer)) return readRefusal(answer);
      const { outcome, requestUuid } = readSendResponse(answer.text);
      return { kind: 'answered', status: answer.status, outcomes: [outcome], strangers: 0, requestUuid };
    },
  });
}

/** The callback names the message that it speaks of, as it does where the mapping gives the URL. */
function withCallback(item: Item, url: string | null, sourceUuid: string): Item {
  const { messageSendingAttributes: sending } = item;
  if (url === null || sending?.callbackURL !== undefined) return item;
  const callbackMetaData = { ...sending?.callbackMetaData, [CALLBACK_KEY]: sourceUuid };
  return { ...item, messageSendingAttributes: { ...sending, callbackURL: url, callbackMetaData } };
}

/** A refused request whose answer uses the documented form says why. */
function readRefusal({ status, retryAfterMs, text }: ReadAnswer): Refusal {
  const refusal = refusalOfLiveStatus(status, retryAfterMs);
  if (refusal.recovery !== 'bisect') return refusal;
  const { fault, isTaken } = readSendRefusal(text);
  return {
    ...refusal,
    code: fault?.code ?? refusal.code,
    message: fault?.error ?? refusal.message,
    ambiguous: isTaken,
  };
}
