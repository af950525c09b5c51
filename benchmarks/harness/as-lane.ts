/**
 * A lane is one side of a comparison: a script with a process of its own, so that neither side's heap, caches or compiled
 * code help or hurt the other. It gets its options as JSON in its first argument, and measures only what it is about.
 */
import type { Measured } from './measured.ts';

/** Runs a lane in this process. `prepare` is not measured; what it returns is. */
export async function asLane<Options>(
  prepare: (
    options: Options,
  ) => Promise<() => Promise<Omit<Measured, 'durationMs' | 'cpuMs'> & Partial<Measured>>>,
): Promise<void> {
  const work = await prepare(JSON.parse(process.argv[2] ?? '{}') as Options);
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const outcome = await work();
  const durationMs = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const measured: Measured = { durationMs, cpuMs: (user + system) / 1_000, ...outcome };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}
