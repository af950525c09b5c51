/** Something that ends, with what is to be cleaned up then: a test, or one experiment of the soak. */
export interface Scope {
  /** `cleanUp` is called when the scope ends, however it ends. */
  after(cleanUp: () => unknown): void;
}

export interface OwnScope extends Scope {
  /** Cleans up, the latest first; what is added from then on, at once. May be called more than once. */
  end(): Promise<void>;
}

export function createScope(): OwnScope {
  const cleanUps: (() => unknown)[] = [];
  let ended = false;
  return {
    after(cleanUp) {
      if (ended) void cleanUp();
      else cleanUps.push(cleanUp);
    },
    async end() {
      ended = true;
      for (let next = cleanUps.pop(); next; next = cleanUps.pop()) await next();
    },
  };
}
