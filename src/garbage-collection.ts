/**
 * How V8 collects garbage here (docs/adr/0020). To be set before anything is loaded: the flags count from then on, unlike those of
 * a command line that users do not write.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Of each half of the young generation. V8 begins with 1 MB, which a hundred records fill: collecting took a fourth of the time of
 * an import. Left alone it grows to 16 MB or more, which is slower again, and memory is promised.
 */
const SEMI_SPACE_MB = 8;

/** The old generation's growth beyond what was alive at its last collection, before the next one; by default a multiple of it. */
const OLD_GENERATION_GROWTH_PERCENT = 50;

/** What is alive here is some 30 MB, whatever the size of the export. */
export function tuneGarbageCollection(): void {
  setFlagsFromString(`--heap-growing-percent=${OLD_GENERATION_GROWTH_PERCENT}`);
  growYoungGeneration();
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** V8 lets it grow once as much survived as it holds, which takes a few milliseconds to bring about. */
function growYoungGeneration(): void {
  const factor = Math.ceil(SEMI_SPACE_MB / semiSpaceMb());
  if (factor <= 1) return;
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  const survivors: object[][] = [];
  while (semiSpaceMb() < SEMI_SPACE_MB && survivors.length < MOST_SURVIVORS) {
    survivors.push(Array.from({ length: 1_000 }, () => ({ survives: true })));
  }
}

/** Several times what it takes, should V8 come to think otherwise about growing. */
const MOST_SURVIVORS = 200;

function semiSpaceMb(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if (space === undefined) return SEMI_SPACE_MB;
  return (space.space_used_size + space.space_available_size) / 2 ** 20;
}
