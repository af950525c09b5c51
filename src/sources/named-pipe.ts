/** A pipe that has a path, such as the shell's `<(…)` or what `mkfifo` makes. */
import { close, constants, open as openCallback } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { streamBytes } from './stored-bytes.ts';

const openDescriptor = promisify(openCallback);
const closeDescriptor = promisify(close);

/** Between two tries to be the writer that is waited for. */
const TRY_EVERY_MS = 10;

/**
 * Opening a pipe waits until somebody writes to it, and reading until more is written. An abort ends either, quietly: a thread that waits
 * for the system would keep the process from ending.
 */
export async function* pipeBytes(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  if (signal?.aborted) return;
  // Not a FileHandle: the socket closes it.
  const descriptor = await opened(path, signal);
  if (signal?.aborted) return closeDescriptor(descriptor);
  yield* streamBytes(new Socket({ fd: descriptor, readable: true, writable: false }), signal);
}

async function opened(path: string, signal: AbortSignal | undefined): Promise<number> {
  const waiting = new AbortController();
  const letGo = async () => {
    while (!waiting.signal.aborted) {
      await writeNothing(path);
      await delay(TRY_EVERY_MS);
    }
  };
  signal?.addEventListener('abort', letGo, { once: true });
  try {
    return await openDescriptor(path, constants.O_RDONLY);
  } finally {
    waiting.abort();
    signal?.removeEventListener('abort', letGo);
  }
}

/** Does not wait itself: without a reader there is nothing to do. */
async function writeNothing(path: string): Promise<void> {
  const writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => null);
  await writer?.close();
}
