/**
 * How long writing has kept a thread from other work: the time that it took, less all the time since in which the thread had nothing to
 * do. Another thread would have saved just that.
 */
export interface WritingLoad {
  /** Writes, and counts the time that it takes. */
  spend<T>(write: () => T): T;
  /** Milliseconds; 0 while there is time to spare. */
  readonly ms: number;
  /** Begins anew. */
  reset(): void;
}

/** In milliseconds since some moment. */
interface Clocks {
  readonly now: () => number;
  /** Time in which the thread waited for something to happen. */
  readonly idle: () => number;
}

const OF_THIS_THREAD: Clocks = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
};

export function createWritingLoad({ now, idle }: Clocks = OF_THIS_THREAD): WritingLoad {
  let ms = 0;
  let idleBefore = idle();
  return {
    spend(write) {
      const startedAt = now();
      try {
        return write();
      } finally {
        const idleSoFar = idle();
        ms = Math.max(0, ms - (idleSoFar - idleBefore)) + now() - startedAt;
        idleBefore = idleSoFar;
      }
    },
    get ms() {
      return ms;
    },
    reset() {
      ms = 0;
    },
  };
}
