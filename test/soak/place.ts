/** Where an experiment happens: a project of its own, an API in a process of its own, and a ledger that is looked at with plain SQL. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { CommandResult, RunningCommand } from '../support/command-line.ts';
import { killWhen, sizeOf } from '../support/killing.ts';
import { hasInFlight } from '../support/ledger-state.ts';
import { type ProjectDirectory, projectDirectory } from '../support/project.ts';
import type { Scope } from '../support/scope.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { type SimulatorProcess, simulatorProcess } from '../support/simulator-process.ts';
import type { ExperimentOrder } from './experiment.ts';
import type { Moment } from './moments.ts';
import { noteMoment, type Tally } from './tally.ts';

const TRIPWIRE = import.meta.resolve('./tripwire.ts');
const ASK_EVERY_MS = 10;
/** Defects, a lock that outlived its process, and a ledger that cannot be used. */
const NEVER = [1, 5, 6];
const SENDING = 1;

export interface Place {
  readonly directory: string;
  readonly ledger: string;
  readonly api: SimulatorProcess;
  readonly random: SeededRandom;
  readonly tally: Tally;
  /** By sourceUuid: how many processes died while they were sending it. */
  readonly interruptions: ReadonlyMap<string, number>;
  /** For what has happened before: this attempt's outcome is not known. */
  interrupted(sourceUuid: string, attempt: number): void;
  write(name: string, content: string): void;
  /** Runs the command to its end. */
  backhaul(words: string): Promise<CommandResult>;
  /** Runs the command, and kills it at the moment if that comes before its end. */
  killAt(moment: Moment, words: string): Promise<{ readonly killed: boolean } & CommandResult>;
}

/** @param configure makes the configuration, once the API's base URL is known. */
export async function createPlace(
  scope: Scope,
  { seed, tally, journal }: ExperimentOrder,
  configure: (baseUrl: string) => object,
): Promise<Place> {
  const random = seededRandom(seed);
  // It ends by itself, should whoever started it be killed.
  const flags = ['--keep-bodies', '--seed', String(seed), '--latency', '1-8', '--stop-after-idle', '5m'];
  const api = await simulatorProcess(scope, flags);
  const project = projectDirectory(scope, configure(api.baseUrl));
  const ledger = join(project.directory, 'backhaul.db');
  const interruptions = new Map<string, number>();
  const interruptedBy = new Map<string, number>();
  const start = startIn(scope, project, tally);

  async function killAt(moment: Moment, words: string) {
    const tripwire = moment.tripwire?.(random);
    const watch = moment.isTime && (await watchRequests(api));
    const running = start(
      words,
      tripwire === undefined
        ? {}
        : { nodeFlags: ['--import', TRIPWIRE], env: { BACKHAUL_TRIPWIRE: tripwire } },
    );
    const isTime = moment.isTime?.(random, { ledger, requestsReceived: () => watch?.received() ?? 0 });
    const result = await (isTime ? killWhen(running, isTime) : running.result);
    await watch?.end();
    const killed = result.exitCode === null;
    journal.push(
      `${words}: ${killed ? 'killed' : `ended with ${result.exitCode} before`} ${moment.name} ${tripwire ?? ''}`,
    );
    noteMoment(tally, moment.name, killed);
    if (killed) noteDeath(moment);
    else assertDocumented(result, words);
    return { ...result, killed };
  }

  function interrupted(uuid: string, attempt: number): void {
    if (interruptedBy.get(uuid) === attempt) return; // An earlier death has left it so.
    interruptedBy.set(uuid, attempt);
    interruptions.set(uuid, (interruptions.get(uuid) ?? 0) + 1);
  }

  function noteDeath({ name, leavesSending = false }: Moment): void {
    const sending = readLedger(ledger, beingSent) ?? [];
    for (const { uuid, attempt } of sending) interrupted(uuid, attempt);
    assert.ok(!leavesSending || sending.length > 0, `killed at “${name}”, and nothing was being sent`);
  }

  return {
    ...{ directory: project.directory, ledger, api, random, tally, interruptions, interrupted, killAt },
    write: project.write,
    async backhaul(words) {
      const result = await start(words, {}).result;
      journal.push(`${words}: ended with ${result.exitCode}`);
      assertDocumented(result, words);
      return result;
    },
  };
}

/** Processes end with the scope. */
function startIn(scope: Scope, project: ProjectDirectory, tally: Tally): ProjectDirectory['start'] {
  const running = new Set<RunningCommand>();
  let ended = false;
  scope.after(() => {
    ended = true;
    for (const { child } of running) child.kill('SIGKILL');
    return Promise.all([...running].map(({ result }) => result));
  });
  return (words, options) => {
    const command = project.start(words, options);
    // The experiment does not know yet, and goes on.
    if (ended) command.child.kill('SIGKILL');
    tally.processes += 1;
    running.add(command);
    command.result.finally(() => running.delete(command)).catch(() => {});
    return command;
  };
}

function assertDocumented({ exitCode, stdout, stderr }: CommandResult, words: string): void {
  assert.ok(exitCode !== null, `${words} was ended by a signal that nobody sent`);
  assert.ok(!NEVER.includes(exitCode), `${words} ended with ${exitCode}: ${stdout}${stderr}`);
}

interface RequestWatch {
  received(): number;
  end(): Promise<void>;
}

/** How many requests an API has received, asked over and over. */
async function watchRequests({ stats }: SimulatorProcess): Promise<RequestWatch> {
  let { requests } = await stats();
  let ended = false;
  const look = async () => {
    while (!ended) {
      await delay(ASK_EVERY_MS);
      ({ requests } = await stats());
    }
  };
  const looking = look();
  looking.catch(() => {}); // Whoever ends it is told.
  return {
    received: () => requests,
    async end() {
      ended = true;
      await looking;
    },
  };
}

/** Reads the ledger as another program would. @returns null where there is nothing to read yet. */
export function readLedger<T>(ledger: string, read: (db: Database.Database) => T): T | null {
  if (sizeOf(ledger) === 0) return null;
  const db = new Database(ledger, { readonly: true, fileMustExist: true });
  try {
    const isThere = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'message'").get() !== undefined;
    return isThere ? read(db) : null;
  } finally {
    db.close();
  }
}

/** And nobody knows with what outcome. */
function beingSent(db: Database.Database): readonly { uuid: string; attempt: number }[] {
  return db
    .prepare<[], { uuid: string; attempt: number }>(
      hasInFlight(db)
        ? `SELECT source_uuid AS uuid, in_flight.attempt
           FROM in_flight JOIN message ON message.id = in_flight.message JOIN attempt ON attempt.id = in_flight.attempt
           WHERE attempt.outcome IS NULL`
        : `SELECT source_uuid AS uuid, attempt FROM message WHERE state = ${SENDING}`,
    )
    .all();
}
