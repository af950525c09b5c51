/**
 * Chance that can be repeated: a number in [0, 1) drawn from a seed and from what the decision is about, and from nothing
 * else. The order in which requests happen to arrive does not matter, so the same run meets the same faults.
 */
export function chance(seed: number, ...about: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const part of about) {
    const text = String(part);
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  // FNV-1a alone leaves neighbouring texts close together; this is the finish of MurmurHash3.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Reads `0.05` or `5%`; null when the text is neither, or no chance. */
export function parseChance(text: string): number | null {
  const [, amount, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text) ?? [];
  const chance = Number(amount) / (percent ? 100 : 1);
  return chance >= 0 && chance <= 1 ? chance : null;
}

/** A time or the bounds of one, milliseconds. */
export type Span = number | readonly [minMs: number, maxMs: number];

export function drawMs(span: Span, seed: number, ...about: readonly (string | number)[]): number {
  if (typeof span === 'number') return span;
  const [minMs, maxMs] = span;
  return minMs + (maxMs - minMs) * chance(seed, ...about);
}
