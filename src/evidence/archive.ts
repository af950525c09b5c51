import { readArchivedDelivery } from '../receiver/archived-delivery.ts';
import type { EvidenceArchive, EvidencePosition, ReadDelivery } from './evidence.ts';
import { linesOf } from './lines.ts';
import type { ReadOneDelivery } from './read-delivery.ts';

export interface ArchiveOptions {
  readonly name: string;
  /** The archive's content, decompressed; called once. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Buffer>;
  readonly readDelivery: ReadOneDelivery;
}

/** One file that `listen` wrote, may still be writing, or that a person took for one. */
export function createEvidenceArchive({ name, open, readDelivery }: ArchiveOptions): EvidenceArchive {
  return {
    name,
    async *read(signal) {
      for await (const { number, text, isEnded } of linesOf(open(signal))) {
        if (signal.aborted) return;
        const position = { file: name, line: number };
        if (text === null) yield nothing(position, 'LINE_TOO_LONG');
        else if (text.trim() !== '') yield readLine(text, isEnded, position, readDelivery);
      }
    },
  };
}

/** A whole delivery counts even where its line end is missing: archives are copied and cut by people, too. */
function readLine(
  text: string,
  isEnded: boolean,
  position: EvidencePosition,
  readDelivery: ReadOneDelivery,
): ReadDelivery {
  const delivery = readArchivedDelivery(text);
  if (delivery === null || Number.isNaN(Date.parse(delivery.receivedAt))) {
    return nothing(position, isEnded ? 'NOT_A_DELIVERY' : 'TORN_LINE');
  }
  return readDelivery(delivery, position);
}

function nothing(position: EvidencePosition, surprise: NonNullable<ReadDelivery['surprise']>): ReadDelivery {
  return { position, kind: null, evidence: [], undecided: 0, surprise };
}
