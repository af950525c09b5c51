/** Everything that can go wrong between a delivery and an API, and which of the documented ends each comes to. */
import { gzipSync } from 'node:zlib';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Exchange, Misbehaviour } from './faulty-api.ts';

/**
 * What a fault means for messages (design: delivery, the ledger's states).
 * - `none`: it does no harm.
 * - `not-there`: nothing left, or it was turned away: waited for, no attempt consumed, pending in the end.
 * - `turned-away`: the same for history; for live sends it may have been taken.
 * - `not-now`: repeated up to maxAttempts, then pending and stopped; for live sends it may have been taken.
 * - `perhaps-taken`: repeated up to maxAttempts, then unknown; live sends are never repeated.
 * - `unreadable`: a success that cannot be read: unknown at once.
 * - `leave-alone`: stops at once, pending.
 * - `stop`: stops at once, pending, nobody blamed. `credentials`: the same, by its own name.
 * - `park`: the department's messages stay pending.
 * - `no-customer`: the customer's messages fail.
 * - `blame`: taken apart until the guilty stand alone and fail.
 */
export type Consequence =
  | 'none'
  | 'not-there'
  | 'turned-away'
  | 'not-now'
  | 'perhaps-taken'
  | 'unreadable'
  | 'leave-alone'
  | 'stop'
  | 'credentials'
  | 'park'
  | 'no-customer'
  | 'blame';

export interface Fault extends Misbehaviour {
  readonly title: string;
  readonly means: Consequence;
  /** What every attempt under it comes to. */
  readonly code: string;
  /** Longest wait for an answer, where the fault is one. */
  readonly timeoutMs?: number;
  /** It cannot be ended. */
  readonly isLasting?: true;
  /** Differs from another one in the form alone: one phase tells whether it is understood. */
  readonly isVariant?: true;
  /** How the program sees time. */
  readonly clock?: () => Clock;
}

const status = (code: number, means: Consequence, headers: Record<string, string> = {}): Fault => ({
  title: `status ${code}${Object.entries(headers).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`)}`,
  ...{ means, code: `HTTP_${code}` },
  answer: ({ response }) => void response.writeHead(code, headers).end(),
});

const redirect = (code: number): Fault => ({
  ...status(code, 'stop'),
  title: `redirect to another host, status ${code}`,
  answer: ({ response, elsewhere }) => void response.writeHead(code, { location: `${elsewhere}/take` }).end(),
});

const retryAfter = (value: string, means: Consequence, code = 429): Fault =>
  status(code, means, { 'retry-after': value });

const success = (title: string, answer: (exchange: Exchange) => void): Fault => ({
  ...{ title, answer, takes: true, means: 'unreadable', code: 'answered' },
});

const lost = (title: string, answer: (exchange: Exchange) => void): Fault => ({
  ...{ title, answer, means: 'perhaps-taken', code: 'CONNECTION_LOST' },
});

const proxyFault = (title: string, code: string, tunnel: Fault['tunnel'] & {}): Fault => ({
  ...{ title: `a proxy that ${title}`, place: 'proxy', means: 'not-there', code, tunnel },
});

const certificate = (name: Fault['certificate'] & {}, code: string): Fault => ({
  ...{ title: `certificate: ${name}`, place: 'tls', means: 'stop', code, certificate: name },
});

/** The first stands for all of them. */
const variants = (faults: readonly Fault[]): readonly Fault[] =>
  faults.map((fault, index) => (index === 0 ? fault : { ...fault, isVariant: true }));

const JSON_TYPE = { 'content-type': 'application/json' };

/** Some 50 kB that unpack to 50 MB. */
const BOMB = gzipSync(Buffer.alloc(50_000_000));
const HUGE = Buffer.alloc(20_000_000, ' ');

/** Long enough for an answer of a busy machine, short enough to be waited for. */
const HANG_MS = 400;

/** Writes a byte now and then, for ever. */
function drip({ socket }: Exchange, head: string): void {
  socket.write(head);
  const timer = setInterval(() => void socket.write('x'), 20);
  socket.once('close', () => clearInterval(timer));
}

/** An hour back at every look, while true time goes on. */
function jumpingBack(): Clock {
  let nowMs = Date.now();
  return { ...systemClock, nowMs: () => (nowMs -= 3_600_000) };
}

const httpDate = (offsetMs: number) => new Date(Date.now() + offsetMs).toUTCString();

export const FAULTS: readonly Fault[] = [
  { title: 'no fault at all', means: 'none', code: 'answered' },
  { title: 'a proxy in between', place: 'proxy', means: 'none', code: 'answered' },
  { title: 'a clock that jumps backwards', means: 'none', code: 'answered', clock: jumpingBack },
  {
    ...success('wrong content type, right document', ({ response, accepted }) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end(accepted),
    ),
    means: 'none',
  },

  // No connection.
  { title: 'connection refused', down: true, means: 'not-there', code: 'CONNECTION_REFUSED' },
  {
    ...{ title: 'a name that does not exist', baseUrl: 'http://api.example.invalid', isLasting: true },
    ...{ means: 'not-there', code: 'HOST_NOT_FOUND' },
  },
  {
    ...{ title: 'reset before TLS stands', place: 'tls', means: 'not-there', code: 'CONNECTION_FAILED' },
    connection: (socket) => void socket.resetAndDestroy(),
  },
  proxyFault('resets', 'PROXY_FAILED', (client) => void client.resetAndDestroy()),
  proxyFault('hangs up', 'PROXY_FAILED', (client) => void client.end()),
  proxyFault('cannot reach the API', 'PROXY_FAILED', (client) => void client.end('HTTP/1.1 504 No\r\n\r\n')),
  { ...proxyFault('hangs', 'CONNECT_TIMEOUT', () => {}), timeoutMs: HANG_MS },
  {
    ...proxyFault('wants credentials', 'PROXY_AUTHENTICATION', (client) => {
      client.end('HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\n\r\n');
    }),
    means: 'stop',
  },
  {
    ...proxyFault(
      'does not let through',
      'PROXY_DENIED',
      (client) => void client.end('HTTP/1.1 403 No\r\n\r\n'),
    ),
    means: 'stop',
  },
  certificate('selfSigned', 'CERTIFICATE_UNTRUSTED'),
  certificate('expired', 'CERTIFICATE_EXPIRED'),
  certificate('otherHost', 'CERTIFICATE_WRONG_HOST'),
  {
    ...certificate('expired', 'CERTIFICATE_EXPIRED'),
    title: 'certificate: expired, by a proxy',
    place: 'proxy',
  },

  // The request left, and no answer came.
  {
    ...{ title: 'reset before the request is read', means: 'perhaps-taken', code: 'CONNECTION_LOST' },
    head: (socket) => void socket.resetAndDestroy(),
  },
  lost('reset after the request', ({ socket }) => void socket.resetAndDestroy()),
  { ...lost('reset after acceptance', ({ socket }) => void socket.resetAndDestroy()), takes: true },
  { ...lost('closed after acceptance', ({ socket }) => void socket.end()), takes: true },
  {
    ...lost('a proxy that loses the answer', ({ socket }) => void socket.destroy()),
    takes: true,
    place: 'proxy',
  },
  lost('an answer that is not HTTP', ({ socket }) => void socket.end('SSH-2.0-hello\r\n')),
  {
    ...{ title: 'hang', answer: () => {}, takes: true, timeoutMs: HANG_MS },
    ...{ means: 'perhaps-taken', code: 'TIMEOUT' },
  },
  {
    ...{
      title: 'slow drip of headers',
      answer: (exchange) => drip(exchange, 'HTTP/1.1 200 OK\r\nx-y: '),
      takes: true,
    },
    ...{ means: 'perhaps-taken', code: 'TIMEOUT', timeoutMs: HANG_MS },
  },
  {
    ...{
      title: 'slow drip of the body',
      takes: true,
      means: 'perhaps-taken',
      code: 'TIMEOUT',
      timeoutMs: HANG_MS,
    },
    answer: (exchange) => drip(exchange, 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n'),
  },
  {
    ...lost('truncated body', ({ socket, accepted }) => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${accepted.length + 1}\r\n\r\n${accepted}`);
    }),
    takes: true,
  },
  {
    ...lost('truncated chunks', ({ socket, accepted }) => {
      const chunk = `${accepted.length.toString(16)}\r\n${accepted}\r\n`;
      socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`);
    }),
    takes: true,
  },

  // A success that says nothing.
  success('HTML with status 200', ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please sign in</body></html>');
  }),
  success('empty body with status 200', ({ response }) => void response.writeHead(200).end()),
  success('status 204', ({ response }) => void response.writeHead(204).end()),
  success('half a document', ({ response, accepted }) => {
    response.writeHead(200, JSON_TYPE).end(accepted.slice(0, accepted.length / 2));
  }),
  success('gzip bomb', ({ response }) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB);
  }),
  success('20 MB answer', ({ response }) => void response.writeHead(200, JSON_TYPE).end(HUGE)),
  {
    ...status(500, 'perhaps-taken'),
    title: '20 MB answer with status 500',
    answer: ({ response }) => void response.writeHead(500, JSON_TYPE).end(HUGE),
  },

  // Redirects and refusals.
  ...variants([307, 301, 302, 303, 308].map(redirect)),
  ...variants([304, 405, 407, 415].map((code) => status(code, 'stop'))),
  status(401, 'credentials'),
  status(403, 'park'),
  status(404, 'no-customer'),
  ...variants([400, 409, 413, 422, 451].map((code) => status(code, 'blame'))),

  // Not now.
  ...variants([408, 425, 503].map((code) => status(code, 'not-now'))),
  ...variants([500, 501, 502, 504, 507, 599].map((code) => status(code, 'perhaps-taken'))),
  { ...status(500, 'perhaps-taken'), title: 'status 500 after acceptance', takes: true },
  status(429, 'not-there'),
  ...variants(
    ['0', '0.02', httpDate(-60_000), 'Sun Nov  6 08:49:37 1994', 'Sunday, 06-Nov-94 08:49:37 GMT'].map(
      (value) => retryAfter(value, 'not-there'),
    ),
  ),
  // Neither seconds nor a date: as if it were not there.
  ...variants(
    [
      '',
      'soon',
      '-1',
      '0x10',
      '1e9',
      '99999999999',
      '1, 2',
      'Infinity',
      'NaN',
      'Thu, 31 Feb 2030 00:00:00 GMT',
    ].map((value) => retryAfter(value, 'not-there')),
  ),
  ...variants(
    ['86400', '9999999999', httpDate(86_400_000), 'Fri, 31 Dec 9999 23:59:59 GMT'].map((value) =>
      retryAfter(value, 'leave-alone'),
    ),
  ),
  {
    ...retryAfter(httpDate(0), 'leave-alone'),
    ...{ title: 'Retry-After: now, by a clock that jumped backwards', clock: jumpingBack },
  },
  retryAfter('0', 'turned-away', 503),
];
