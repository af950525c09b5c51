/** What the experiments come to, counted over all of them. */
export interface Tally {
  /** Processes of the program that were started. */
  processes: number;
  /** By moment: how many of them were to be killed then, and how many were. The others ended before it came. */
  readonly moments: Map<string, { tried: number; killed: number }>;
  /** Messages that the exports held. */
  messages: number;
  /** In the export or accepted by the ledger, and not at the API. */
  lost: number;
  /** Sent again, all told. */
  resent: number;
  /** Sent again without an interruption or an ambiguous attempt that explains it. */
  doubled: number;
  /** Messages that reached people, and those of them that did so more than once. */
  live: number;
  liveTwice: number;
  /** Damaged inputs that were tried. */
  fuzzed: number;
}

export function createTally(): Tally {
  return {
    ...{ processes: 0, moments: new Map(), messages: 0, lost: 0, resent: 0, doubled: 0 },
    ...{ live: 0, liveTwice: 0, fuzzed: 0 },
  };
}

export function noteMoment({ moments }: Tally, name: string, killed: boolean): void {
  const before = moments.get(name) ?? { tried: 0, killed: 0 };
  moments.set(name, { tried: before.tried + 1, killed: before.killed + (killed ? 1 : 0) });
}

export function killsOf({ moments }: Tally): number {
  return [...moments.values()].reduce((sum, { killed }) => sum + killed, 0);
}
