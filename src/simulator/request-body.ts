import type { IncomingMessage } from 'node:http';

/**
 * Reads a request to its end. A body beyond `maxBytes` is read too but not kept, so that the client
 * finishes sending and hears why it was refused.
 * @returns null when the client went away before the end.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large' | null> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else chunks = [];
    });
    request.once('end', () => {
      if (bytes > maxBytes) resolve('too-large');
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
    });
    request.once('close', () => resolve(null));
    request.once('error', () => resolve(null));
  });
}
