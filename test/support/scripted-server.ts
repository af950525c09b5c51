/** A real HTTP server on loopback whose answers a test scripts, request by request. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface SeenRequest {
  /** 0-based, in order of arrival. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly arrivedAtMs: number;
}

/** Answers by writing to `response`; may also destroy the socket, or do nothing and let the client wait. */
export type Script = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer {
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

/** @param tls makes it an https server. */
export async function scriptedServer(
  t: TestContext,
  script: Script,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    const arrivedAtMs = performance.now();
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return; // The client left in the middle of its request.
    }
    const request: SeenRequest = {
      index: requests.length,
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      arrivedAtMs,
    };
    requests.push(request);
    await script(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  t.after(close);
  const { port } = server.address() as AddressInfo;
  return { origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, port, requests, close };
}

/** The sourceUuids of a save request, in order. */
export function uuidsIn(request: SeenRequest): string[] {
  const { saveMessageRequestList } = JSON.parse(request.body) as {
    saveMessageRequestList: { sourceUuid: string }[];
  };
  return saveMessageRequestList.map((item) => item.sourceUuid);
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** The answer of an API that took everything, but for `failed` (sourceUuid → errorCode). */
export function saveAnswer(uuids: readonly string[], failed: Readonly<Record<string, string>> = {}): unknown {
  return {
    saveMessageResponse: uuids.map((sourceUuid) =>
      sourceUuid in failed
        ? { sourceUuid, errors: [{ errorCode: failed[sourceUuid], errorDescription: 'refused' }] }
        : { sourceUuid, messageUuid: `m-${sourceUuid}`, errors: null, warnings: null },
    ),
    succesfullySubmittedSourceUuids: uuids.filter((sourceUuid) => !(sourceUuid in failed)),
    failedSourceUuids: uuids.filter((sourceUuid) => sourceUuid in failed),
    errors: null,
    warnings: null,
  };
}
