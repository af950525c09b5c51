/** Counts what a verification reads and what comes of it. Keeps a few examples of each kind, never more. */
import {
  type EvidenceNotice,
  type EvidencePosition,
  type EvidenceResult,
  type EvidenceTally,
  emptyEvidenceTally,
  type ReadDelivery,
  type Surprise,
} from '../evidence/evidence.ts';
import type { DeliveryKind } from '../receiver/archived-delivery.ts';
import type { AttentionCount, VerifyCounts } from './verify-summary.ts';

export interface VerifyTally {
  archive(): void;
  damaged(): void;
  delivery(delivery: ReadDelivery): void;
  recorded(result: EvidenceResult): void;
  result(): VerifyCounts;
}

export function createVerifyTally(exampleCount: number): VerifyTally {
  const archives = { read: 0, damaged: 0 };
  const kinds: Record<DeliveryKind, number> = {
    'message-event': 0,
    'historical-callback': 0,
    'text-callback': 0,
  };
  const evidence = emptyEvidenceTally();
  let said = 0;
  let undecided = 0;
  const surprises = createExamples<Surprise, string>(exampleCount);
  const attention = createExamples<EvidenceNotice['effect'], AttentionCount['examples'][number]>(
    exampleCount,
  );

  return {
    archive() {
      archives.read += 1;
    },
    damaged() {
      archives.damaged += 1;
    },
    delivery({ kind, position, surprise, ...delivery }) {
      if (kind !== null) kinds[kind] += 1;
      said += delivery.evidence.length + delivery.undecided;
      undecided += delivery.undecided;
      if (surprise !== null) surprises.add(surprise, placeOf(position));
    },
    recorded({ tally, notices }) {
      for (const effect of Object.keys(tally) as (keyof EvidenceTally)[]) evidence[effect] += tally[effect];
      for (const { effect, sourceUuid, position } of notices) {
        attention.add(effect, { sourceUuid, at: placeOf(position) });
      }
    },
    result: () => ({
      archives,
      deliveries: {
        read: sum(kinds),
        messageEvents: kinds['message-event'],
        historicalCallbacks: kinds['historical-callback'],
        textCallbacks: kinds['text-callback'],
      },
      surprises: surprises.all().map(([code, found]) => ({ code, ...found })),
      evidence: { read: said, ...evidence, undecided },
      attention: attention.all().map(([effect, found]) => ({ effect, ...found })),
    }),
  };
}

function createExamples<K, E>(exampleCount: number) {
  const found = new Map<K, { count: number; examples: E[] }>();
  return {
    add(key: K, example: E): void {
      const known = found.get(key) ?? { count: 0, examples: [] };
      known.count += 1;
      if (known.examples.length < exampleCount) known.examples.push(example);
      found.set(key, known);
    },
    /** The most frequent first. */
    all: () => [...found].sort(([, a], [, b]) => b.count - a.count),
  };
}

function placeOf({ file, line }: EvidencePosition): string {
  return `${file}:${line}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
