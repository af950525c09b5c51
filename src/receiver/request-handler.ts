/**
 * What becomes of a request. Answers are constants: nothing of a request is ever in one, and neither is a reason that would
 * help somebody who guesses.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { DeliveryKind } from './archived-delivery.ts';
import { EVENTS_PATH, HEALTH_PATH, readCallbackPath } from './callback-paths.ts';
import type { Deliveries } from './deliveries.ts';
import type { Delivery } from './delivery.ts';
import { type ByteBudget, discardRest, readBody } from './request-body.ts';
import { createTokenCheck, isSigned } from './signature.ts';

export interface EventCredentials {
  /** Any one of them may have made the signature. */
  readonly signatureSecrets: readonly string[];
  /** Any one of them may be the value of `x-authorization-token`. */
  readonly authorizationTokens: readonly string[];
}

export interface ReceiverCounts {
  readonly stored: number;
  readonly repeated: number;
  /** Answered 4xx, or cut off before there was anything to answer. */
  readonly refused: number;
  /** Answered 5xx; the sender is to try again. */
  readonly unavailable: number;
}

export interface ReceiverTrouble {
  readonly reason: Reason;
  /** Null when the connection was gone before there was anything to answer. */
  readonly status: number | null;
  /** The disk's error with `CANNOT_STORE`, ours with `DEFECT`. */
  readonly cause?: unknown;
}

const STATUS_OF_REASON = {
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_AUTHENTIC: 401,
  UNSUPPORTED_CONTENT: 415,
  EMPTY: 400,
  TOO_LARGE: 413,
  /** The connection ended before the body did. */
  INCOMPLETE: null,
  /** More is being received at once than is kept in memory. */
  BUSY: 503,
  /** The disk is full, or fails. */
  CANNOT_STORE: 503,
  DEFECT: 500,
} as const;
export type Reason = keyof typeof STATUS_OF_REASON;

const RETRY_AFTER_SECONDS = '5';

type Headers = Readonly<Record<string, string>>;

export interface HandlerOptions {
  readonly deliveries: Pick<Deliveries, 'take'>;
  /** Null where message events are not taken. */
  readonly events: EventCredentials | null;
  readonly callbackTokens: readonly string[];
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  readonly onTrouble: (trouble: ReceiverTrouble) => void;
}

export interface Handler {
  /** Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  counts(): ReceiverCounts;
}

type Route =
  | { readonly kind: 'health'; readonly methods: readonly string[] }
  | { readonly kind: DeliveryKind; readonly methods: readonly string[]; readonly query: string };

export function createHandler(options: HandlerOptions): Handler {
  const { deliveries, events, maxBodyBytes, budget, onTrouble } = options;
  const isCallbackToken = createTokenCheck(options.callbackTokens);
  const isAuthorized = createTokenCheck(events?.authorizationTokens ?? []);
  const counts = { stored: 0, repeated: 0, refused: 0, unavailable: 0 };

  function findRoute(url: string): Route | null {
    const { path, query } = splitUrl(url);
    if (path === HEALTH_PATH) return { kind: 'health', methods: ['GET', 'HEAD'] };
    if (path === EVENTS_PATH && events !== null) {
      return { kind: 'message-event', methods: ['POST'], query: '' };
    }
    const callback = readCallbackPath(path);
    if (callback === null || !isCallbackToken(callback.token)) return null;
    // Which of the two callbacks come with is not published.
    return { kind: callback.kind, methods: ['POST', 'PUT'], query };
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = findRoute(request.url ?? '');
    if (route === null) {
      refuse(request, response, 'NOT_FOUND');
    } else if (!route.methods.includes(request.method ?? '')) {
      refuse(request, response, 'METHOD_NOT_ALLOWED', { allow: route.methods.join(', ') });
    } else if (route.kind === 'health') {
      answer(response, 200, { status: 'ok', ...counts });
    } else {
      const reason = reasonToIgnoreBody(route.kind, request.headers);
      if (reason === null) await receive(request, response, route.kind, route.query);
      else refuse(request, response, reason);
    }
  }

  /** Whoever is not allowed to deliver does not get us to hold a body. */
  function reasonToIgnoreBody(kind: DeliveryKind, headers: IncomingHttpHeaders): Reason | null {
    if (kind === 'message-event') {
      if (!isAuthorized(oneValue(headers['x-authorization-token']))) return 'NOT_AUTHENTIC';
      if (!isTextOrJson(headers)) return 'UNSUPPORTED_CONTENT';
    }
    return isCompressed(headers) ? 'UNSUPPORTED_CONTENT' : null;
  }

  async function receive(
    request: IncomingMessage,
    response: ServerResponse,
    kind: DeliveryKind,
    query: string,
  ): Promise<void> {
    const body = await readBody(request, maxBodyBytes, budget);
    if (typeof body === 'string') {
      refuse(request, response, body);
      return;
    }
    try {
      if (kind === 'message-event' && !isSignedEvent(body, request.headers)) {
        refuse(request, response, 'NOT_AUTHENTIC');
      } else if (body.length === 0 && query === '') {
        refuse(request, response, 'EMPTY');
      } else {
        await store(request, response, { kind, query, body });
      }
    } finally {
      budget.release(body.length);
    }
  }

  function isSignedEvent(body: Buffer, headers: IncomingHttpHeaders): boolean {
    const signature = oneValue(headers['mykaarma-signature-token']);
    return isSigned(body, signature, events?.signatureSecrets ?? []);
  }

  async function store(
    request: IncomingMessage,
    response: ServerResponse,
    delivery: Delivery,
  ): Promise<void> {
    try {
      const result = await deliveries.take(delivery);
      counts[result] += 1;
      answer(response, 200, { result });
    } catch (cause) {
      refuse(request, response, 'CANNOT_STORE', {}, cause);
    }
  }

  function refuse(
    request: IncomingMessage,
    response: ServerResponse,
    reason: Reason,
    headers: Headers = {},
    cause?: unknown,
  ): void {
    const status = STATUS_OF_REASON[reason];
    counts[status !== null && status >= 500 ? 'unavailable' : 'refused'] += 1;
    onTrouble({ reason, status, ...(cause === undefined ? {} : { cause }) });
    if (status === null || response.headersSent) return;
    discardRest(request, maxBodyBytes);
    answer(response, status, { error: reason }, headers);
  }

  return {
    counts: () => ({ ...counts }),
    async handle(request, response) {
      try {
        await respond(request, response);
      } catch (cause) {
        refuse(request, response, 'DEFECT', {}, cause);
      }
    },
  };
}

function answer(
  response: ServerResponse,
  status: number,
  document: Readonly<Record<string, string | number>>,
  headers: Headers = {},
): void {
  const text = `${JSON.stringify(document)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
    ...headers,
  });
  response.end(text);
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

function oneValue(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

/** A body that is compressed is not the body that was signed. */
function isCompressed(headers: IncomingHttpHeaders): boolean {
  return !/^(identity)?$/i.test(headers['content-encoding'] ?? '');
}

/** Events come as text/plain although they are JSON ; a proxy in front may know better. */
function isTextOrJson(headers: IncomingHttpHeaders): boolean {
  return /^(text\/plain|application\/json)\s*(;|$)/i.test(headers['content-type'] ?? 'text/plain');
}
