/**
 * A mutation fuzzer: case N of a seed is the same on every machine, so that whatever it finds can be found again.
 *
 * Each case damages a fixture and feeds it to what reads such things. Allowed are results and documented errors; found is
 * whatever else is thrown, takes too long, takes too much memory, or changes the prototypes that all objects share.
 */
import { BackhaulError, DamagedInputError } from '../../src/errors.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { mutate } from './mutations.ts';
import type { FuzzTarget } from './targets.ts';

/** Of processor time: a busy machine is no finding. What waits forever is told by whoever watches. */
const MAX_CASE_MS = 3_000;
const MAX_RSS_BYTES = 1_500_000_000;

export interface Finding {
  readonly seed: number;
  readonly number: number;
  readonly target: string;
  readonly problem: string;
}

/** @returns what is wrong with the case; null when nothing is. */
export async function tryCase(
  seed: number,
  number: number,
  targets: readonly FuzzTarget[],
): Promise<Finding | null> {
  const random = seededRandom((Math.imul(seed, 0x9e3779b1) + number) >>> 0);
  const target = targets[number % targets.length] as FuzzTarget;
  const bytes = mutate(random, target.corpus);
  const before = process.cpuUsage();
  let problem = await problemOf(() => target.feed(bytes));
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1_000;
  if (problem === null && tookMs > MAX_CASE_MS) problem = `took ${Math.round(tookMs)} ms of processor time`;
  if (problem === null && arePrototypesChanged()) problem = 'a prototype that all objects share was changed';
  const { rss } = process.memoryUsage();
  if (problem === null && rss > MAX_RSS_BYTES) problem = `takes ${Math.round(rss / 1e6)} MB of memory`;
  return problem === null ? null : { seed, number, target: target.name, problem };
}

async function problemOf(feed: () => Promise<void> | void): Promise<string | null> {
  try {
    await feed();
    return null;
  } catch (error) {
    const isDocumented =
      error instanceof DamagedInputError || (error instanceof BackhaulError && error.kind !== 'unexpected');
    if (isDocumented) return null;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype];
const countKeys = () => PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length).join();
const BEFORE = countKeys();

function arePrototypesChanged(): boolean {
  return countKeys() !== BEFORE || 'polluted' in {};
}
