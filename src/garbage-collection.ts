import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from taking memory and processor time that it does not need. To be called before anything is loaded: these flags
 * count from then on, unlike `--max-semi-space-size`, which only counts on a command line that users do not write.
 *
 * - Left alone V8 lets the young generation grow to 128 MB and the old one to a multiple of what is alive, as the machine has
 *   room: fast for servers, and more than half of this program's memory. What is alive here is some 30 MB, whatever the size of the
 *   export; collecting the rest more often costs 6 to 9 % of the processor time of reading, and next to nothing of a
 *   delivery, which waits for the API.
 * - Left alone it collects the young generation with threads of its own, which for one so small mostly wait for each other, on
 *   the core that the ledger's thread needs.
 */
export function tuneGarbageCollection(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${OLD_GENERATION_GROWTH_PERCENT}`);
  setFlagsFromString('--no-parallel-scavenge');
}

/** Beyond what was alive at the last full collection, before the next one. */
const OLD_GENERATION_GROWTH_PERCENT = 50;
