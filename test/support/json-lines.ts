import { Readable } from 'node:stream';

/**
 * The documents of an NDJSON answer. Not by readline, which takes the line separators that people's texts may hold
 * (U+2028, U+2029) for line ends.
 */
export async function* jsonLines<T>({ body }: Response): AsyncGenerator<T> {
  if (body === null) return;
  let rest = '';
  for await (const chunk of Readable.fromWeb(body).setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as T;
  }
}
