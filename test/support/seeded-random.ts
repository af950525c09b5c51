/** Chance that can be repeated: the same seed gives the same draws, on every machine. */
export interface SeededRandom {
  /** At least 0, less than 1. */
  fraction(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True in so many cases: 0.01 is one in a hundred. */
  chance(probability: number): boolean;
  shuffled<T>(list: readonly T[]): T[];
}

/** Mulberry32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    between,
    pick: (choices) => choices[between(0, choices.length - 1)] as (typeof choices)[number],
    chance: (probability) => fraction() < probability,
    shuffled(list) {
      const shuffled = [...list];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = between(0, last);
        [shuffled[last], shuffled[other]] = [
          shuffled[other] as (typeof list)[number],
          shuffled[last] as (typeof list)[number],
        ];
      }
      return shuffled;
    },
  };
}
