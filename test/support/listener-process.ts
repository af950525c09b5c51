/** `backhaul listen` as a process of its own, as a user would have it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CLI } from './command-line.ts';
import { AUTHORIZATION, SECRET } from './receiver.ts';

export const LISTENER_ENV = { SIGNATURE_SECRET: SECRET, AUTHORIZATION_TOKEN: AUTHORIZATION };

export const RECEIVER_CONFIG = {
  port: 0,
  events: {
    signatureSecrets: [{ env: 'SIGNATURE_SECRET' }],
    authorizationTokens: [{ env: 'AUTHORIZATION_TOKEN' }],
  },
};

export interface ListenDocument {
  readonly listening: string;
  readonly archive: string;
  readonly urls: {
    readonly events: string | null;
    readonly historicalCallback: string;
    readonly textCallback: string;
    readonly health: string;
  };
}

export interface ListenerProcess {
  readonly child: ChildProcess;
  readonly document: ListenDocument;
  readonly url: string;
  /** Everything written to standard error so far. */
  stderr(): string;
  /** Sends the signal, and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Writes a configuration whose other parts no listener looks at; null leaves the section `receiver` out. */
export function writeListenerConfig(
  directory: string,
  receiver: Readonly<Record<string, unknown>> | null = RECEIVER_CONFIG,
): void {
  const config = {
    stream: 'listening',
    source: { format: 'csv', files: ['none.csv'] },
    mapping: { sourceUuid: 'Id' },
    destination: {
      type: 'mykaarma-historical',
      baseUrl: 'http://127.0.0.1:9',
      auth: { username: { env: 'NOT_SET' }, password: { env: 'NOT_SET' } },
    },
    ...(receiver === null ? {} : { receiver }),
  };
  writeFileSync(join(directory, 'pipeline.config.json'), JSON.stringify(config));
}

/** Resolves once it listens. */
export async function startListener(
  t: TestContext,
  directory: string,
  words: readonly string[] = [],
  launcher: readonly string[] = [],
): Promise<ListenerProcess> {
  const started = [...launcher, process.execPath, CLI, 'listen', '--json', ...words];
  const child = spawn(started[0] as string, started.slice(1), {
    cwd: directory,
    env: { ...process.env, ...LISTENER_ENV },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([exitCode]) => exitCode as number | null);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve(stdout);
    });
    child.once('close', () => reject(new Error(`listen ended early: ${stdout}${stderr}`)));
  });
  const document = JSON.parse(line) as ListenDocument;
  return {
    child,
    document,
    url: document.listening,
    stderr: () => stderr,
    stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
