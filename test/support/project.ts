/** A directory as a user would have it: an export, a crosswalk, a configuration, and a simulated API to talk to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import {
  type CommandOptions,
  type CommandResult,
  type RunningCommand,
  startBackhaul,
} from './command-line.ts';
import type { Scope } from './scope.ts';
import { simulatorFor } from './simulator-client.ts';
import { SIMULATOR_ENVIRONMENT } from './simulator-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface ProjectDirectory {
  readonly directory: string;
  /** Runs the command in the project's directory, with the simulator's credentials in its environment. */
  backhaul(words: string, options?: Partial<CommandOptions>): Promise<CommandResult>;
  /** The same, for a process that is to be met while it runs. */
  start(words: string, options?: Partial<CommandOptions>): RunningCommand;
  write(name: string, content: string | Uint8Array): void;
}

export interface Project extends ProjectDirectory {
  readonly simulator: Simulator;
}

export interface ConfigurationOptions {
  /** Merged over the configuration's top level. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly delivery?: Readonly<Record<string, unknown>>;
}

export interface ProjectOptions extends ConfigurationOptions {
  readonly simulator?: SimulatorOptions;
}

export async function project(t: TestContext, options: ProjectOptions = {}): Promise<Project> {
  const simulator = await simulatorFor(t, { keepBodies: true, ...options.simulator });
  return { ...projectDirectory(t, configuration(simulator.baseUrl, options)), simulator };
}

/** The same, for an API that is there already. */
export function projectDirectory(t: Scope, config: object): ProjectDirectory {
  const directory = temporaryDirectory(t);
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(directory, name), content);
  write('pipeline.config.json', JSON.stringify(config, null, 2));
  const start: Project['start'] = (words, given = {}) =>
    startBackhaul(splitWords(words), {
      cwd: directory,
      ...given,
      env: { ...SIMULATOR_ENVIRONMENT, ...given.env },
    });
  return {
    directory,
    write,
    start,
    backhaul: (words, given) => start(words, given).result,
  };
}

/** What the columns of {@link csvOf} become. */
export const MAPPING = {
  departmentUuid: 'Department',
  customerUuid: 'Customer',
  userUuid: { value: 'user-1' },
  sourceUuid: 'Id',
  sentOn: { from: 'Sent', time: { formats: ['iso'] } },
  'messageAttributes.body': 'Body',
  'messageAttributes.type': { from: 'Direction', map: { in: 'INCOMING', out: 'OUTGOING' } },
  'messageAttributes.protocol': { value: 'TEXT' },
  'messageAttributes.isManual': { value: true },
};

export function configuration(baseUrl: string, { config, delivery }: ConfigurationOptions): object {
  return {
    stream: 'project',
    source: { format: 'csv', files: ['export*.csv'] },
    mapping: MAPPING,
    destination: {
      type: 'mykaarma-historical',
      baseUrl,
      auth: { username: { env: 'SIMULATOR_USERNAME' }, password: { env: 'SIMULATOR_PASSWORD' } },
    },
    delivery: {
      requestsPerSecond: 1000,
      retryBaseMs: 5,
      retryMaxMs: 50,
      timeoutMs: 1000,
      maxOutageMs: 5000,
      ...delivery,
    },
    ...config,
  };
}

export interface Row {
  readonly Id: string;
  readonly Department?: string;
  readonly Customer?: string;
  readonly Sent?: string;
  readonly Direction?: string;
  readonly Body?: string;
}

const COLUMNS = ['Id', 'Department', 'Customer', 'Sent', 'Direction', 'Body'] as const;

/** A CSV export of these rows; what a row leaves out is filled in plausibly, `Sent` a minute after the row before. */
export function csvOf(rows: readonly Row[]): string {
  const lines = rows.map((row, index) => {
    const sent = new Date(Date.UTC(2024, 0, 1, 9, index)).toISOString();
    const filled = {
      Department: 'dept',
      Customer: 'cust-1',
      Sent: sent,
      Direction: 'in',
      Body: 'Hello',
      ...row,
    };
    return COLUMNS.map((column) => quoted(filled[column])).join(',');
  });
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

/** `count` rows numbered from `first`, spread over `customers` customers. */
export function rows(count: number, { first = 1, customers = 3 } = {}): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    Id: `m-${first + index}`,
    Customer: `cust-${(index % customers) + 1}`,
    Body: `Message ${first + index}`,
  }));
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Splits at blanks; single quotes keep them. */
function splitWords(words: string): string[] {
  return [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, inQuotes, plain]) => inQuotes ?? plain ?? '');
}
