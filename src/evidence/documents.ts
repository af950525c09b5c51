/** Looking into documents that may hold anything. Nothing here throws. */

/** Undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // also for documents nested deeper than the stack
  }
}

/**
 * What stands at a dotted path; undefined where nothing does. The empty path is the document itself. On the way, text
 * that is JSON is looked into: message events are known to carry their payload so.
 */
export function valueAt(document: unknown, path: string): unknown {
  const value = opened(document);
  if (path === '') return value;
  let at: unknown = value;
  for (const key of path.split('.')) {
    const place = opened(at);
    if (!isObject(place) || !Object.hasOwn(place, key)) return undefined;
    at = place[key];
  }
  return at;
}

/** The first of the paths that leads somewhere. */
export function firstAt(document: unknown, paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = valueAt(document, path);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function opened(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[[{]/.test(value) ? (parseJson(value) ?? value) : value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a list holds, a single value as a list of one; nothing for nothing. */
export function listOf(value: unknown): readonly unknown[] {
  const list = opened(value);
  if (list === undefined || list === null) return [];
  return Array.isArray(list) ? list : [list];
}

const MAX_IDENTIFIER_LENGTH = 500;

/** Null for whatever cannot be an identifier. */
export function identifierIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= MAX_IDENTIFIER_LENGTH ? value : null;
}

/** Whether any of the texts is a value somewhere in the document, a number included. */
export function holdsText(document: unknown, texts: ReadonlySet<string>): boolean {
  // Documents may be nested deeper than the stack.
  const left = [document];
  while (left.length > 0) {
    const value = opened(left.pop());
    if ((typeof value === 'string' || typeof value === 'number') && texts.has(String(value))) return true;
    if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) left.push(part);
  }
  return false;
}
