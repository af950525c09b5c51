import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What figures depend on, and a reader has to know. */
export function describeMachine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    /** One-minute load: above the number of cores, others were at work too, and absolute figures mean little. */
    load: Number((loadavg()[0] as number).toFixed(1)),
  };
}

export type Machine = ReturnType<typeof describeMachine>;
