/**
 * Callbacks are not documented as signed, so their paths carry a token that nobody can guess. It stays the same over
 * restarts: requests that were sent yesterday carry yesterday's URLs.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { archiveUnusable, syncDirectory } from './archive-files.ts';
import type { DeliveryKind } from './archived-delivery.ts';

export const EVENTS_PATH = '/events/mykaarma';
export const HEALTH_PATH = '/health';

const CALLBACK_KINDS: Readonly<Record<string, DeliveryKind>> = {
  historical: 'historical-callback',
  text: 'text-callback',
};

const CALLBACK_PATH = /^\/callbacks\/([A-Za-z0-9_-]{1,256})\/([a-z]{1,20})$/;

/** Null when the path is no callback's. Whether the token is right is for the caller to find out. */
export function readCallbackPath(path: string): { token: string; kind: DeliveryKind } | null {
  const [, token, name] = CALLBACK_PATH.exec(path) ?? [];
  if (token === undefined || name === undefined || !Object.hasOwn(CALLBACK_KINDS, name)) return null;
  return { token, kind: CALLBACK_KINDS[name] as DeliveryKind };
}

export interface ReceiverUrls {
  /** Null where message events are not taken. */
  readonly events: string | null;
  /** For `callBackPathUrl` of historical saves. Whoever knows it can deliver. */
  readonly historicalCallback: string;
  /** For `callbackURL` of texts. */
  readonly textCallback: string;
  readonly health: string;
}

/** @param base without a final slash. */
export function receiverUrls(base: string, token: string, takesEvents: boolean): ReceiverUrls {
  return {
    events: takesEvents ? `${base}${EVENTS_PATH}` : null,
    historicalCallback: `${base}/callbacks/${token}/historical`,
    textCallback: `${base}/callbacks/${token}/text`,
    health: `${base}${HEALTH_PATH}`,
  };
}

/** 132 bits at least, in characters that need no encoding. */
const STRONG_TOKEN = /^[A-Za-z0-9_-]{22,256}$/;

/** @throws {UsageError} `WEAK_CALLBACK_TOKEN`. */
export function assertStrongToken(token: string): void {
  if (STRONG_TOKEN.test(token)) return;
  throw new UsageError('a callback token is too short, or has characters that a path would have to encode', {
    code: 'WEAK_CALLBACK_TOKEN',
    fix: 'Use 22 to 256 random letters, digits, dashes and underscores, for example from `openssl rand -hex 32`.',
  });
}

const TOKEN_FILE = 'callback-token';

/** The archive's own token; made when there is none. @throws {UsageError} `ARCHIVE_UNUSABLE`, `WEAK_CALLBACK_TOKEN`. */
export async function keptCallbackToken(directory: string): Promise<string> {
  const path = join(directory, TOKEN_FILE);
  try {
    const kept = await readIfThere(path);
    if (kept === null) return await keepNewToken(directory, path);
    assertStrongToken(kept);
    return kept;
  } catch (error) {
    throw error instanceof UsageError ? error : archiveUnusable(directory, error);
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The file appears whole or not at all. */
async function keepNewToken(directory: string, path: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const draft = `${path}.tmp`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncDirectory(directory);
  return token;
}
