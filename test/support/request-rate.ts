/** Most starts in any window of one second, both ends included; `startsMs` in order. */
export function mostInOneSecond(startsMs: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < startsMs.length; last++) {
    while ((startsMs[last] as number) - (startsMs[first] as number) > 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
