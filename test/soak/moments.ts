/** When a process is killed. Each moment is hit on purpose; the seed says how far along. */
import { after, sizeOf } from '../support/killing.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** What somebody outside of the process can see of it. */
export interface Outside {
  readonly ledger: string;
  /** Requests that the API has received so far; asks it again and again while the process lives. */
  readonly requestsReceived: () => number;
}

export interface Moment {
  /** As the soak's table names it. */
  readonly name: string;
  /** For the tripwire that is loaded into the process: `point,n,when`. */
  tripwire?(random: SeededRandom): string;
  /** For those moments that are told from outside. Called once, when the process has just been started. */
  isTime?(random: SeededRandom, outside: Outside): () => boolean;
  /** At this moment the ledger holds messages whose intent is committed and whose outcome is not. */
  readonly leavesSending?: boolean;
}

type When = 'before' | 'after' | 'any';

/**
 * The n-th time that a point is passed, n up to `most`, and small ones oftener: of late ones there may be few.
 *
 * @param when before the first request, after it, or any.
 */
function tripwire(point: string, most: number, when: When = 'any') {
  return (random: SeededRandom) => `${point},${1 + Math.floor(random.fraction() ** 2 * most)},${when}`;
}

/** The same for points of which there are exactly so many. */
function oneOf(point: string, count: number, when: When) {
  return (random: SeededRandom) => `${point},${random.between(1, count)},${when}`;
}

export const STARTING: Moment = {
  name: 'while it starts',
  isTime: (random) => after(random.between(20, 250)),
};

/** Nothing has been sent by this process. */
export const STAGING: readonly Moment[] = [
  { name: 'staging: within a transaction', tripwire: tripwire('write', 600, 'before') },
  { name: 'staging: before a commit', tripwire: tripwire('commit', 6, 'before') },
  { name: 'staging: after a commit', tripwire: tripwire('committed', 6, 'before') },
  {
    name: 'staging: while the log grows',
    isTime(random, { ledger }) {
      const bytes = sizeOf(`${ledger}-wal`) + random.between(1, 120_000);
      return () => sizeOf(`${ledger}-wal`) >= bytes;
    },
  },
];

export const SENDING: readonly Moment[] = [
  { name: 'intent committed, nothing sent', tripwire: tripwire('request', 20), leavesSending: true },
  { name: 'request written', tripwire: tripwire('request-written', 20), leavesSending: true },
  {
    name: 'request received by the API',
    isTime(random, { requestsReceived }) {
      const requests = requestsReceived() + random.between(1, 15);
      return () => requestsReceived() >= requests;
    },
  },
  { name: 'answer begun', tripwire: tripwire('answer-begun', 20), leavesSending: true },
  { name: 'answered, not settled', tripwire: tripwire('answered', 20), leavesSending: true },
  { name: 'outcome noted, not applied', tripwire: tripwire('noted', 20) },
  { name: 'sending: within a transaction', tripwire: tripwire('write', 60, 'after') },
  { name: 'sending: before a commit', tripwire: tripwire('commit', 20, 'after') },
  { name: 'sending: after a commit', tripwire: tripwire('committed', 20, 'after') },
];

export const QUEUEING: readonly Moment[] = [
  { name: 'queueing: within a transaction', tripwire: tripwire('write', 4, 'before') },
  { name: 'queueing: before a commit', tripwire: tripwire('commit', 3, 'before') },
  { name: 'queueing: after a commit', tripwire: tripwire('committed', 3, 'before') },
];

export const EXPORTING: readonly Moment[] = [
  { name: 'export: while the file is written', tripwire: tripwire('file-write', 4) },
  { name: 'export: before the file appears', tripwire: tripwire('rename', 1) },
  { name: 'export: when the file has appeared', tripwire: tripwire('renamed', 1) },
  { name: 'export: any time', isTime: (random) => after(random.between(40, 280)) },
];

export const VERIFYING: readonly Moment[] = [
  { name: 'verify: within a transaction', tripwire: tripwire('write', 60) },
  { name: 'verify: before a commit', tripwire: tripwire('commit', 4) },
  { name: 'verify: after a commit', tripwire: tripwire('committed', 4) },
  { name: 'verify: any time', isTime: (random) => after(random.between(40, 280)) },
];

export const VACUUMING: readonly Moment[] = [
  { name: 'vacuum: before it', tripwire: tripwire('commit', 1) },
  {
    name: 'vacuum: while the log grows',
    isTime(random, { ledger }) {
      const bytes = random.between(1, sizeOf(ledger));
      return () => sizeOf(`${ledger}-wal`) >= bytes;
    },
  },
  { name: 'vacuum: before the log is written back', tripwire: tripwire('upkeep', 1) },
  { name: 'vacuum: any time', isTime: (random) => after(random.between(40, 280)) },
];

/** A process that finds a ledger to which so many migrations are missing. Each writes three times, and commits once. */
export function migrating(missing: number): readonly Moment[] {
  return [
    { name: 'migration: within a transaction', tripwire: oneOf('write', 3 * missing, 'before') },
    { name: 'migration: before a commit', tripwire: oneOf('commit', missing, 'before') },
    { name: 'migration: after a commit', tripwire: oneOf('committed', missing, 'before') },
  ];
}

/** Of an import that is large enough for a thread of its own to write the ledger; it shows nothing but its traces. */
export const WRITING_ASIDE: readonly Moment[] = [
  { name: 'large import: any time', isTime: (random) => after(random.between(800, 6_000)) },
  {
    name: 'large import: while the log grows',
    isTime(random, { ledger }) {
      const bytes = sizeOf(`${ledger}-wal`) + random.between(500_000, 5_000_000);
      return () => sizeOf(`${ledger}-wal`) >= bytes;
    },
  },
  {
    name: 'large import: request received by the API',
    isTime(random, { requestsReceived }) {
      const requests = requestsReceived() + random.between(1_000, 2_500);
      return () => requestsReceived() >= requests;
    },
  },
];
