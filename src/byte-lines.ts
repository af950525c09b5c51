/** Lines of a file as they are, byte for byte. */

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/**
 * Every line with its line end; the last one may lack it. Joined together they are the file again.
 *
 * @param quoted whether a line end between quotes (`"`) belongs to the line, as in CSV.
 */
export async function* byteLines(
  chunks: AsyncIterable<Buffer>,
  { quoted }: { readonly quoted: boolean },
): AsyncGenerator<Buffer> {
  /** Parts of a line whose end has not come yet; they are joined once. */
  let parts: Buffer[] = [];
  let isInQuotes = false;
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (quoted && chunk[at] === QUOTE) isInQuotes = !isInQuotes;
      if (chunk[at] !== LINE_FEED || isInQuotes) continue;
      yield Buffer.concat([...parts, chunk.subarray(start, at + 1)]);
      parts = [];
      start = at + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}
