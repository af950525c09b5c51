/**
 * Writing aside: while one thread reads, maps and sends, another writes. Half of the work of a large import is SQLite's, and a
 * machine with two cores does both halves at once.
 *
 * A thread and its connection cost some 50 ms and 30 MB, and each call wakes two threads. So it is used for a large import or
 * delivery only, once writing has kept this one from other work ({@link WORTH_A_THREAD}): while it mostly waits for answers it does
 * not. Until it is ready, and again after a rest, writing is done on the spot; for good where it cannot start, for want of file
 * descriptors mostly. What is asked one after the other is done one after the other. A claim and a settlement are durable when
 * they resolve, wherever they were done; what is staged, once {@link ThreadedWriting.commit} does.
 */
import { Worker } from 'node:worker_threads';
import { BackhaulError } from '../errors.ts';
import type { InputId, Ledger, OnConflict } from './ledger.ts';
import { type PackedRecords, packRecords, type Room, transferable } from './packed-records.ts';
import { packEnd } from './packed-settlements.ts';
import type { WritingLoad } from './writing-load.ts';
import type {
  StagedThere,
  WritingAnswer,
  WritingCall,
  WritingJob,
  WritingMessage,
  WritingPlace,
  WritingRequest,
} from './writing-thread.ts';

/** What must have been written, and how long writing must have held up other work, before a thread is worth its price. */
export interface WorthAThread {
  readonly messages: number;
  readonly ms: number;
}

const WORTH_A_THREAD: WorthAThread = { messages: 4_000, ms: 100 };

/** What the thread works on is gone with the next transaction. */
const YOUNG_GENERATION_MB = 4;

/** The module beside this one, whether it is source or built. */
const THREAD = new URL(`./writing-thread${import.meta.url.slice(-3)}`, import.meta.url);

export type Writing = Pick<Ledger, 'stage' | 'claim' | 'settle'>;

export interface ThreadedWriting extends Writing {
  /** Makes durable what was staged. */
  commit(): Promise<void>;
  /** A rest, if the thread has staged: what comes after it needs the memory. */
  restFromStaging(): Promise<void>;
  /** Waits for what is being written, and lets go of the thread and its memory. */
  rest(): Promise<void>;
}

/**
 * @param onTheSpot writes in this thread; `finish` does at once what has begun
 * @param load of writing on the spot
 */
export function createThreadedWriting(
  { path, stream, keepPayloads }: WritingPlace,
  onTheSpot: Writing & { finish(): void },
  load: Pick<WritingLoad, 'ms' | 'reset'>,
  useAfter: WorthAThread | 'at once' = WORTH_A_THREAD,
): ThreadedWriting {
  let thread: WritingThread | null = null;
  let isInUse = false;
  let canStart = true;
  let writtenMessages = 0;
  let isStagingOpen = false;
  let hasStaged = false;
  const spareRooms: Room[] = [];

  /** Null while it is not worth a thread, and until there is one. */
  const threadFor = (messages: number): WritingThread | null => {
    if (isInUse) return thread;
    writtenMessages += messages;
    if (!isWorthAThread()) return null;
    thread ??= startThread({ path, stream, keepPayloads }, () => {
      canStart = false;
    });
    if (!thread.isReady() && useAfter !== 'at once') return null;
    // Two connections know nothing of each other's order.
    onTheSpot.finish();
    isInUse = true;
    return thread;
  };

  const isWorthAThread = () =>
    useAfter === 'at once' || (canStart && writtenMessages > useAfter.messages && load.ms >= useAfter.ms);

  const stageThere = async (
    writer: WritingThread,
    input: InputId,
    packed: PackedRecords,
    onConflict: OnConflict,
  ) => {
    const job = { method: 'stage', input, packed, onConflict } as const;
    const { staged, room } = await writer.call<StagedThere>(job, transferable(packed));
    if (writer === thread) spareRooms.push(room);
    return staged;
  };

  const rest = async () => {
    const resting = thread;
    const isToFinish = hasStaged;
    thread = null;
    isInUse = false;
    writtenMessages = 0;
    load.reset();
    hasStaged = false;
    isStagingOpen = false;
    spareRooms.length = 0;
    try {
      if (isToFinish) await resting?.call({ method: 'finish' });
    } finally {
      await resting?.end();
    }
  };

  return {
    /** Once it waits it knows nothing of the records, which would be copied with each collection of garbage. */
    stage(input, records, onConflict) {
      const writer = threadFor(records.length);
      if (writer === null) return onTheSpot.stage(input, records, onConflict);
      hasStaged = true;
      isStagingOpen = true;
      return stageThere(writer, input, packRecords(records, spareRooms.pop()), onConflict);
    },
    async claim(start) {
      const writer = threadFor(start.messageIds.length);
      return writer === null ? onTheSpot.claim(start) : writer.call({ method: 'claim', start });
    },
    async settle(end) {
      if (!isInUse) return onTheSpot.settle(end);
      return (thread as WritingThread).call({ method: 'settle', end: packEnd(end) });
    },
    async commit() {
      if (!isStagingOpen) return;
      isStagingOpen = false;
      await thread?.call({ method: 'commit' });
    },
    async restFromStaging() {
      if (hasStaged) await rest();
    },
    rest,
  };
}

interface WritingThread {
  /** It may be called before, and is then waited for. */
  isReady(): boolean;
  call<Result>(job: WritingJob, transfer?: ArrayBuffer[]): Promise<Result>;
  end(): Promise<void>;
}

interface Call {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** @param onFailure it ended before it was ready */
function startThread(workerData: WritingPlace, onFailure: () => void): WritingThread {
  const worker = new Worker(THREAD, {
    // Nothing of this process's own set-up: a module that is to be loaded first has been.
    ...{ workerData, execArgv: [], env: {}, name: 'ledger' },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const calls = new Map<number, Call>();
  let count = 0;
  let isReady = false;
  let isEnding = false;
  let endReason: unknown;
  let unsent: WritingCall[] = [];
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', endBecauseOf);
  worker.on('exit', () => endBecauseOf(new Error('The thread that writes the ledger is gone.')));
  worker.on('message', (message: WritingMessage) => {
    if (message === 'ready') isReady = true;
    else message.forEach(take);
    keepUpProcess();
  });
  keepUpProcess();

  /** A thread without work does not. */
  function keepUpProcess(): void {
    if (calls.size > 0 || isEnding) worker.ref();
    else worker.unref();
  }

  function take(answer: WritingAnswer): void {
    const call = calls.get(answer.call) as Call;
    calls.delete(answer.call);
    if (answer.kind === 'done') call.resolve(answer.result as never);
    else call.reject(errorOf(answer));
  }

  function endBecauseOf(reason: unknown): void {
    if (endReason !== undefined) return;
    endReason = reason;
    if (!isReady) onFailure();
    for (const { reject } of calls.values()) reject(reason);
    calls.clear();
  }

  function send(transfer: readonly ArrayBuffer[] = []): void {
    if (unsent.length === 0) return;
    worker.postMessage(unsent satisfies WritingRequest, transfer);
    unsent = [];
  }

  return {
    isReady: () => isReady,
    call: (job, transfer) =>
      new Promise((resolve, reject) => {
        if (endReason !== undefined) return reject(endReason);
        count += 1;
        calls.set(count, { resolve, reject });
        keepUpProcess();
        unsent.push({ call: count, job });
        // Nobody waits for a settlement: it goes with the claim that mostly follows it.
        if (job.method === 'settle') setImmediate(send);
        else send(transfer);
      }),
    async end() {
      if (endReason !== undefined) return;
      isEnding = true;
      keepUpProcess();
      send();
      worker.postMessage(null satisfies WritingRequest);
      await ended;
    },
  };
}

function errorOf(answer: Exclude<WritingAnswer, { kind: 'done' }>): unknown {
  if (answer.kind === 'broken') return answer.error;
  const { errorKind, message, code, fix } = answer;
  return new BackhaulError(errorKind, message, { code, fix });
}
