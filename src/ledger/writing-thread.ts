/**
 * The other end of `threaded-writing.ts`: does what it is asked on a connection of its own, in the order it is asked (outcomes
 * are noted in that order, and applied behind it). An error goes back as the answer to the call that met it.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { BackhaulError, type ErrorKind } from '../errors.ts';
import { createAttempts } from './attempts.ts';
import type { LedgerContext } from './context.ts';
import { openAnotherConnection } from './database-file.ts';
import { createGroupCommit } from './group-commit.ts';
import { createIdentities, MANY } from './identities.ts';
import type { AttemptStart, InputId, OnConflict, StageResult } from './ledger.ts';
import { createLongTransaction } from './long-transaction.ts';
import { type PackedRecords, type Room, transferable, unpackRecords } from './packed-records.ts';
import type { PackedEnd } from './packed-settlements.ts';
import { createRejects } from './rejects.ts';
import { asLedgerError } from './sqlite-errors.ts';
import { createStaging } from './staging.ts';

export type WritingPlace = Omit<LedgerContext, 'db'>;

/** One call of the ledger's method of that name. */
export type WritingJob =
  | {
      readonly method: 'stage';
      readonly input: InputId;
      readonly packed: PackedRecords;
      readonly onConflict: OnConflict;
    }
  | { readonly method: 'claim'; readonly start: AttemptStart }
  | { readonly method: 'settle'; readonly end: PackedEnd }
  /** Makes durable what was staged. */
  | { readonly method: 'commit' }
  /** The same, and leaves nothing undone that staging puts off. */
  | { readonly method: 'finish' };

/** What staging gives: its result, and the room back that the records came in. */
export interface StagedThere {
  readonly staged: StageResult;
  readonly room: Room;
}

export interface WritingCall {
  readonly call: number;
  readonly job: WritingJob;
}

/** Null: no more will come. */
export type WritingRequest = readonly WritingCall[] | null;

export type WritingAnswer = { readonly call: number } & (
  | { readonly kind: 'done'; readonly result: unknown }
  /** What the user is told. */
  | {
      readonly kind: 'refused';
      readonly errorKind: ErrorKind;
      readonly message: string;
      readonly code: string;
      readonly fix: string;
    }
  /** A defect, with its stack. */
  | { readonly kind: 'broken'; readonly error: unknown }
);

/** First that it is ready. */
export type WritingMessage = 'ready' | readonly WritingAnswer[];

function serve(port: MessagePort, place: WritingPlace): void {
  const writer = openWriter(place);
  let untold: WritingAnswer[] = [];
  let handedBack: ArrayBuffer[] = [];
  port.on('message', (request: WritingRequest) => {
    if (request === null) {
      writer.close();
      port.close();
    } else {
      for (const call of request) void answer(call);
    }
  });

  port.postMessage('ready' satisfies WritingMessage);

  async function answer({ call, job }: WritingCall): Promise<void> {
    try {
      const result = await writer.work(job);
      if (job.method === 'stage') handedBack.push(...transferable(job.packed));
      tell({ call, kind: 'done', result });
    } catch (error) {
      tell({ call, ...told(asLedgerError(error, place.path)) });
    }
  }

  /** All that a transaction has made durable is told at once. */
  function tell(answer: WritingAnswer): void {
    if (untold.length === 0) queueMicrotask(tellAll);
    untold.push(answer);
  }

  function tellAll(): void {
    port.postMessage(untold satisfies WritingMessage, handedBack);
    untold = [];
    handedBack = [];
  }
}

function openWriter(place: WritingPlace) {
  const db = openAnotherConnection(place.path);
  const context = { ...place, db };
  const commits = createGroupCommit(db, place.path);
  const staged = createLongTransaction(db);
  const identities = createIdentities(context, MANY);
  const stage = createStaging(context, createRejects(context), identities, staged.run);
  const { claim, settle } = createAttempts(context, commits);
  return {
    async work(job: WritingJob): Promise<unknown> {
      if (job.method === 'stage') {
        const { input, packed, onConflict } = job;
        const { messages, others, texts, numbers } = packed;
        const result = stage(input, unpackRecords(packed), onConflict, messages + others.length);
        return { staged: result, room: { texts, numbers } } satisfies StagedThere;
      }
      if (job.method === 'finish') staged.run(identities.enter, 0);
      staged.commit();
      switch (job.method) {
        case 'claim':
          return claim(job.start);
        case 'settle':
          return settle(job.end);
        case 'commit':
        case 'finish':
          return;
      }
    },
    close() {
      staged.commit();
      commits.flush();
      db.close();
    },
  };
}

/** Of an error, another thread gets the message and the stack alone. */
function told(error: unknown) {
  if (!(error instanceof BackhaulError)) return { kind: 'broken', error } as const;
  const { kind: errorKind, message, code, fix } = error;
  return { kind: 'refused', errorKind, message, code, fix } as const;
}

serve(parentPort as MessagePort, workerData as WritingPlace);
