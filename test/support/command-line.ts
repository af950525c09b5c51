import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command; another build of it can be tried by naming its cli.js in BACKHAUL_CLI. */
export const CLI = process.env.BACKHAUL_CLI ?? fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CommandResult {
  /** Null when a signal ended the process. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the one JSON document that it must be. */
  json<T = Record<string, unknown>>(): T;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** Words before the command that change what it runs in, e.g. its limits. */
  readonly launcher?: readonly string[];
  /** For Node itself, e.g. a module to load first. */
  readonly nodeFlags?: readonly string[];
  /** Called as soon as the process runs, e.g. to kill it. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the built command as a process of its own. */
export function backhaul(words: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return startBackhaul(words, options).result;
}

export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves once it has ended and everything that it printed has been read. */
  readonly result: Promise<CommandResult>;
}

export function startBackhaul(words: readonly string[], options: CommandOptions): RunningCommand {
  const line = [...(options.launcher ?? []), process.execPath, ...(options.nodeFlags ?? []), CLI, ...words];
  const child = spawn(line[0] as string, line.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      const text = Buffer.concat(stdout).toString();
      resolve({
        exitCode,
        stdout: text,
        stderr: Buffer.concat(stderr).toString(),
        json: () => JSON.parse(text),
      });
    });
  });
  child.stdin.on('error', () => {}); // A process that ends early does not read its input.
  child.stdin.end(options.stdin ?? '');
  options.onStart?.(child);
  return { child, result };
}
