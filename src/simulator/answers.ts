/** What well-behaved answers look like. */
import { hash } from 'node:crypto';
import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { RetryAfter } from './faults.ts';

/** Shape of `errors` in the save-historical-message and send-text references, of items and of whole answers. */
export interface AnswerError {
  readonly errorCode: string;
  readonly errorDescription: string;
  readonly errorUID: string;
}

/** @param about what makes this occurrence unique; the errorUID is derived from it, so that runs can be compared. */
export function answerError(errorCode: string, errorDescription: string, about: string): AnswerError {
  return {
    errorCode,
    errorDescription,
    errorUID: hash('sha256', `${errorCode} ${about}`, 'hex').slice(0, 16),
  };
}

/** The request as a whole is refused. Answered by whoever called the handler. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly status: number;
  readonly code: string;
  readonly headers: OutgoingHttpHeaders;
  readonly document: unknown;

  /** @param document what is answered; left out: the `errors` that the myKaarma references share. */
  constructor(
    status: number,
    code: string,
    message: string,
    headers: OutgoingHttpHeaders = {},
    document?: unknown,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.document = document ?? { errors: [answerError(code, message, String(status))] };
  }
}

export function sendText(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    ...headers,
    'content-type': contentType,
    'content-length': Buffer.byteLength(text, 'utf8'),
  });
  response.end(text, 'utf8');
}

export function sendJson(
  response: ServerResponse,
  status: number,
  document: unknown,
  headers?: OutgoingHttpHeaders,
): void {
  sendText(response, status, 'application/json', JSON.stringify(document), headers);
}

export function sendRefusal(response: ServerResponse, refusal: BadRequest): void {
  sendJson(response, refusal.status, refusal.document, refusal.headers);
}

/** A bare status, as the API or something in front of it would answer. Gateways answer with pages. */
export function sendStatus(response: ServerResponse, status: number, headers: OutgoingHttpHeaders): void {
  const title = STATUS_CODES[status] ?? 'Refused';
  if (status === 502 || status === 504) {
    sendText(response, status, 'text/html', htmlPage(`${status} ${title}`), headers);
    return;
  }
  sendRefusal(response, new BadRequest(status, `HTTP_${status}`, title, headers));
}

export function htmlPage(title: string): string {
  return `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
}

const RETRY_AFTER_SECONDS = 1;

/** The forms of Retry-After (RFC 9110, section 10.2.3), and two that no client should obey. */
export function retryAfterHeaders(form: RetryAfter): OutgoingHttpHeaders {
  switch (form) {
    case 'none':
      return {};
    case 'seconds':
      return { 'retry-after': String(RETRY_AFTER_SECONDS) };
    case 'date':
      // Dates have whole seconds: the next full one after the pause, lest it be none at all.
      return {
        'retry-after': new Date(Math.ceil(Date.now() / 1_000 + RETRY_AFTER_SECONDS) * 1_000).toUTCString(),
      };
    case 'absurd':
      return { 'retry-after': '999999' };
    case 'garbled':
      return { 'retry-after': 'soon' };
  }
}
