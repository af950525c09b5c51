/**
 * Finds identifiers in bytes: many at once, in one pass, in flat memory. What erasing somebody rests on, and what proves it.
 *
 * An identifier counts where it stands alone: `cust-1` is not in `cust-12`. Random ones (UUIDs, and whatever else holds 32
 * hexadecimal digits) count wherever they stand, since in a database letters and digits of other columns may be beside them.
 */

/**
 * Whether an identifier is long enough to mean somebody wherever it stands alone. Short ones, and short numbers, are in
 * everything: whoever looks for them has to look at whole values.
 */
export function isTelling(identifier: string): boolean {
  return Buffer.byteLength(identifier) >= 6 && !/^\d{1,11}$/.test(identifier);
}

const KEY_BYTES = 4;

export interface IdentifierSearch {
  /** How many of the given identifiers are looked for, and how many are not, being too short (see {@link isTelling}). */
  readonly searched: number;
  readonly tooShort: number;
  isIn(text: string | Uint8Array): boolean;
  /** How often any of them occurs. */
  countIn(chunks: AsyncIterable<Uint8Array>): Promise<number>;
}

export function createIdentifierSearch(identifiers: Iterable<string>): IdentifierSearch {
  const all = [...new Set(identifiers)];
  const telling = all.filter(isTelling);
  const patterns = createPatterns(telling.flatMap(spellings));

  /** @returns how many begin in `bytes` from `from` on, and before `end`. */
  function count(bytes: Buffer, from: number, end: number): number {
    const last = Math.min(end, bytes.length - KEY_BYTES + 1);
    if (from >= last) return 0;
    let found = 0;
    // The four bytes at hand as a number, the newest on top.
    let key = bytes.readUInt32LE(from) << 8;
    for (let at = from; at < last; at += 1) {
      key = (key >>> 8) | ((bytes[at + KEY_BYTES - 1] as number) << 24);
      if (patterns.mayBegin(key) && patterns.beginsAt(bytes, at, key >>> 0)) found += 1;
    }
    return found;
  }

  return {
    searched: telling.length,
    tooShort: all.length - telling.length,
    isIn(text) {
      const bytes = typeof text === 'string' ? Buffer.from(text) : asBuffer(text);
      return count(bytes, 0, bytes.length) > 0;
    },
    async countIn(chunks) {
      let found = 0;
      /** What was looked through already, but for its end, where one may begin that ends in the next chunk. */
      let window: Buffer = Buffer.alloc(0);
      let from = 0;
      for await (const chunk of chunks) {
        window = Buffer.concat([window, chunk]);
        // One byte more than the longest: what stands behind it decides whether it counts.
        const end = Math.max(from, window.length - patterns.longest);
        found += count(window, from, end);
        const kept = Math.max(0, end - LOOK_BEHIND_BYTES);
        window = window.subarray(kept);
        from = end - kept;
      }
      return found + count(window, from, window.length);
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** As it is, as JSON within JSON within JSON has it (message events do), and as a URL has it. */
function spellings(identifier: string): readonly string[] {
  const spelled = [identifier, encodeURIComponent(identifier.toWellFormed())];
  let inJson = identifier;
  for (let depth = 0; depth < 3; depth += 1) {
    inJson = JSON.stringify(inJson).slice(1, -1);
    spelled.push(inJson);
  }
  return [...new Set(spelled)];
}

/** Patterns by their first bytes, then by their length: thousands cost hardly more than one. */
function createPatterns(texts: readonly string[]) {
  const keys = new Uint8Array(65_536);
  const byKey = new Map<number, Map<number, Set<string>>>();
  let longest = 0;
  for (const text of texts) {
    const bytes = Buffer.from(text);
    longest = Math.max(longest, bytes.length);
    const key = bytes.readUInt32LE(0);
    keys[slotOf(key)] = 1;
    const byLength = byKey.get(key) ?? new Map<number, Set<string>>();
    byKey.set(key, byLength);
    byLength.set(
      bytes.length,
      (byLength.get(bytes.length) ?? new Set<string>()).add(bytes.toString('latin1')),
    );
  }
  return {
    longest,
    mayBegin: (key: number): boolean => keys[slotOf(key)] === 1,
    beginsAt(bytes: Buffer, at: number, key: number): boolean {
      const byLength = byKey.get(key);
      if (byLength === undefined) return false;
      for (const [length, known] of byLength) {
        const text = bytes.toString('latin1', at, at + length);
        if (known.has(text) && (isRandom(text) || standsAlone(bytes, at, at + length))) return true;
      }
      return false;
    },
  };
}

/** Spreads keys over 65,536 places, as multiplication with the golden ratio does (Knuth). */
function slotOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 16;
}

function isRandom(identifier: string): boolean {
  return /[0-9a-f]{32}/i.test(identifier.replaceAll('-', ''));
}

/** Bytes before an identifier that decide whether it stands alone. */
const LOOK_BEHIND_BYTES = 6;

/** What JSON and URLs write for one character ends with letters or digits, and is no part of a word. */
const ESCAPE = /(?:\\(?:[bfnrt]|u[0-9a-f]{4})|%[0-9a-f]{2})$/i;

function standsAlone(bytes: Buffer, start: number, end: number): boolean {
  if (isPartOfWord(bytes[end])) return false;
  if (!isPartOfWord(bytes[start - 1])) return true;
  return ESCAPE.test(bytes.toString('latin1', Math.max(0, start - LOOK_BEHIND_BYTES), start));
}

function isPartOfWord(byte: number | undefined): boolean {
  return byte !== undefined && /[\w-]/.test(String.fromCharCode(byte));
}
