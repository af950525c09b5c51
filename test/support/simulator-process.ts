/** A simulator as a process of its own, spoken to over HTTP alone. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { startBackhaul } from './command-line.ts';
import { jsonLines } from './json-lines.ts';
import type { Scope } from './scope.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface SimulatorProcess {
  readonly baseUrl: string;
  readonly pid: number;
  stats(): Promise<SimulatorStatistics>;
  /** Fault rules as `--fault` takes them, comma separated; none when empty. Times count from now. */
  setFaults(rules: string): Promise<void>;
  stored(): AsyncIterable<StoredMessage>;
  delivered(): AsyncIterable<DeliveredMessage>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** As much of `GET /__stats` as tests look at. */
export interface SimulatorStatistics {
  readonly requests: number;
  readonly stored: number;
  readonly resubmitted: number;
  /** Of the APIs that reach people: messages, and those of them that went out more than once. */
  readonly delivered: number;
  readonly deliveredTwice: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
}

/** A line of `GET /__stored`. */
export interface StoredMessage {
  readonly sourceUuid: string;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly submissions: number;
  readonly sentOnMs: number;
  /** With `--keep-bodies`. */
  readonly item?: string;
}

/** A line of `GET /__delivered`. */
export interface DeliveredMessage {
  readonly customerUuid: string;
  readonly deliveries: number;
  /** With `--keep-bodies`. */
  readonly body?: string;
}

/** The environment that its credentials are in, for configurations that name these variables. */
export const SIMULATOR_ENVIRONMENT = { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' };

export async function simulatorProcess(t: Scope, flags: readonly string[] = []): Promise<SimulatorProcess> {
  const { child, result } = startBackhaul(['simulate', '--json', ...flags], { cwd: temporaryDirectory(t) });
  const kill = async () => {
    child.kill('SIGKILL');
    await result;
  };
  t.after(kill);
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line') as Promise<[string]>,
    result.then(({ stderr }) => Promise.reject(new Error(`the simulator ended: ${stderr}`))),
  ]);
  const { baseUrl } = JSON.parse(line) as { baseUrl: string };
  const { origin } = new URL(baseUrl);
  return {
    baseUrl,
    pid: child.pid as number,
    kill,
    async stats() {
      return (await (await reach(`${origin}/__stats`)).json()) as SimulatorStatistics;
    },
    async setFaults(rules) {
      const response = await reach(`${origin}/__faults`, { method: 'POST', body: rules });
      if (response.status !== 200) throw new Error(await response.text());
    },
    async *stored() {
      yield* jsonLines<StoredMessage>(await reach(`${origin}/__stored`));
    },
    async *delivered() {
      yield* jsonLines<DeliveredMessage>(await reach(`${origin}/__delivered`));
    },
  };
}

const PATIENCE_MS = 5_000;

/** A simulated outage refuses the test's own connections, too. */
async function reach(url: string, init?: RequestInit): Promise<Response> {
  for (const startMs = Date.now(); ; ) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (Date.now() - startMs > PATIENCE_MS) throw error;
      await setTimeout(50);
    }
  }
}
