/**
 * An API on loopback that can be made to misbehave and to behave again: in what it answers, in how connections to it
 * come about, and in the proxy in between. It remembers what it took.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Route } from '../../src/destinations/http.ts';
import { CERTIFICATES, TEST_AUTHORITY, TEST_KEY } from './certificates.ts';
import { connectProxy } from './connect-proxy.ts';
import { answerJson, saveAnswer, scriptedServer } from './scripted-server.ts';

/** What an answer can be made of. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Below the answer, for what no server would say by itself. */
  readonly socket: Socket;
  /** Another host, which must never hear of the credentials. */
  readonly elsewhere: string;
  /** The answer of an API that took everything. */
  readonly accepted: string;
}

/** Faults of one kind or another; what is left out is in order. */
export interface Misbehaviour {
  /** `tls` is an https API; `proxy` one that only a proxy reaches. */
  readonly place?: 'plain' | 'tls' | 'proxy';
  /** Instead of the answer. */
  readonly answer?: (exchange: Exchange) => void;
  /** Whether the API takes the messages all the same. */
  readonly takes?: boolean;
  /** Nobody listens. */
  readonly down?: boolean;
  /** As soon as a connection comes in, before TLS. */
  readonly connection?: (socket: Socket) => void;
  /** As soon as the head of a request is there, before its body. */
  readonly head?: (socket: Socket) => void;
  readonly certificate?: keyof typeof CERTIFICATES;
  /** Instead of the tunnel. */
  readonly tunnel?: (client: Socket) => void;
  /** Stands in for the address of the API. */
  readonly baseUrl?: string;
}

export interface FaultyApi {
  readonly baseUrl: string;
  readonly route: Route;
  /** How often the API took each message. */
  readonly taken: ReadonlyMap<string, number>;
  /** Requests that it heard whole. */
  readonly requestCount: () => number;
  /** Requests that the other host heard. */
  readonly elsewhereCount: () => number;
  /** - `prelude`: takes everything, and answers 500. */
  become(mood: Mood): Promise<void>;
}

export type Mood = 'well' | 'prelude' | 'ill';

export async function faultyApi(t: TestContext, fault: Misbehaviour): Promise<FaultyApi> {
  const { place = 'plain' } = fault;
  let mood: Mood = 'well';
  let requestCount = 0;
  const taken = new Map<string, number>();
  const elsewhere = await scriptedServer(t, (_, response) => void response.end());

  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    if (mood === 'ill' && fault.head !== undefined) return fault.head(request.socket);
    const body = await bodyOf(request);
    if (body === null) return;
    requestCount++;
    const isIll = mood === 'ill' && fault.answer !== undefined;
    if (!isIll || fault.takes) for (const id of idsIn(body)) taken.set(id, (taken.get(id) ?? 0) + 1);
    if (mood === 'prelude') return void response.writeHead(500, { connection: 'close' }).end();
    const accepted = JSON.stringify(acceptanceOf(body));
    if (!isIll) return answerJson(response, 200, JSON.parse(accepted));
    const socket = request.socket;
    fault.answer?.({ response, socket, elsewhere: elsewhere.origin, accepted });
  };
  const server =
    place === 'plain'
      ? createServer(listener as RequestListener)
      : createTlsServer(listener as RequestListener);
  server.prependListener('connection', (socket: Socket) => {
    if (mood === 'ill') fault.connection?.(socket);
  });
  // Handshakes that the other side breaks off are what some faults are about.
  server.on('tlsClientError', () => {});
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  await listen(0);
  t.after(stop);
  const { port } = server.address() as AddressInfo;

  const become = async (next: Mood) => {
    mood = next;
    const isIll = mood === 'ill';
    if (place !== 'plain') {
      const cert = CERTIFICATES[(isIll && fault.certificate) || 'valid'];
      (server as TlsServer).setSecureContext({ key: TEST_KEY, cert });
    }
    if (fault.down && isIll) await stop();
    else if (!server.listening) await listen(port);
  };
  await become('well');

  const { tunnel } = fault;
  const proxy =
    place === 'proxy'
      ? await connectProxy(t, {
          upstreamPort: port,
          refuse(client) {
            if (mood !== 'ill' || tunnel === undefined) return false;
            tunnel(client);
            return true;
          },
        })
      : null;
  const origins = {
    plain: `http://127.0.0.1:${port}`,
    tls: `https://127.0.0.1:${port}`,
    proxy: 'https://api.example.test',
  };
  return {
    baseUrl: fault.baseUrl ?? origins[place],
    route: { proxy: proxy && new URL(proxy.origin), caCertificates: TEST_AUTHORITY },
    taken,
    requestCount: () => requestCount,
    elsewhereCount: () => elsewhere.requests.length,
    become,
  };
}

/** Null when the client left in the middle of its request. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  try {
    return Buffer.concat(await request.toArray()).toString('utf8');
  } catch {
    return null;
  }
}

interface AnyBody {
  readonly saveMessageRequestList?: readonly { readonly sourceUuid: string }[];
  readonly messageAttributes?: { readonly body: string };
}

/** A text carries no identity: in these tests its words are one. */
function idsIn(body: string): string[] {
  const { saveMessageRequestList, messageAttributes } = JSON.parse(body) as AnyBody;
  return saveMessageRequestList?.map((item) => item.sourceUuid) ?? [messageAttributes?.body ?? ''];
}

function acceptanceOf(body: string): unknown {
  return body.startsWith('{"saveMessageRequestList"')
    ? saveAnswer(idsIn(body))
    : { status: 'SUCCESS', messageUUID: 'm-1', requestUUID: 'r-1', errors: [], warnings: [] };
}
