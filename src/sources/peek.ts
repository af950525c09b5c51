/** Looking at the beginning of a stream of chunks without consuming it. */

export interface Peeked {
  /** The beginning: at least what was asked for, unless the stream is shorter. */
  readonly head: Buffer;
  /** The whole stream, beginning included. Closing it (`return`) closes the stream behind it, even when unread. */
  readonly chunks: AsyncIterableIterator<Buffer>;
}

/** An error behind the beginning is not thrown here, but to whoever reads `chunks` that far. */
export async function peek(
  source: AsyncIterable<Buffer>,
  isEnough: (head: Buffer) => boolean,
): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let failure: { readonly error: unknown } | null = null;
  try {
    while (!isEnough(head)) {
      const next = await iterator.next();
      if (next.done) break;
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    }
  } catch (error) {
    failure = { error };
  }
  let isReplayed = head.length === 0;
  const chunks: AsyncIterableIterator<Buffer> = {
    async next() {
      if (!isReplayed) {
        isReplayed = true;
        return { value: head, done: false };
      }
      if (failure === null) return iterator.next();
      const { error } = failure;
      failure = null;
      throw error;
    },
    async return() {
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => chunks,
  };
  return { head, chunks };
}
