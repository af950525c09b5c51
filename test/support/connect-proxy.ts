/** A real HTTP proxy on loopback that opens tunnels (CONNECT), and knows where the hosts of a test are. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface ConnectProxy {
  /** Scheme, host and port. */
  readonly origin: string;
  /** What was asked for, `host:port` each. */
  readonly tunnels: readonly string[];
  /** The `proxy-authorization` of each. */
  readonly credentials: readonly (string | undefined)[];
  /** All that went through towards the API, as the proxy sees it. */
  overheard(): string;
}

export interface ConnectProxyOptions {
  /** Where every tunnel ends, whatever host was asked for: port on loopback. */
  readonly upstreamPort: number;
  /** Instead of opening the tunnel; `index` counts the tunnels asked for. True where it has dealt with it. */
  readonly refuse?: (client: Socket, index: number) => boolean;
  /** Makes it a proxy that is itself spoken to over TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export async function connectProxy(
  t: TestContext,
  { upstreamPort, refuse = () => false, tls }: ConnectProxyOptions,
): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const credentials: (string | undefined)[] = [];
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    sockets.add(client);
    client.on('error', () => {});
    credentials.push(request.headers['proxy-authorization']);
    if (refuse(client, tunnels.push(request.url ?? '') - 1)) return;
    const upstream = connect(upstreamPort, '127.0.0.1');
    sockets.add(upstream);
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.on('data', (chunk: Buffer) => heard.push(chunk));
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => {
      if (client.bytesWritten === 0) client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      else client.destroy();
    });
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    credentials,
    overheard: () => Buffer.concat(heard).toString('latin1'),
  };
}
