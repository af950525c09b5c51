/** Lines of an archive, one after the other, in flat memory whatever the file holds. */

const LINE_FEED = 10;

/** A body of some megabytes, escaped and labelled, is far below this. */
const MAX_LINE_BYTES = 64_000_000;

export interface ArchiveLine {
  /** 1-based. */
  readonly number: number;
  /** Without its line end; null when it is too long to be held. */
  readonly text: string | null;
  /** False for what stands behind the last line end. */
  readonly isEnded: boolean;
}

export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<ArchiveLine> {
  /** Parts of a line whose end has not come yet; they are joined once. */
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 1;

  const add = (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxLineBytes) parts = [];
    else parts.push(part);
  };
  const take = (isEnded: boolean): ArchiveLine => {
    const text = bytes > maxLineBytes ? null : Buffer.concat(parts).toString('utf8');
    parts = [];
    bytes = 0;
    return { number: number++, text, isEnded };
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      yield take(true);
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (bytes > 0) yield take(false);
}
