/** What all destinations that speak HTTP have in common: they make one request, and read what came back. */
import { type Clock, systemClock } from '../clock.ts';
import type { OutgoingMessage } from '../ledger/ledger.ts';
import type { Batch, HttpDestination, SendResult, WireRequest } from './destination.ts';
import { createHttpClient, type HttpAnswer, type Route } from './http.ts';
import { refusalOfFailure } from './refusals.ts';
import { parseRetryAfterMs } from './retry-after.ts';

/** What every factory of a destination takes. */
export interface TransportOptions {
  /** Scheme, host, port and the path below which the API stands. */
  readonly baseUrl: string;
  /** Longest wait for one complete answer, connecting included. */
  readonly timeoutMs: number;
  /** Most requests at a time. */
  readonly connections: number;
  /** For Retry-After dates. */
  readonly clock?: Clock;
  /** How connections come about; by default directly, trusting what Node trusts. */
  readonly route?: Route;
}

const DIRECT: Route = { proxy: null, caCertificates: null };

/** An answer, as far as it could be read. */
export interface ReadAnswer {
  readonly status: number;
  /** How long the API asked to be left alone; null when it did not. */
  readonly retryAfterMs: number | null;
  /** Null when the body could not be read whole. */
  readonly text: string | null;
}

export interface HttpApi extends Pick<HttpDestination, 'type' | 'limits' | 'framing' | 'requestOf'> {
  /** Beside those that every request has; may hold credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Larger ones are not read to their end. */
  readonly maxAnswerBytes: number;
  /** What an answer of the API means. */
  read(answer: ReadAnswer, batch: Batch): SendResult;
}

export function createHttpDestination(
  { baseUrl, timeoutMs, connections, clock = systemClock, route = DIRECT }: TransportOptions,
  { headers, maxAnswerBytes, read, ...api }: HttpApi,
): HttpDestination {
  const { origin } = new URL(baseUrl);
  const http = createHttpClient({ origin, connections, timeoutMs, maxAnswerBytes, route });
  const allHeaders = {
    ...headers,
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'backhaul',
  };
  return {
    ...api,
    baseUrl,
    prepare: () => http.prepare(),

    async send(batch) {
      const { method, url, body } = api.requestOf(batch);
      const result = await http.request({
        method,
        path: url.slice(origin.length),
        headers: allHeaders,
        body,
      });
      if (result.kind === 'failure') return refusalOfFailure(result);
      if (isLost(result))
        return refusalOfFailure({ code: result.body.fault, bytesLeft: true }, result.status);
      const { status, retryAfter } = result;
      const retryAfterMs = parseRetryAfterMs(retryAfter, clock.nowMs());
      return read({ status, retryAfterMs, text: 'text' in result.body ? result.body.text : null }, batch);
    },

    close: () => http.close(),
  };
}

/** Whether a 2xx broke off: what it would have said may come with another attempt. */
function isLost(
  answer: HttpAnswer,
): answer is HttpAnswer & { readonly body: { readonly fault: 'TIMEOUT' | 'CONNECTION_LOST' } } {
  const { body } = answer;
  return (
    isSuccess(answer) && 'fault' in body && (body.fault === 'TIMEOUT' || body.fault === 'CONNECTION_LOST')
  );
}

export function isSuccess({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300;
}

/** Makes URLs of paths below the base URL. Segments are opaque: whatever they hold, each stays one segment. */
export function urlsBelow(baseUrl: string): (...segments: readonly string[]) => WireRequest['url'] {
  const { origin, pathname } = new URL(baseUrl);
  const base = `${origin}${pathname.replace(/\/+$/, '')}`;
  return (...segments) =>
    base + segments.map((segment) => `/${encodeURIComponent(segment.toWellFormed())}`).join('');
}

/** For destinations that take one message per request. */
export function onlyMessage({ messages }: Batch): OutgoingMessage {
  const [message] = messages;
  if (message === undefined || messages.length > 1) throw new Error('A request takes exactly one message.');
  return message;
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
