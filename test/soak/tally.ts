/** What the experiments come to, counted over all of them. */
export interface Tally {
  /** Processes of the program that were started, and by moment those that were killed. */
  processes: number;
  readonly kills: Map<string, number>;
  /** Messages that the exports held. */
  messages: number;
  /** In the export or accepted by the ledger, and not at the API. */
  lost: number;
  /** Sent again without an interruption or an ambiguous attempt that explains it. */
  doubled: number;
  /** Sent again, all told. */
  resent: number;
  /** Messages that reached people, and those of them that did so more than once. */
  live: number;
  liveTwice: number;
}

export function createTally(): Tally {
  return {
    ...{ processes: 0, kills: new Map(), messages: 0, lost: 0, doubled: 0, resent: 0, live: 0, liveTwice: 0 },
  };
}

export function killsOf({ kills }: Tally): number {
  return [...kills.values()].reduce((sum, count) => sum + count, 0);
}
