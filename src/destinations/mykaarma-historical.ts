/**
 * myKaarma, save historical messages (save-historical-message reference): many messages of one customer per request,
 * `PUT {baseUrl}/department/{departmentUUID}/customer/{customerUUID}/communication/historical`, Basic auth.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { Batch, HttpDestination, Refusal, SendResult, WireRequest } from './destination.ts';
import { createHttpClient, type HttpAnswer } from './http.ts';
import { readNamedFaults, readSaveResponse } from './read-save-response.ts';
import { refusalOfFailure, refusalOfStatus } from './refusals.ts';
import { parseRetryAfterMs } from './retry-after.ts';

export interface MykaarmaHistoricalOptions {
  /** E.g. `https://api.mykaarma.com/communications`. */
  readonly baseUrl: string;
  readonly username: string;
  readonly password: string;
  readonly limits: { readonly maxBatchMessages: number; readonly maxBatchBytes: number };
  /** Longest wait for one complete answer, connecting included. */
  readonly timeoutMs: number;
  /** Most requests at a time. */
  readonly connections: number;
  /** For Retry-After dates. */
  readonly clock?: Clock;
}

const OPENING = '{"saveMessageRequestList":[';
const CLOSING = ']}';

/** Some hundred bytes per message are usual; what is larger than this is not an answer to a batch. */
const MAX_ANSWER_BYTES = 8_000_000;

export function createMykaarmaHistorical(options: MykaarmaHistoricalOptions): HttpDestination {
  const clock = options.clock ?? systemClock;
  const base = new URL(options.baseUrl);
  const basePath = base.pathname.replace(/\/+$/, '');
  const http = createHttpClient({
    origin: base.origin,
    connections: options.connections,
    timeoutMs: options.timeoutMs,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  });
  const credentials = Buffer.from(`${options.username}:${options.password}`, 'utf8').toString('base64');
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'backhaul',
  };

  function requestOf({ departmentUuid, customerUuid, messages }: Batch): WireRequest {
    const place = `/department/${segment(departmentUuid)}/customer/${segment(customerUuid)}`;
    return {
      method: 'PUT',
      url: `${base.origin}${basePath}${place}/communication/historical`,
      // The stored items byte for byte, so that every attempt is the same.
      body: OPENING + messages.map((message) => message.itemJson).join(',') + CLOSING,
    };
  }

  return {
    type: 'mykaarma-historical',
    baseUrl: options.baseUrl,
    limits: {
      maxMessagesPerRequest: options.limits.maxBatchMessages,
      maxBytesPerRequest: options.limits.maxBatchBytes,
      resendIsSafe: true,
    },
    // A comma per message is one comma too many: the frame is a byte shorter, so that both together are exact.
    framing: { requestBytes: OPENING.length + CLOSING.length - 1, perMessageBytes: 1 },

    requestOf,

    async send(batch) {
      const { method, url, body } = requestOf(batch);
      const result = await http.request({
        method,
        path: url.slice(base.origin.length),
        headers,
        body: Buffer.from(body, 'utf8'),
      });
      if (result.kind === 'failure') return refusalOfFailure(result);
      return result.status >= 200 && result.status < 300
        ? readSuccess(result, batch)
        : readRefusal(result, batch, clock.nowMs());
    },

    close: () => http.close(),
  };
}

/** Identifiers are opaque: whatever they hold must stay one path segment. */
function segment(identifier: string): string {
  return encodeURIComponent(identifier.toWellFormed());
}

function readSuccess({ status, body }: HttpAnswer, batch: Batch): SendResult {
  if ('fault' in body && (body.fault === 'TIMEOUT' || body.fault === 'CONNECTION_LOST')) {
    return refusalOfFailure({ code: body.fault, bytesLeft: true }, status);
  }
  return {
    kind: 'answered',
    status,
    ...readSaveResponse('text' in body ? body.text : null, sourceUuids(batch)),
  };
}

/** A refused request whose answer uses the documented response shape may say which of its messages are at fault. */
function readRefusal({ status, retryAfter, body }: HttpAnswer, batch: Batch, nowMs: number): Refusal {
  const refusal = refusalOfStatus(status, parseRetryAfterMs(retryAfter, nowMs));
  if (refusal.recovery !== 'bisect') return refusal;
  const { guilty, submitted, fault } = readNamedFaults('text' in body ? body.text : null, sourceUuids(batch));
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
