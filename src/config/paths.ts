/** Paths into the configuration: `delivery.concurrency`, `source.files[0]`, `mapping["messageAttributes.body"].from`. */
import type { JsonPath } from './jsonc.ts';

const PLAIN_KEY = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** Writes a path as {@link readPath} reads it. */
export function writePath(path: JsonPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text === '' ? 'the document' : text;
}

const KEY = /[^.[\]="'\s]+/y;
const INDEX = /\[(0|[1-9][0-9]{0,8})\]/y;
const DOUBLE_QUOTED = /\[("(?:[^"\\]|\\.)*")\]/y;
const SINGLE_QUOTED = /\['((?:[^'\\]|\\.)*)'\]/y;

/** Reads the path at the beginning of `text`; null when there is none. `length` counts the characters it takes. */
export function readPath(text: string): { path: JsonPath; length: number } | null {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length && text[at] !== '=') {
    const bracket = readBracket(text, at);
    if (bracket !== null) {
      path.push(bracket.step);
      at = bracket.end;
      continue;
    }
    if (path.length > 0) {
      if (text[at] !== '.') return null;
      at += 1;
    }
    KEY.lastIndex = at;
    const key = KEY.exec(text)?.[0];
    if (key === undefined) return null;
    path.push(key);
    at += key.length;
  }
  return path.length === 0 ? null : { path, length: at };
}

function readBracket(text: string, at: number): { step: string | number; end: number } | null {
  for (const pattern of [INDEX, DOUBLE_QUOTED, SINGLE_QUOTED]) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const step = readStep(pattern, match[1] as string);
    return step === null ? null : { step, end: at + match[0].length };
  }
  return null;
}

function readStep(pattern: RegExp, text: string): string | number | null {
  if (pattern === INDEX) return Number(text);
  if (pattern === SINGLE_QUOTED) return text.replace(/\\(.)/gs, '$1');
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}
