/**
 * The first phase: every record of every input is read, mapped, validated and written into the ledger.
 *
 * An input whose fingerprint (its content, and everything that decides what its records become) was fully staged
 * before is not read again. Staging may be killed at any moment: an input counts as complete only after its last record
 * is committed, and reading it again finds what is already there unchanged.
 */
import { hash } from 'node:crypto';
import { DamagedInputError } from '../errors.ts';
import type {
  ConflictNotice,
  InputId,
  Ledger,
  OnConflict,
  RecordTally,
  RunId,
  StagedRecord,
  StageResult,
} from '../ledger/ledger.ts';
import type { Advice, Mapping } from '../mapping/mapping.ts';
import type { OccurrenceCounter } from '../messages/identity.ts';
import type { Source, SourceInput } from '../sources/source.ts';
import { createSkipReasons } from './skip-reasons.ts';
import { toStagedRecords } from './staged-record.ts';
import type { SkipCount } from './summary.ts';

/** What is handed to the ledger at a time. Larger chunks are no faster, and are copied whenever memory is tidied up. */
const CHUNK_RECORDS = 500;
/** Keeps memory flat when records are large. */
const CHUNK_BYTES = 256 * 1024;
/**
 * While the ledger writes some, the next ones are read: two cores are better than one. Now and then it has other work for up
 * to half a second, such as entering identities; with few chunks under way each waits for the other in turn.
 */
const CHUNKS_IN_FLIGHT = 24;
/** A chunk holds one record at least, however large. */
const BYTES_IN_FLIGHT = CHUNKS_IN_FLIGHT * CHUNK_BYTES;
/** A notice is for people; beyond this many only the count says more. */
const KEPT_NOTICES = 20;

export interface StageObserver {
  /** Once, when the inputs are known; null when any size is unknown. */
  onInputs?(inputs: { count: number; totalBytes: number | null }): void;
  /** Bytes read of all inputs together, inputs that were not read again included. */
  onProgress?(progress: { bytes: number; records: number; rejected: number }): void;
  onDamage?(damage: DamagedInputError): void;
  onConflict?(conflict: ConflictNotice): void;
  onAdvice?(advice: Advice): void;
}

/** What is read, and what its records become. */
export interface Intake {
  readonly source: Source;
  readonly mapping: Mapping;
  /** Read inputs that were fully staged before all the same; false when left out. */
  readonly reread?: boolean;
}

export interface StageOptions extends Intake {
  readonly run: RunId;
  readonly ledger: Ledger;
  readonly onConflict: OnConflict;
  readonly signal: AbortSignal;
  readonly observer: StageObserver;
}

export interface StagingReport {
  readonly records: RecordTally & { read: number };
  /** Why records were skipped; adds up to `records.skipped`. */
  readonly skips: readonly SkipCount[];
  readonly files: { read: number; unchanged: number; damaged: number };
}

export async function stage(options: StageOptions): Promise<StagingReport> {
  const { source, ledger, signal, observer } = options;
  const inputs = await source.inputs();
  observer.onInputs?.({ count: inputs.length, totalBytes: totalBytes(inputs) });
  for (const advice of options.mapping.advice) observer.onAdvice?.(advice);

  const occurrences = ledger.occurrences();
  try {
    const staging = createStaging(options, occurrences);
    for (const input of inputs) {
      if (signal.aborted) break;
      await staging.stageInput(input);
    }
    return staging.report();
  } finally {
    occurrences.close();
  }
}

function createStaging(
  { run, source, mapping, reread = false, ledger, onConflict, observer, signal }: StageOptions,
  occurrences: OccurrenceCounter,
) {
  const records = emptyTally();
  const skips = createSkipReasons();
  const files = { read: 0, unchanged: 0, damaged: 0 };
  /** Of the inputs that are done with, and read of the present one. */
  let bytesBefore = 0;
  let bytesOfInput = 0;
  let conflictsTold = 0;
  let remappedTold = false;

  async function stageInput(input: SourceInput): Promise<void> {
    const fingerprint = await fingerprintOf(input);
    if (fingerprint !== null && !reread && (await ledger.hasCompleteInput(fingerprint))) {
      files.unchanged += 1;
    } else {
      await readInput(input, fingerprint);
    }
    bytesBefore += signal.aborted ? bytesOfInput : (input.sizeBytes ?? bytesOfInput);
    bytesOfInput = 0;
    tellProgress(0);
  }

  async function fingerprintOf(input: SourceInput): Promise<string | null> {
    const digest = await input.digest();
    return digest === null
      ? null
      : hash('sha256', JSON.stringify([digest, source.fingerprint ?? '', mapping.fingerprint]), 'hex');
  }

  async function readInput(input: SourceInput, fingerprint: string | null): Promise<void> {
    files.read += 1;
    occurrences.reset();
    const id = await ledger.beginInput({ run, name: input.name, sizeBytes: input.sizeBytes });
    const before = records.read;
    try {
      await stageRecords(input, id);
      if (signal.aborted) return;
      await ledger.endInput(id, { status: 'complete', fingerprint, records: records.read - before });
    } catch (error) {
      if (!(error instanceof DamagedInputError)) throw error;
      files.damaged += 1;
      observer.onDamage?.(error);
      await ledger.endInput(id, { status: 'damaged', fingerprint: null, records: records.read - before });
    }
  }

  async function stageRecords(input: SourceInput, id: InputId): Promise<void> {
    let chunk: StagedRecord[] = [];
    let chunkBytes = 0;
    const inFlight = createQueue({ pieces: CHUNKS_IN_FLIGHT, bytes: BYTES_IN_FLIGHT });
    const flush = async () => {
      if (chunk.length === 0) return;
      const written = write(id, chunk, bytesOfInput);
      const bytes = chunkBytes;
      chunk = [];
      chunkBytes = 0;
      await inFlight.add(written, bytes);
    };
    const reading = input.read({
      signal,
      onBytes: (bytesRead) => {
        bytesOfInput = bytesRead;
      },
      onHeader: (header) => {
        for (const advice of mapping.checkHeader(header)) observer.onAdvice?.(advice);
      },
    });
    try {
      for await (const record of reading) {
        for (const staged of toStagedRecords(record, mapping, occurrences)) {
          chunk.push(staged);
          chunkBytes += staged.recordJson.length + (staged.kind === 'message' ? staged.itemJson.length : 0);
        }
        if (chunk.length >= CHUNK_RECORDS || chunkBytes >= CHUNK_BYTES) await flush();
      }
    } finally {
      // Also when the input turns out damaged: the records before the damage count.
      await flush();
      await inFlight.empty();
    }
  }

  /** Nothing here holds on to the records while they are written: see `threaded-writing.ts`. */
  function write(id: InputId, chunk: readonly StagedRecord[], inputBytes: number): Promise<void> {
    const count = chunk.length;
    return ledger.stage(id, chunk, onConflict).then((result) => {
      countIn(result, count);
      tellProgress(inputBytes);
    });
  }

  function countIn(
    { tally, conflicts, remappedAfterSend, skips: reasons }: StageResult,
    count: number,
  ): void {
    skips.add(reasons);
    for (const key of Object.keys(tally) as (keyof RecordTally)[]) records[key] += tally[key];
    records.read += count;
    for (const conflict of conflicts) {
      if (conflictsTold < KEPT_NOTICES) observer.onConflict?.(conflict);
      conflictsTold += 1;
    }
    if (remappedAfterSend > 0 && !remappedTold) {
      remappedTold = true;
      observer.onAdvice?.(REMAPPED_AFTER_SEND);
    }
  }

  function tellProgress(inputBytes: number): void {
    observer.onProgress?.({
      bytes: bytesBefore + inputBytes,
      records: records.read,
      rejected: records.rejected,
    });
  }

  return { stageInput, report: (): StagingReport => ({ records, skips: skips.list(), files }) };
}

/** Work that ends in order, with so much room: whoever fills it waits. The first failure is everybody's. */
function createQueue(room: { readonly pieces: number; readonly bytes: number }) {
  interface Piece {
    readonly work: Promise<void>;
    readonly bytes: number;
  }
  const waiting: Piece[] = [];
  let bytesWaiting = 0;
  return {
    async add(work: Promise<void>, bytes: number): Promise<void> {
      work.catch(() => {}); // told by whoever waits for it
      waiting.push({ work, bytes });
      bytesWaiting += bytes;
      while (waiting.length >= room.pieces || bytesWaiting > room.bytes) {
        const first = waiting.shift() as Piece;
        await first.work;
        bytesWaiting -= first.bytes;
      }
    },
    async empty(): Promise<void> {
      await Promise.all(waiting.splice(0).map(({ work }) => work));
    },
  };
}

const REMAPPED_AFTER_SEND: Advice = {
  code: 'REMAPPED_AFTER_SEND',
  message:
    'the mapping now gives other content for messages that were already sent; they are left as they are',
  fix: 'Nothing, unless they were wrong: what was sent cannot be changed from here.',
};

function emptyTally(): RecordTally & { read: number } {
  return { read: 0, new: 0, replaced: 0, unchanged: 0, duplicates: 0, conflicts: 0, skipped: 0, rejected: 0 };
}

function totalBytes(inputs: readonly SourceInput[]): number | null {
  let total = 0;
  for (const { sizeBytes } of inputs) {
    if (sizeBytes === null) return null;
    total += sizeBytes;
  }
  return total;
}
