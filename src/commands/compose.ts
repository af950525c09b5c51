/**
 * Where the parts meet: builds source, mapping, ledger and destination from the configuration and the flags. Commands call
 * these; nothing else in the program knows an implementation by name.
 */
import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { DEFAULT_CONFIG_PATH, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { resolveSecret } from '../config/secrets.ts';
import type { Destination } from '../destinations/destination.ts';
import { createMykaarmaHistorical } from '../destinations/mykaarma-historical.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { acquireStreamLock } from '../ledger/lock.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { loadMapping } from '../mapping/load.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { createSource } from '../sources/create-source.ts';
import type { Source } from '../sources/source.ts';
import type { CommandContext, GlobalFlags } from './command.ts';

/** The configuration with the flags applied, and the paths that follow from both. */
export interface Setting {
  readonly config: Config;
  /** Paths inside the configuration are relative to this directory. */
  readonly directory: string;
  readonly ledgerPath: string;
}

export async function loadSetting(flags: GlobalFlags, { cwd }: CommandContext): Promise<Setting> {
  const { config, directory } = await loadConfig({
    path: flags.config ?? DEFAULT_CONFIG_PATH,
    explicit: flags.config !== undefined,
    overrides: flags.set,
    cwd,
  });
  const ledgerPath =
    flags.ledger === undefined ? resolve(directory, config.ledger.path) : resolve(cwd, flags.ledger);
  return { config, directory, ledgerPath };
}

export function sourceOf(
  { config, directory }: Setting,
  flags: GlobalFlags,
  context: CommandContext,
): Source {
  return createSource(config.source, {
    baseDirectory: directory,
    cwd: context.cwd,
    stdin: context.stdin,
    ...(flags.input.length > 0 ? { input: flags.input } : {}),
  });
}

/** Everything of `source` that decides how a file becomes records; which files are read does not. */
export function sourceFingerprintOf({ config }: Setting): string {
  const { format, csv, json } = config.source;
  return hash('sha256', JSON.stringify({ format, csv, json }), 'hex');
}

export function mappingOf({ config, directory }: Setting, { clock }: CommandContext): Promise<Mapping> {
  return loadMapping(config, { baseDirectory: directory, clock });
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** For a destination that is asked for its limits and never to send. */
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

export function destinationOf({ config }: Setting, credentials: Credentials): Destination {
  const { destination, delivery } = config;
  return createMykaarmaHistorical({
    baseUrl: destination.baseUrl,
    ...credentials,
    limits: { maxBatchMessages: delivery.maxBatchMessages, maxBatchBytes: delivery.maxBatchBytes },
    timeoutMs: delivery.timeoutMs,
    connections: delivery.concurrency,
  });
}

export function ledgerOf(
  { config, ledgerPath }: Setting,
  mode: 'create' | 'existing' | 'read-only',
): Promise<Ledger> {
  return openLedger({
    path: ledgerPath,
    stream: config.stream,
    destinationType: config.destination.type,
    baseUrl: config.destination.baseUrl,
    keepPayloads: config.ledger.keepPayloads,
    mode,
  });
}

/** Runs `work` as the stream's only writer. @throws {LockedError} naming the owner when there is one already. */
export async function asOnlyWriter<T>(
  setting: Setting,
  { clock }: CommandContext,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireStreamLock(setting.ledgerPath, setting.config.stream, {
    host: hostname(),
    pid: process.pid,
    startedAtMs: clock.nowMs(),
  });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
