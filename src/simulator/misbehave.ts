/** How each fault that strikes a whole request looks on the wire. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../clock.ts';
import { htmlPage, retryAfterHeaders, sendJson, sendStatus, sendText } from './answers.ts';
import type { RequestEffect } from './faults.ts';
import type { Exchange } from './router.ts';

export interface MisbehaviourOptions {
  /** Where redirects lead. */
  readonly redirectTo: () => string;
  /** Size of the `huge` answer; the `gzip-bomb` expands to ten times as much. */
  readonly hugeBytes: number;
  /** Pause between two pieces of the `slow-drip` answer. */
  readonly dripIntervalMs: number;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

const DRIP_BYTES = 16;
const CHUNK_BYTES = 1_000_000;

/** @param answer what a well-behaved server would answer, as JSON text; empty where nothing was processed. */
export async function misbehave(
  does: RequestEffect,
  { request, response }: Exchange,
  answer: string,
  options: MisbehaviourOptions,
): Promise<void> {
  if (typeof does === 'object') {
    sendStatus(
      response,
      does.status,
      headersOf(does.status, does.retryAfter ?? 'none', options.redirectTo()),
    );
    return;
  }
  switch (does) {
    case 'stranger':
      sendText(response, 200, 'application/json', withStranger(answer));
      return;
    case 'null-lists':
      sendJson(response, 200, {
        saveMessageResponse: null,
        succesfullySubmittedSourceUuids: null,
        failedSourceUuids: null,
        errors: null,
        warnings: null,
      });
      return;
    case 'empty':
      response.writeHead(200, { 'content-length': 0 });
      response.end();
      return;
    case 'html':
      sendText(response, 200, 'text/html', htmlPage('Scheduled maintenance'));
      return;
    case 'rubbish':
      sendJson(response, 200, {
        saveMessageResponse: 'yes',
        succesfullySubmittedSourceUuids: { 0: true },
        failedSourceUuids: 7,
      });
      return;
    case 'wrong-type':
      sendText(response, 200, 'text/plain', answer);
      return;
    case 'truncated':
      sendText(response, 200, 'application/json', answer.slice(0, answer.length >> 1));
      return;
    case 'close-early':
      closeEarly(response, answer);
      return;
    case 'slow-drip':
      return slowDrip(response, answer, options);
    case 'huge':
      return huge(response, options.hugeBytes);
    case 'gzip-bomb':
      return gzipBomb(response, options.hugeBytes * 10);
    case 'hang':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
  }
}

function headersOf(
  status: number,
  retryAfter: Parameters<typeof retryAfterHeaders>[0],
  redirectTo: string,
): Record<string, string> {
  return {
    ...(retryAfterHeaders(retryAfter) as Record<string, string>),
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="simulator"' } : {}),
    ...(status === 405 ? { allow: 'GET' } : {}),
    ...(status >= 300 && status < 400 ? { location: redirectTo } : {}),
  };
}

function withStranger(answer: string): string {
  const document = JSON.parse(answer) as { succesfullySubmittedSourceUuids: string[] };
  document.succesfullySubmittedSourceUuids.push('never-sent-by-anybody');
  return JSON.stringify(document);
}

function closeEarly(response: ServerResponse, answer: string): void {
  const body = Buffer.from(answer, 'utf8');
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

async function slowDrip(
  response: ServerResponse,
  answer: string,
  { dripIntervalMs, signal }: MisbehaviourOptions,
): Promise<void> {
  const body = Buffer.from(answer, 'utf8');
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  for (let at = 0; at < body.length && !response.destroyed && !signal.aborted; at += DRIP_BYTES) {
    response.write(body.subarray(at, at + DRIP_BYTES));
    await systemClock.sleep(dripIntervalMs, signal);
  }
  response.end();
}

async function huge(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  await stream(response, repeated(Buffer.alloc(CHUNK_BYTES, ' '), Math.ceil(bytes / CHUNK_BYTES)));
}

async function gzipBomb(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  // Gzip members may follow one another (RFC 1952, section 2.2).
  const member = gzipSync(Buffer.alloc(CHUNK_BYTES * 10, ' '));
  await stream(response, repeated(member, Math.ceil(bytes / (CHUNK_BYTES * 10))));
}

async function stream(response: ServerResponse, chunks: Iterable<Buffer>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), response);
  } catch {
    // The client had enough: that is what such answers are for.
  }
}

function* repeated(chunk: Buffer, times: number): Generator<Buffer> {
  for (let time = 0; time < times; time++) yield chunk;
}
