/** Exponential back-off with full jitter: anything between nothing and `baseMs` doubled `doublings` times, capped. */
export function backoffMs(
  doublings: number,
  { baseMs, maxMs, random }: { baseMs: number; maxMs: number; random: () => number },
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** doublings);
}
