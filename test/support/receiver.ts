/** A receiver on loopback with an archive directory of its own, and senders for it. */
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { ArchivedDelivery } from '../../src/receiver/archived-delivery.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../src/receiver/receiver.ts';
import type { ReceiverTrouble } from '../../src/receiver/request-handler.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const SECRET = 'a signature secret';
export const AUTHORIZATION = 'an authorization token';
export const CALLBACK_TOKEN = 'callback-token-of-the-tests';

export interface TestReceiver extends Receiver {
  readonly url: string;
  readonly directory: string;
  /** Whatever did not end well, in order. */
  readonly troubles: ReceiverTrouble[];
}

export async function receiverFor(
  t: TestContext,
  options: Partial<ReceiverOptions> = {},
): Promise<TestReceiver> {
  const directory = options.archiveDirectory ?? join(temporaryDirectory(t), 'deliveries');
  const troubles: ReceiverTrouble[] = [];
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    archiveDirectory: directory,
    events: { signatureSecrets: [SECRET], authorizationTokens: [AUTHORIZATION] },
    callbackTokens: [CALLBACK_TOKEN],
    maxBodyBytes: 1_000_000,
    maxConnections: 512,
    maxArchiveFileBytes: 64_000_000,
    rememberedDeliveries: 10_000,
    clock: systemClock,
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  t.after(() => receiver.close());
  return { ...receiver, url: `http://127.0.0.1:${receiver.port}`, directory, troubles };
}

/** An event as it is delivered: `payload` is a JSON string. */
export function eventBody(id: string, payload: unknown = { isUpdate: false }, timestamp = 1_728_542_293_678) {
  return JSON.stringify({ id, timestamp, type: 'messages', payload: JSON.stringify(payload) });
}

export function signature(body: string | Uint8Array, secret = SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

export function eventHeaders(body: string | Uint8Array): Record<string, string> {
  return {
    'content-type': 'text/plain',
    'mykaarma-signature-token': signature(body),
    'x-authorization-token': AUTHORIZATION,
  };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export async function post(
  url: string,
  body: string | Uint8Array,
  headers = {},
  method = 'POST',
): Promise<Answer> {
  const response = await fetch(url, { method, body, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export function deliverEvent(
  { url }: { url: string },
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return post(`${url}/events/mykaarma`, body, { ...eventHeaders(body), ...headers });
}

export function deliverCallback(
  { url }: { url: string },
  path: string,
  body: string | Uint8Array,
): Promise<Answer> {
  return post(`${url}/callbacks/${CALLBACK_TOKEN}/${path}`, body);
}

export function archiveNames(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ndjson'))
    .sort();
}

/** Everything in the archives, which must be whole. */
export function archived(directory: string): ArchivedDelivery[] {
  return archiveNames(directory).flatMap((name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    if (text !== '' && !text.endsWith('\n')) throw new Error(`${name} ends in the middle of a line`);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as ArchivedDelivery);
  });
}

export interface RawConnection {
  write(bytes: string | Uint8Array): void;
  destroy(): void;
  /** Everything that was received until the receiver closed the connection. */
  readonly ended: Promise<string>;
  /** Resolves when what was received so far contains `text`. */
  received(text: string): Promise<void>;
}

/** Bytes as they are, for senders that no HTTP client would be. */
export function rawConnection({ port }: { port: number }): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let onData = () => {};
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    onData();
  });
  socket.on('error', () => {}); // reset by the receiver: `ended` tells
  return {
    write: (bytes) => void socket.write(bytes),
    destroy: () => socket.destroy(),
    ended: new Promise((resolve) => socket.once('close', () => resolve(text))),
    received: (awaited) =>
      new Promise((resolve) => {
        onData = () => {
          if (text.includes(awaited)) resolve();
        };
        onData();
      }),
  };
}
