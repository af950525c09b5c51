/**
 * One HTTP request, and exactly what is known afterwards: an answer, or a failure with whether bytes may have left.
 *
 * `Pool.dispatch` rather than `Pool.request`: its handler is told when a request is about to be written to a
 * connection, which is the line between "surely not taken" and "perhaps taken". Nothing is retried, no redirect is followed, no
 * answer is decompressed.
 */
import type { Dispatcher, Pool } from 'undici';
import { ConnectionError, type ConnectionFault, createConnector, trust } from './connection.ts';

export interface HttpRequest {
  readonly method: 'PUT' | 'POST';
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Why an answer's body could not be read whole. */
export type BodyFault = 'TIMEOUT' | 'CONNECTION_LOST' | 'TOO_LARGE' | 'ENCODED';

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly text: string } | { readonly fault: BodyFault };
}

export type FailureCode = ConnectionFault | 'TIMEOUT' | 'CONNECTION_LOST';

/** No answer came. `bytesLeft`: the request may have reached the API. */
export interface HttpFailure {
  readonly kind: 'failure';
  readonly code: FailureCode;
  readonly bytesLeft: boolean;
}

export type HttpResult = HttpAnswer | HttpFailure;

export interface HttpClientOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Most connections, which is the most requests at a time: one request per connection. */
  readonly connections: number;
  /** From the call to the last byte of the answer, however slowly it drips. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly route: Route;
}

/** How connections come about. */
export interface Route {
  /** The proxy whose tunnel is taken; may hold credentials. Null for direct connections. */
  readonly proxy: URL | null;
  /** PEM certificates to trust besides those that Node trusts; null for none. */
  readonly caCertificates: string | null;
}

export interface HttpClient {
  /** Loads the HTTP library, which {@link HttpClient.request} does otherwise. */
  prepare(): Promise<void>;
  /** Never rejects. */
  request(request: HttpRequest): Promise<HttpResult>;
  /** Drops all connections; requests under way end as failures. */
  close(): Promise<void>;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const closing = new AbortController();
  let pool: Promise<Pool> | null = null;
  const open = () => {
    pool ??= openPool(options, closing.signal);
    return pool;
  };
  return {
    async prepare() {
      await open();
    },
    async request(request) {
      const opened = await open();
      return new Promise((resolve) => dispatch(opened, request, options, resolve));
    },
    async close() {
      closing.abort();
      await (await pool)?.destroy();
    },
  };
}

/**
 * The HTTP library is loaded when something is to be sent: much is asked of a destination by those who never do. And only these
 * parts of it: the rest, such as `fetch` and web sockets, takes twice as long to load as they do.
 */
async function openPool(
  { origin, connections, timeoutMs, route }: HttpClientOptions,
  signal: AbortSignal,
): Promise<Pool> {
  const [{ default: Pool }, { default: buildConnector }] = await Promise.all([
    import('undici/lib/dispatcher/pool.js'),
    import('undici/lib/core/connect.js'),
  ]);
  const secureContext = route.caCertificates === null ? null : await trust(route.caCertificates);
  const connect = buildConnector({
    timeout: timeoutMs,
    ...(secureContext === null ? {} : { secureContext }),
  });
  return new Pool(origin, {
    connections,
    pipelining: 1,
    connect: createConnector({ connect, proxy: route.proxy, secureContext, timeoutMs, signal }),
    // One timer of our own covers connecting, headers and body.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function dispatch(
  pool: Pool,
  request: HttpRequest,
  { timeoutMs, maxAnswerBytes }: HttpClientOptions,
  resolve: (result: HttpResult) => void,
): void {
  let controller: Dispatcher.DispatchController | null = null;
  let answer: { status: number; retryAfter: string | null } | null = null;
  const chunks: Buffer[] = [];
  let size = 0;
  let finished = false;

  const finish = (result: HttpResult) => {
    finished = true;
    clearTimeout(timer);
    resolve(result);
  };
  /** Ends the exchange on our side: what has come so far decides the result. */
  const breakOff = (fault: BodyFault) => {
    if (answer !== null) finish({ kind: 'answer', ...answer, body: { fault } });
    else if (controller !== null) finish({ kind: 'failure', code: 'TIMEOUT', bytesLeft: true });
    else finish({ kind: 'failure', code: 'CONNECT_TIMEOUT', bytesLeft: false });
    controller?.abort(new Error(fault));
  };
  const timer = setTimeout(breakOff, timeoutMs, 'TIMEOUT');

  pool.dispatch(
    { method: request.method, path: request.path, headers: request.headers, body: request.body },
    {
      onRequestStart(started) {
        // Given up while it waited for a connection; or undici repeats it by itself, which is never wanted.
        if (finished || controller !== null) started.abort(new Error('not sent'));
        else controller = started;
      },
      onResponseStart(_, status, headers) {
        if (status < 200 || finished) return;
        answer = { status, retryAfter: single(headers['retry-after']) };
        const encoding = single(headers['content-encoding']);
        if (encoding !== null && encoding.toLowerCase() !== 'identity') breakOff('ENCODED');
      },
      onResponseData(_, chunk) {
        if (finished) return;
        size += chunk.length;
        if (size > maxAnswerBytes) breakOff('TOO_LARGE');
        else chunks.push(chunk);
      },
      onResponseEnd() {
        if (finished || answer === null) return;
        finish({ kind: 'answer', ...answer, body: { text: decoder.decode(Buffer.concat(chunks)) } });
      },
      onResponseError(_, error) {
        if (finished) return;
        if (answer !== null) finish({ kind: 'answer', ...answer, body: { fault: 'CONNECTION_LOST' } });
        else finish(failureOf(error, controller !== null));
      },
    },
  );
}

/** Drops a byte order mark; replaces what is not UTF-8. */
const decoder = new TextDecoder();

function single(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

function failureOf(error: Error, bytesLeft: boolean): HttpFailure {
  // Whatever went wrong after the first byte, rubbish instead of HTTP included, comes to the same.
  if (bytesLeft) return { kind: 'failure', code: 'CONNECTION_LOST', bytesLeft };
  const code = error instanceof ConnectionError ? error.fault : 'CONNECTION_FAILED';
  return { kind: 'failure', code, bytesLeft };
}
