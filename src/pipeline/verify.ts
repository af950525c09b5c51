/** Holds a stream's ledger against what others reported, archive by archive, and tells what came of it. */
import type { Clock } from '../clock.ts';
import { DamagedInputError } from '../errors.ts';
import type { Evidence, EvidenceArchive, ReadDelivery } from '../evidence/evidence.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Closing } from './summary.ts';
import { closeVerify, type VerifySummary } from './verify-summary.ts';
import { createVerifyTally, type VerifyTally } from './verify-tally.ts';

/** Pieces that are held against the ledger in one transaction. */
const BATCH_PIECES = 1_000;

export interface VerifyOptions {
  readonly stream: string;
  readonly ledger: Ledger;
  /** In order of arrival: where pieces contradict each other, the order counts. */
  readonly archives: readonly EvidenceArchive[];
  /** Accepted messages are counted as unevidenced when their last attempt is so long ago. */
  readonly olderThanMs: number;
  /** How many positions and sourceUuids are told of each kind of thing. */
  readonly exampleCount: number;
  readonly clock: Clock;
  /** Ends it between two batches; what was recorded until then stands. */
  readonly signal: AbortSignal;
  readonly observer: VerifyObserver;
}

export interface VerifyObserver {
  /** Messages that an earlier process left `sending`: their fate is unknown. */
  onInterrupted?(messages: number): void;
  onDamage?(damage: DamagedInputError): void;
}

export async function verifyPipeline(options: VerifyOptions): Promise<Closing<VerifySummary>> {
  const { stream, ledger, olderThanMs, exampleCount, clock, signal, observer } = options;
  const startedAtMs = clock.nowMs();
  // A run of its own: what a dead process left `sending` is unknown from here on, and open to evidence.
  const { run, interrupted } = await ledger.beginRun({ command: 'verify', startedAtMs });
  if (interrupted > 0) observer.onInterrupted?.(interrupted);

  const tally = createVerifyTally(exampleCount);
  await readArchives(options, tally);

  const closing = closeVerify({
    ...{ run, stream, startedAtMs, endedAtMs: clock.nowMs(), olderThanMs },
    ...tally.result(),
    unevidenced: await ledger.unevidenced(startedAtMs - olderThanMs, exampleCount),
    messages: await ledger.counts(),
    states: await ledger.stateCounts(),
    signal: signal.aborted ? signal.reason : null,
  });
  await ledger.endRun(run, {
    status: closing.summary.status,
    endedAtMs: clock.nowMs(),
    summaryJson: JSON.stringify(closing.summary),
  });
  return closing;
}

async function readArchives(options: VerifyOptions, tally: VerifyTally): Promise<void> {
  const { ledger, archives, signal, observer } = options;
  let batch: Evidence[] = [];
  const record = async () => {
    const pieces = batch;
    batch = [];
    for (let at = 0; at < pieces.length; at += BATCH_PIECES) {
      tally.recorded(await ledger.recordEvidence(pieces.slice(at, at + BATCH_PIECES)));
    }
  };
  const onDamage = (damage: DamagedInputError) => {
    tally.damaged();
    observer.onDamage?.(damage);
  };
  for (const archive of archives) {
    if (signal.aborted) break;
    tally.archive();
    for await (const delivery of toDamage(archive, signal, onDamage)) {
      tally.delivery(delivery);
      for (const piece of delivery.evidence) batch.push(piece);
      if (batch.length >= BATCH_PIECES) await record();
    }
  }
  await record();
}

/** An archive up to its end, or to where it is damaged. */
async function* toDamage(
  archive: EvidenceArchive,
  signal: AbortSignal,
  onDamage: (damage: DamagedInputError) => void,
): AsyncGenerator<ReadDelivery> {
  try {
    yield* archive.read(signal);
  } catch (error) {
    if (!(error instanceof DamagedInputError)) throw error;
    onDamage(error);
  }
}
