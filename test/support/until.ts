import { setTimeout } from 'node:timers/promises';

const LOOK_EVERY_MS = 2;
const PATIENCE_MS = 30_000;

/** Resolves once the condition holds; rejects when it does not for long. */
export async function until(condition: () => boolean): Promise<void> {
  for (const startMs = performance.now(); !condition(); ) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`waited in vain for ${condition}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
