/**
 * The other end of `threaded-staging.ts`: stages what it is given, in the order it is given, on a connection of its own.
 * An error goes back as the answer to the call that met it.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { BackhaulError, type ErrorKind } from '../errors.ts';
import type { KeepPayloads } from './context.ts';
import { openDatabaseFile } from './database-file.ts';
import type { InputId, Ledger, OnConflict, StageResult } from './ledger.ts';
import { type PackedRecords, unpackRecords } from './packed-records.ts';
import { createRejects } from './rejects.ts';
import { asLedgerError } from './sqlite-errors.ts';
import { createStaging } from './staging.ts';

export interface StagingPlace {
  readonly path: string;
  readonly stream: number;
  readonly keepPayloads: KeepPayloads;
}

/** One call of `stage()`. Null instead: no more will come. */
export interface StagingJob {
  readonly input: InputId;
  readonly packed: PackedRecords;
  readonly onConflict: OnConflict;
}

export type StagingAnswer =
  | { readonly kind: 'staged'; readonly result: StageResult }
  /** What the user is told. */
  | {
      readonly kind: 'refused';
      readonly errorKind: ErrorKind;
      readonly message: string;
      readonly code: string;
      readonly fix: string;
    }
  /** A defect, with its stack. */
  | { readonly kind: 'broken'; readonly error: unknown };

function serve(port: MessagePort, place: StagingPlace): void {
  let opened: { stage: Ledger['stage']; close: () => void } | null = null;
  port.on('message', async (job: StagingJob | null) => {
    if (job === null) {
      opened?.close();
      port.close();
      return;
    }
    try {
      opened ??= open(place);
      const records = [...unpackRecords(job.packed)];
      const result = await opened.stage(job.input, records, job.onConflict);
      port.postMessage({ kind: 'staged', result } satisfies StagingAnswer);
    } catch (error) {
      port.postMessage(answerOf(asLedgerError(error, place.path)));
    }
  });
}

function open({ path, stream, keepPayloads }: StagingPlace) {
  const db = openDatabaseFile(path, 'existing');
  const context = { db, path, stream, keepPayloads };
  return { ...createStaging(context, createRejects(context)), close: () => db.close() };
}

/** Of an error, another thread gets the message and the stack alone. */
function answerOf(error: unknown): StagingAnswer {
  if (!(error instanceof BackhaulError)) return { kind: 'broken', error };
  const { kind: errorKind, message, code, fix } = error;
  return { kind: 'refused', errorKind, message, code, fix };
}

serve(parentPort as MessagePort, workerData as StagingPlace);
