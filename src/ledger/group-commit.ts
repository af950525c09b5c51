import type Database from 'better-sqlite3';
import { BackhaulError } from '../errors.ts';
import { asLedgerError } from './sqlite-errors.ts';

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Work that may come later, done together with others of its kind. */
export interface LaterWork {
  readonly work: () => void;
  /** How much it is. */
  readonly rows: number;
  /** Nothing is gathered before it is done. */
  readonly isWaitedFor: boolean;
}

/**
 * Gathers small writes of concurrent workers into one transaction, so that they share one wait for the disk. What may come later
 * comes in transactions of its own: some milliseconds later, or when enough has gathered.
 */
export interface GroupCommit {
  /**
   * Runs `work`, which changes nothing but the ledger, in the next common transaction. Resolves with its result once that
   * is durable. When `work` throws, nothing of it remains, the others of the group are done all the same (and may run a
   * second time for it), and the promise rejects.
   */
  run<T>(work: () => T): Promise<T>;
  /**
   * Runs `first` as {@link run} does and, once that is durable, `later` in a transaction of its own kind. Resolves when both are
   * durable. `later` is not run when `first` throws.
   */
  runInTwo(first: () => void, later: LaterWork): Promise<void>;
  /** Commits what is waiting, now. */
  flush(): void;
  /** @throws what the database said when it last could not write; nothing while it always could. */
  assertWorking(): void;
}

/** Some three milliseconds of work, for which others wait. Messages of neighbouring conversations lie on the same pages. */
const ENOUGH_ROWS = 400;

/** Answers come in swarms, between which there is time. Later, all of it would hold up the next one. */
const AT_LATEST_MS = 6;

/** @param spend does what writes */
export function createGroupCommit(
  db: Database.Database,
  path: string,
  spend: (write: () => void) => void = (write) => write(),
): GroupCommit {
  const statements = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
  };
  const urgent: Job[] = [];
  const patient: Job[] = [];
  let patientRows = 0;
  let isDue = false;
  let deadline: NodeJS.Timeout | undefined;
  let failure: BackhaulError | null = null;

  /** @returns what resolves each job, once the commit has made its work durable. Nothing remains when one throws. */
  function commitTogether(jobs: readonly Job[]): (() => void)[] {
    statements.begin.run();
    try {
      const answers = jobs.map(({ work, resolve }) => {
        const value = work();
        return () => resolve(value);
      });
      statements.commit.run();
      return answers;
    } catch (error) {
      if (db.inTransaction) statements.rollback.run();
      throw error;
    }
  }

  function attempt(jobs: readonly Job[]): void {
    try {
      for (const answer of commitTogether(jobs)) answer();
    } catch (error) {
      const [job] = jobs;
      if (jobs.length === 1) {
        const told = asLedgerError(error, path);
        if (told instanceof BackhaulError) failure = told;
        job?.reject(told);
      }
      // One of them is at fault. A savepoint for each would tell which, and cost every group a copy of the pages it changes.
      else for (const alone of jobs) attempt([alone]);
    }
  }

  function commit(waiting: Job[]): void {
    const jobs = waiting.splice(0);
    if (jobs.length > 0) spend(() => attempt(jobs));
  }

  function commitUrgent(): void {
    commit(urgent);
    // Whoever was waiting is told in between, and may ask for more.
    if (patientRows >= ENOUGH_ROWS) setImmediate(commitPatientAndGoOn);
    else goOn();
  }

  function commitPatient(): void {
    clearTimeout(deadline);
    patientRows = 0;
    commit(patient);
  }

  function commitPatientAndGoOn(): void {
    commitPatient();
    goOn();
  }

  function goOn(): void {
    isDue = false;
    if (urgent.length > 0) scheduleCommits();
  }

  function gather(job: Job, rows: number): void {
    if (patient.length === 0) deadline = setTimeout(commitPatient, AT_LATEST_MS);
    patient.push(job);
    patientRows += rows;
  }

  function scheduleCommits(): void {
    if (isDue) return;
    isDue = true;
    setImmediate(commitUrgent);
  }

  return {
    run: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        urgent.push({ work, resolve: resolve as (value: unknown) => void, reject });
        scheduleCommits();
      }),
    runInTwo: (first, { work, rows, isWaitedFor }) =>
      new Promise<void>((done, reject) => {
        const last = { work, resolve: () => done(), reject };
        urgent.push({
          ...{ work: first, reject },
          resolve: () => gather(last, isWaitedFor ? ENOUGH_ROWS : rows),
        });
        scheduleCommits();
      }),
    flush() {
      commit(urgent);
      commitPatient();
    },
    assertWorking() {
      if (failure !== null) throw failure;
    },
  };
}
