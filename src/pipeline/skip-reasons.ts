/** Counts skipped records by reason, in flat memory. */
import type { SkipCount } from './summary.ts';

/** A mapper may make up any number of reasons; beyond this many they are counted together. */
const MOST_REASONS = 50;
const OTHER_REASONS = 'other reasons';

export interface SkipReasons {
  add(counts: ReadonlyMap<string, number>): void;
  /** Most frequent first. */
  list(): readonly SkipCount[];
}

export function createSkipReasons(): SkipReasons {
  const total = new Map<string, number>();
  return {
    add(counts) {
      for (const [given, count] of counts) {
        const reason = total.has(given) || total.size < MOST_REASONS ? given : OTHER_REASONS;
        total.set(reason, (total.get(reason) ?? 0) + count);
      }
    },
    list: () =>
      [...total].map(([reason, count]) => ({ reason, count })).sort((one, other) => other.count - one.count),
  };
}
