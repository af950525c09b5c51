/**
 * Where the parts meet: builds source, mapping and destination from the configuration and the flags. Commands call
 * these; nothing else in the program knows an implementation by name.
 */
import { resolveSecret } from '../config/secrets.ts';
import type { HttpDestination } from '../destinations/destination.ts';
import { createMykaarmaHistorical } from '../destinations/mykaarma-historical.ts';
import { loadMapping } from '../mapping/load.ts';
import type { Intake } from '../pipeline/stage.ts';
import { createSource } from '../sources/create-source.ts';
import type { CommandContext, GlobalFlags } from './command.ts';
import type { Setting } from './setting.ts';

/** @throws {UsageError} when a glob, a rule or a file that they name cannot be used. */
export async function intakeOf(
  { config, directory }: Setting,
  flags: GlobalFlags,
  { cwd, stdin, clock }: CommandContext,
): Promise<Intake> {
  return {
    source: createSource(config.source, {
      baseDirectory: directory,
      cwd,
      stdin,
      ...(flags.input.length > 0 ? { input: flags.input } : {}),
    }),
    mapping: await loadMapping(config, { baseDirectory: directory, clock }),
  };
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** For a destination that is asked for its limits and its requests, and never to send. */
export const NO_CREDENTIALS: Credentials = { username: '', password: '' };

export async function credentialsOf(
  { config, directory }: Setting,
  { env }: CommandContext,
): Promise<Credentials> {
  const { username, password } = config.destination.auth;
  return {
    username: await resolveSecret(username, { env, directory }),
    password: await resolveSecret(password, { env, directory }),
  };
}

/** Runs `work` with the configured destination. */
export async function withDestination<T>(
  { config }: Setting,
  credentials: Credentials,
  work: (destination: HttpDestination) => Promise<T>,
): Promise<T> {
  const { destination, delivery } = config;
  const created = createMykaarmaHistorical({
    baseUrl: destination.baseUrl,
    ...credentials,
    limits: { maxBatchMessages: delivery.maxBatchMessages, maxBatchBytes: delivery.maxBatchBytes },
    timeoutMs: delivery.timeoutMs,
    connections: delivery.concurrency,
  });
  try {
    return await work(created);
  } finally {
    await created.close();
  }
}
