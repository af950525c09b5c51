/** Starting the processes that are measured, and those that answer them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Measured } from './measured.ts';

/** The built command; another build of it can be measured by naming its cli.js in BACKHAUL_CLI. */
export const CLI = process.env.BACKHAUL_CLI ?? fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const REPORT_PEAK = new URL('../lanes/report-peak.ts', import.meta.url).href;

const AS_THE_COMMAND = new URL('./as-the-command.ts', import.meta.url).href;

/** Runs `lanes/<name>.ts`; those called after the program set up memory as the command does. */
export async function runLane(name: string, options: object): Promise<Measured> {
  const setUp = name.startsWith('backhaul-') ? ['--import', AS_THE_COMMAND] : [];
  const { stdout } = await finished([...setUp, lanePath(name), JSON.stringify(options)], {});
  return JSON.parse(stdout) as Measured;
}

export interface CommandRun {
  /** From the start of the process to its end. */
  readonly durationMs: number;
  readonly peakBytes: number;
  readonly stdout: string;
}

/** Runs the command as a user does, as a process of its own. */
export async function runCommand(words: readonly string[], cwd: string): Promise<CommandRun> {
  const { stdout, stderr, durationMs } = await finished(['--import', REPORT_PEAK, CLI, ...words], { cwd });
  const peak = /peakBytes=(\d+)/.exec(stderr)?.[1];
  return { stdout, durationMs, peakBytes: Number(peak) };
}

/** Runs Node with these arguments, and nothing else around it. */
export async function timeNode(words: readonly string[], cwd?: string): Promise<number> {
  return (await finished(words, cwd === undefined ? {} : { cwd })).durationMs;
}

async function finished(words: readonly string[], { cwd }: { cwd?: string }) {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, words, {
    cwd,
    env: { ...process.env, ...CREDENTIALS, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const durationMs = performance.now() - startedAtMs;
  if (exitCode !== 0) {
    throw new Error(
      `${words.slice(0, 4).join(' ')} ended with ${exitCode}: ${stderr}${stdout}`.slice(0, 2_000),
    );
  }
  return { stdout, stderr, durationMs };
}

/** The names that the configuration of the benchmarks takes its credentials from. */
const CREDENTIALS = { BENCHMARK_USERNAME: 'benchmark', BENCHMARK_PASSWORD: 'benchmark' };

export interface Server {
  readonly baseUrl: string;
  close(): Promise<void>;
}

/** Starts `lanes/answering-server.ts`: an API that takes everything. */
export async function startServer(latencyMs: number): Promise<Server> {
  const child: ChildProcess = spawn(process.execPath, [lanePath('answering-server'), String(latencyMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line');
  return {
    baseUrl: `http://127.0.0.1:${port}/communications`,
    async close() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

function lanePath(name: string): string {
  return fileURLToPath(new URL(`../lanes/${name}.ts`, import.meta.url));
}
