import { isUtf8 } from 'node:buffer';
import type { Problem } from './shapes.ts';

/** A body as far as it can be read, and everything that is wrong with it. */
export function readJson(
  body: Buffer,
  judge: (document: unknown) => Problem[],
): { document: unknown; problems: Problem[] } {
  if (!isUtf8(body)) return unreadable('NOT_UTF8', 'is not UTF-8');
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch {
    return unreadable('NOT_JSON', 'is not JSON');
  }
  return { document, problems: judge(document) };
}

function unreadable(code: string, problem: string): { document: unknown; problems: Problem[] } {
  return { document: null, problems: [{ path: '', code, problem }] };
}
