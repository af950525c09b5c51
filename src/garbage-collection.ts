/**
 * How V8 collects garbage here (docs/adr/0020). To be set before anything is loaded: the flags count from then on, unlike those of a command line
 * that users do not write.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Of each half of the young generation. V8 begins with 1 MB, which a hundred records fill: collecting took a fourth of the time of
 * an import. Left alone it grows to 16 MB or more, and memory is promised.
 */
const SEMI_SPACE_MB = 8;

/** The old generation's growth beyond what was alive at its last collection, before the next one; by default a multiple of it. */
const OLD_GENERATION_GROWTH_PERCENT = 50;

/** What is alive here is some 30 MB, whatever the size of the export. */
export function tuneGarbageCollection(): void {
  setFlagsFromString(`--heap-growing-percent=${OLD_GENERATION_GROWTH_PERCENT}`);
  // A young generation this small is collected sooner by one thread than by several that wait for each other.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString(`--semi-space-growth-factor=${SEMI_SPACE_MB}`);
  growYoungGeneration();
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** V8 lets it grow once as much survived as it holds, which takes a few milliseconds to bring about. */
function growYoungGeneration(): void {
  const survivors: object[][] = [];
  while (youngGenerationMb() < 2 * SEMI_SPACE_MB && survivors.length < MOST_SURVIVORS) {
    survivors.push(Array.from({ length: 1_000 }, () => ({ survives: true })));
  }
}

/** Several times what it takes, should V8 come to think otherwise about growing. */
const MOST_SURVIVORS = 100;

function youngGenerationMb(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return (space?.space_size ?? Number.POSITIVE_INFINITY) / 2 ** 20;
}
