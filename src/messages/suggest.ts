import { distance } from 'fastest-levenshtein';

/** Longer texts are prose, not a misspelt name. */
const LONGEST_NAME = 64;

/**
 * The candidate that a person most likely meant: the same letters in another case or with other separators first, then
 * the fewest slips of the pen (at most a third of the letters). Null when nothing is near.
 */
export function nearest(text: string, candidates: Iterable<string>): string | null {
  if (text.length > LONGEST_NAME) return null;
  const wanted = simplified(text);
  let best: string | null = null;
  let bestDistance = Math.floor(wanted.length / 3) + 1;
  for (const candidate of candidates) {
    const slips = distance(wanted, simplified(candidate));
    if (slips === 0) return candidate;
    if (slips < bestDistance) {
      best = candidate;
      bestDistance = slips;
    }
  }
  return best;
}

function simplified(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, '');
}
