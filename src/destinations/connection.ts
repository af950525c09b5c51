/**
 * How a connection comes about: directly or through a proxy's tunnel, and what it means when it does not.
 *
 * The tunnel is our own CONNECT rather than the library's proxy agent: the agent hides a proxy's refusal behind an
 * aborted request, and connects again and again on its own when the proxy hangs up. This way a request is written
 * only to a finished connection, with a proxy and without, and the line between "surely not taken" and "perhaps taken" stays
 * where it is.
 */
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';

/** Why no connection came about, so that no byte of a request has left. */
export type ConnectionFault =
  | 'CONNECTION_REFUSED'
  | 'HOST_NOT_FOUND'
  | 'CONNECT_TIMEOUT'
  | 'CONNECTION_FAILED'
  | 'PROXY_FAILED'
  | 'PROXY_AUTHENTICATION'
  | 'PROXY_DENIED'
  | 'CERTIFICATE_UNTRUSTED'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_WRONG_HOST'
  | 'TLS_FAILED';

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly fault: ConnectionFault;
  constructor(fault: ConnectionFault) {
    super(fault);
    this.fault = fault;
  }
}

export interface ConnectorOptions {
  /** Of undici; connects directly, and speaks TLS over a tunnel. */
  readonly connect: buildConnector.connector;
  /** May hold credentials. */
  readonly proxy: URL | null;
  /** What is trusted instead of Node's own choice; for the proxy too. */
  readonly secureContext: SecureContext | null;
  /** Longest wait for the tunnel. */
  readonly timeoutMs: number;
  /** Ends all tunnels that are being opened. */
  readonly signal: AbortSignal;
}

/** Calls back with a {@link ConnectionError}, never with another. */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { connect, proxy } = options;
  const direct: buildConnector.connector = (target, callback) =>
    connect(target, (...result) =>
      result[0] === null ? callback(...result) : callback(new ConnectionError(faultOf(result[0])), null),
    );
  if (proxy === null) return direct;
  return (target, callback) =>
    openTunnel(proxy, target, options, (error, socket) => {
      if (socket === null) callback(error, null);
      else if (target.protocol === 'https:') direct({ ...target, httpSocket: socket }, callback);
      else callback(null, socket);
    });
}

/** What Node trusts (NODE_EXTRA_CA_CERTS included) and these certificates besides. */
export async function trust(caCertificates: string): Promise<SecureContext> {
  const { createSecureContext, getCACertificates } = await import('node:tls');
  return createSecureContext({ ca: [...getCACertificates('default'), caCertificates] });
}

type TunnelCallback = (...result: [ConnectionError, null] | [null, Socket]) => void;

async function openTunnel(
  proxy: URL,
  { host = '', port, protocol }: buildConnector.Options,
  { secureContext, timeoutMs, signal }: ConnectorOptions,
  callback: TunnelCallback,
): Promise<void> {
  const { request: connectTo } = await (proxy.protocol === 'https:'
    ? import('node:https')
    : import('node:http'));
  const authority = port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host;
  const authorization = proxyAuthorization(proxy);
  const request = connectTo({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      'user-agent': 'backhaul',
      ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
    },
    agent: false,
    ...(secureContext === null ? {} : { secureContext }),
  });
  const giveUp = () => request.destroy(new ConnectionError('PROXY_FAILED'));
  const timer = setTimeout(giveUp, timeoutMs);
  signal.addEventListener('abort', giveUp);
  const settle: TunnelCallback = (...result) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    callback(...result);
  };
  request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
    // Whoever takes the socket over listens for himself.
    socket.on('error', () => {});
    // Nobody speaks before us: bytes that follow the answer are not from the API.
    const fault = head.length > 0 ? 'PROXY_FAILED' : faultOfProxyStatus(statusCode);
    if (fault === null) return settle(null, socket);
    socket.destroy();
    settle(new ConnectionError(fault), null);
  });
  request.once('error', (error) => {
    const fault = faultOf(error);
    settle(new ConnectionError(STOPPING.has(fault) ? fault : 'PROXY_FAILED'), null);
  });
  if (signal.aborted) giveUp();
  request.end();
}

/** The value of `proxy-authorization`; null when the URL holds no credentials. */
function proxyAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(words, 'utf8').toString('base64')}`;
}

/** 4xx is the proxy's rule, which will be the same in a minute; everything else may pass. */
function faultOfProxyStatus(status: number): ConnectionFault | null {
  if (status >= 200 && status < 300) return null;
  if (status === 407) return 'PROXY_AUTHENTICATION';
  return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'PROXY_DENIED' : 'PROXY_FAILED';
}

/** Faults that will be the same in a minute: no request fares better. */
const STOPPING: ReadonlySet<string> = new Set<ConnectionFault>([
  'PROXY_AUTHENTICATION',
  'PROXY_DENIED',
  'CERTIFICATE_UNTRUSTED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_WRONG_HOST',
  'TLS_FAILED',
]);

export function stopsEveryRequest(code: string): boolean {
  return STOPPING.has(code);
}

const FAULTS: Readonly<Record<string, ConnectionFault>> = {
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ENOTFOUND: 'HOST_NOT_FOUND',
  EAI_AGAIN: 'HOST_NOT_FOUND',
  ETIMEDOUT: 'CONNECT_TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'CONNECT_TIMEOUT',
  CERT_HAS_EXPIRED: 'CERTIFICATE_EXPIRED',
  CERT_NOT_YET_VALID: 'CERTIFICATE_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'CERTIFICATE_WRONG_HOST',
  HOSTNAME_MISMATCH: 'CERTIFICATE_WRONG_HOST',
};

/** Codes of Node and OpenSSL for certificates that do not hold, and for servers that do not speak TLS. */
const CERTIFICATE_CODE = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA$|PATH_LENGTH_EXCEEDED$)/;
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|EPROTO$)/;

function faultOf(error: Error): ConnectionFault {
  if (error instanceof ConnectionError) return error.fault;
  const code = 'code' in error ? String(error.code) : '';
  const known = FAULTS[code];
  if (known !== undefined) return known;
  if (CERTIFICATE_CODE.test(code)) return 'CERTIFICATE_UNTRUSTED';
  return TLS_CODE.test(code) ? 'TLS_FAILED' : 'CONNECTION_FAILED';
}
