/** Something that ends, with what is to be cleaned up then: a test, or one experiment of the soak. */
export interface Scope {
  /** `cleanUp` is called when the scope ends, however it ends. */
  after(cleanUp: () => unknown): void;
}

export interface OwnScope extends Scope {
  /** Cleans up, the latest first. May be called more than once. */
  end(): Promise<void>;
}

export function createScope(): OwnScope {
  const cleanUps: (() => unknown)[] = [];
  return {
    after: (cleanUp) => void cleanUps.push(cleanUp),
    async end() {
      for (let next = cleanUps.pop(); next; next = cleanUps.pop()) await next();
    },
  };
}
