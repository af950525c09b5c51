/**
 * An API that takes every message, after a given latency. It does as little as it can: what is measured is not the server.
 * It finds the sourceUuids in the bytes of a request, and says of all of them that they were submitted.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const latencyMs = Number(process.argv[2] ?? '0');
const KEY = Buffer.from('"sourceUuid":"');

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = answerTo(Buffer.concat(chunks));
    if (latencyMs === 0) send(response, body);
    else setTimeout(send, latencyMs, response, body);
  });
});

function answerTo(request: Buffer): string {
  const submitted: string[] = [];
  for (let at = request.indexOf(KEY); at !== -1; at = request.indexOf(KEY, at)) {
    const start = at + KEY.length;
    at = request.indexOf('"', start);
    submitted.push(request.toString('latin1', start - 1, at + 1));
  }
  return `{"succesfullySubmittedSourceUuids":[${submitted}],"failedSourceUuids":[],"saveMessageResponse":[],"statusCode":200}`;
}

function send(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
