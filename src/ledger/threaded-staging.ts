/**
 * Staging aside: while one thread reads and maps, another writes. Half of the work of staging is SQLite's, and a machine
 * with two cores does both halves at once.
 *
 * A thread and its connection cost some 50 ms and 30 MB, so a small import never starts one: until `AFTER_TEXT_LENGTH` has been
 * staged, it is done on the spot, and so it is again after a rest.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BackhaulError } from '../errors.ts';
import type { LedgerContext } from './context.ts';
import type { Ledger, StagedRecord, StageResult } from './ledger.ts';
import { packRecords, transferable } from './packed-records.ts';
import type { StagingAnswer, StagingJob, StagingPlace } from './staging-thread.ts';

/** In UTF-16 units of JSON text: some 4,000 messages. */
const AFTER_TEXT_LENGTH = 4_000_000;

/** What it works on is gone with the next transaction. */
const YOUNG_GENERATION_MB = 4;

/** The module beside this one, whether it is source or built. */
const THREAD = new URL(`./staging-thread${import.meta.url.slice(-3)}`, import.meta.url);

export interface ThreadedStaging extends Pick<Ledger, 'stage'> {
  /** Waits for what is being staged, and lets go of the thread and its memory. */
  rest(): Promise<void>;
}

interface Call {
  readonly resolve: (result: StageResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param onTheSpot stages in this thread
 * @param afterTextLength how much is staged on the spot before the thread is started
 */
export function createThreadedStaging(
  { path, stream, keepPayloads }: Omit<LedgerContext, 'db'>,
  onTheSpot: Pick<Ledger, 'stage'>,
  afterTextLength: number = AFTER_TEXT_LENGTH,
): ThreadedStaging {
  let thread: StagingThread | null = null;
  let textLength = 0;

  return {
    async stage(input, records, onConflict) {
      if (thread === null && textLength < afterTextLength) {
        textLength += textLengthOf(records);
        return onTheSpot.stage(input, records, onConflict);
      }
      thread ??= startThread({ path, stream, keepPayloads });
      return thread.stage({ input, packed: packRecords(records), onConflict });
    },
    async rest() {
      const resting = thread;
      thread = null;
      textLength = 0;
      await resting?.end();
    },
  };
}

interface StagingThread {
  stage(job: StagingJob): Promise<StageResult>;
  end(): Promise<void>;
}

function startThread(place: StagingPlace): StagingThread {
  // Nothing of this process's own set-up: a module that is to be loaded first has been.
  const worker = new Worker(THREAD, {
    ...{ workerData: place, execArgv: [], env: {}, name: 'staging' },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const calls: Call[] = [];
  let end: { readonly reason: unknown } | null = null;
  const ended = once(worker, 'exit');
  worker.on('error', endBecauseOf);
  worker.on('exit', () => endBecauseOf(new Error('The thread that stages is gone.')));
  worker.on('message', (answer: StagingAnswer) => {
    const call = calls.shift() as Call;
    if (calls.length === 0) worker.unref();
    if (answer.kind === 'staged') call.resolve(answer.result);
    else call.reject(errorOf(answer));
  });
  worker.unref();

  function endBecauseOf(reason: unknown): void {
    end ??= { reason };
    for (const { reject } of calls.splice(0)) reject(end.reason);
  }

  return {
    stage: (job) =>
      new Promise((resolve, reject) => {
        if (end !== null) return reject(end.reason);
        calls.push({ resolve, reject });
        worker.ref();
        worker.postMessage(job, transferable(job.packed));
      }),
    async end() {
      if (end !== null) return;
      worker.ref();
      worker.postMessage(null);
      await ended;
    },
  };
}

function errorOf(answer: Exclude<StagingAnswer, { kind: 'staged' }>): unknown {
  if (answer.kind === 'broken') return answer.error;
  const { errorKind, message, code, fix } = answer;
  return new BackhaulError(errorKind, message, { code, fix });
}

function textLengthOf(records: readonly StagedRecord[]): number {
  let length = 0;
  for (const record of records) {
    length += record.recordJson.length + (record.kind === 'message' ? record.itemJson.length : 0);
  }
  return length;
}
