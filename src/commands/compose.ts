/**
 * Where the parts meet: builds source, mapping and destination from the configuration and the flags. Commands call
 * these; nothing else in the program knows an implementation by name.
 */
import type { Config } from '../config/schema.ts';
import type { SecretRef } from '../config/secret-schema.ts';
import { resolveSecret } from '../config/secrets.ts';
import type { HttpDestination } from '../destinations/destination.ts';
import type { Route } from '../destinations/http.ts';
import { createKaleyraWhatsapp } from '../destinations/kaleyra-whatsapp.ts';
import { createMykaarmaHistorical } from '../destinations/mykaarma-historical.ts';
import { createMykaarmaText } from '../destinations/mykaarma-text.ts';
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

/** By the names that `destination.auth` has for them. */
export type Credentials = Readonly<Record<string, string>>;

/** For a destination that is asked for its limits and its requests, and never to send. */
export const NO_CREDENTIALS: Credentials = {};

export async function credentialsOf(
  { config, directory }: Setting,
  { env }: CommandContext,
): Promise<Credentials> {
  const credentials: Record<string, string> = {};
  for (const [name, secret] of Object.entries<SecretRef>(config.destination.auth)) {
    credentials[name] = await resolveSecret(secret, { env, directory });
  }
  return credentials;
}

/** Runs `work` with the configured destination. Without a route it is reached directly, if at all. */
export async function withDestination<T>(
  { config }: Setting,
  credentials: Credentials,
  work: (destination: HttpDestination) => Promise<T>,
  route?: Route,
): Promise<T> {
  const created = createDestination(config, credentials, route);
  try {
    return await work(created);
  } finally {
    await created.close();
  }
}

function createDestination(
  { destination, delivery }: Config,
  { username = '', password = '', apiKey = '' }: Credentials,
  route: Route | undefined,
): HttpDestination {
  const { maxBatchMessages, maxBatchBytes, timeoutMs, concurrency: connections } = delivery;
  const { baseUrl } = destination;
  const transport = { baseUrl, timeoutMs, connections, ...(route === undefined ? {} : { route }) };
  switch (destination.type) {
    case 'mykaarma-historical': {
      const limits = { maxBatchMessages, maxBatchBytes };
      const { callbackUrl = null } = destination;
      return createMykaarmaHistorical({ ...transport, username, password, limits, callbackUrl });
    }
    case 'mykaarma-text': {
      const { callbackUrl = null } = destination;
      return createMykaarmaText({ ...transport, username, password, maxBatchBytes, callbackUrl });
    }
    case 'kaleyra-whatsapp': {
      const { sid, sender } = destination;
      return createKaleyraWhatsapp({ ...transport, sid, sender, apiKey, maxBatchBytes });
    }
  }
}
