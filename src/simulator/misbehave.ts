/** How each fault that strikes a whole request looks on the wire. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../clock.ts';
import { htmlPage, retryAfterHeaders, sendJson, sendStatus, sendText } from './answers.ts';
import type { RequestEffect } from './faults.ts';
import { acceptedAsPrinted } from './kaleyra-answers.ts';
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

/** What a well-behaved server would answer. */
export interface ApiAnswer {
  readonly status: number;
  readonly document: unknown;
}

export const NO_ANSWER: ApiAnswer = { status: 200, document: null };

/** @param answer ignored by the effects that can strike before anything is processed. */
export async function misbehave(
  does: RequestEffect,
  { request, response }: Exchange,
  answer: ApiAnswer,
  options: MisbehaviourOptions,
): Promise<void> {
  if (typeof does === 'object') {
    const { status, document, retryAfter = 'none' } = does;
    if (document !== undefined) sendJson(response, status, document);
    else sendStatus(response, status, headersOf(status, retryAfter, options.redirectTo()));
    return;
  }
  const { status } = answer;
  const text = JSON.stringify(answer.document);
  switch (does) {
    case 'stranger':
      sendJson(response, status, withStranger(answer.document));
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
      sendText(response, status, 'text/plain', text);
      return;
    case 'truncated':
      sendText(response, status, 'application/json', text.slice(0, text.length >> 1));
      return;
    case 'close-early':
      closeEarly(response, status, text);
      return;
    case 'slow-drip':
      return slowDrip(response, status, text, options);
    case 'huge':
      return huge(response, options.hugeBytes);
    case 'gzip-bomb':
      return gzipBomb(response, options.hugeBytes * 10);
    case 'hang':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'as-printed':
      sendText(response, status, 'application/json', asPrinted(answer.document));
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

function withStranger(document: unknown): unknown {
  const { succesfullySubmittedSourceUuids: listed, ...rest } = document as {
    succesfullySubmittedSourceUuids: string[];
  };
  return { ...rest, succesfullySubmittedSourceUuids: [...listed, 'never-sent-by-anybody'] };
}

function asPrinted(document: unknown): string {
  const { data } = document as { data: { message_id: string } };
  return acceptedAsPrinted(data.message_id);
}

function closeEarly(response: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

async function slowDrip(
  response: ServerResponse,
  status: number,
  text: string,
  { dripIntervalMs, signal }: MisbehaviourOptions,
): Promise<void> {
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
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
