/** What a rescue came to. It stands in the new ledger as the summary of a run of each stream. */

export const RECOVER_COMMAND = 'ledger recover';

export interface RescuedTable {
  readonly table: string;
  /** Rows in the new ledger that were in the old one. */
  readonly rescued: number;
  /** Rows that are known to be lost. */
  readonly lost: number;
  /** Pages that could not be read: nobody knows how many rows they held. */
  readonly lostPages: number;
}

export interface Rescue {
  /** True when everything was rescued, and stands in the new ledger as it did in the old one. */
  readonly complete: boolean;
  readonly tables: readonly RescuedTable[];
  readonly messages: {
    /** In the new ledger, those included of which only the identity is known. */
    readonly rescued: number;
    /** Unknown because what became of them could not be trusted. */
    readonly madeUnknown: number;
    readonly identityOnly: number;
    /** That had a payload, and lost it. */
    readonly payloadsLost: number;
    /** At most so many are lost altogether; null when that cannot be told. */
    readonly lostAtMost: number | null;
  };
  /** Whether transactions were lost with the write-ahead log. */
  readonly logDamaged: boolean;
  /** Streams whose own row is lost: the configuration told what they are. */
  readonly assumedStreams: readonly string[];
}

/** @param summaryJson of a run of {@link RECOVER_COMMAND}. */
export function mayHaveLostMessages(summaryJson: string | null): boolean {
  const rescue = summaryJson === null ? null : (JSON.parse(summaryJson) as Rescue);
  return rescue?.messages.lostAtMost !== 0;
}
