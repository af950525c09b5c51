/** Reading request bodies within bounds: of one body, and of all that are held at the same time. */
import type { IncomingMessage } from 'node:http';

export interface ByteBudget {
  /** False when that would be more than there is; then nothing is taken. */
  take(bytes: number): boolean;
  release(bytes: number): void;
}

export function createByteBudget(totalBytes: number): ByteBudget {
  let left = totalBytes;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    release(bytes) {
      left += bytes;
    },
  };
}

/** `TOO_LARGE`: beyond `maxBytes`. `BUSY`: no budget left. `INCOMPLETE`: the connection ended before the body did. */
export type BodyProblem = 'TOO_LARGE' | 'BUSY' | 'INCOMPLETE';

/** The budget of a body that was read is the caller's to release. Does not wait for the end of one that is refused. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: ByteBudget,
): Promise<Buffer | BodyProblem> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.resolve('TOO_LARGE');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;

    function onData(chunk: Buffer): void {
      if (bytes + chunk.length > maxBytes) refuse('TOO_LARGE');
      else if (!budget.take(chunk.length)) refuse('BUSY');
      else {
        bytes += chunk.length;
        chunks.push(chunk);
      }
    }
    function onEnd(): void {
      forget();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
    }
    function refuse(problem: BodyProblem): void {
      forget();
      budget.release(bytes);
      resolve(problem);
    }
    const onClose = () => refuse('INCOMPLETE');
    function forget(): void {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    request.on('error', () => {}); // the close that follows tells
  });
}

/**
 * Reads what is left of a refused request, so that its sender hears the answer rather than a reset connection; who
 * goes on for more than `maxBytes` is cut off.
 */
export function discardRest(request: IncomingMessage, maxBytes: number): void {
  let bytes = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) request.socket.destroy();
  });
}
