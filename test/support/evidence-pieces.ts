/** Evidence made from the few words that a test cares about. */
import type { Evidence, EvidenceKind } from '../../src/evidence/evidence.ts';
import { NOW_MS } from './ledger-scenes.ts';

/** Everything in ledger scenes has happened long before. */
export const HEARD_MS = NOW_MS + 3_600_000;

export interface EvidenceWords extends Partial<Omit<Evidence, 'kind'>> {
  readonly id?: string | null;
}

export function evidence(kind: EvidenceKind, { id = null, ...words }: EvidenceWords): Evidence {
  return {
    kind,
    sourceUuid: id,
    messageUuid: null,
    code: kind === 'failed' ? 'LATE_FAILURE' : null,
    error: null,
    receivedAtMs: HEARD_MS,
    position: { file: 'events-20250401-0001.ndjson', line: 1 },
    ...words,
  };
}
