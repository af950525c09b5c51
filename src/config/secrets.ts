/**
 * Credentials, resolved as late as possible and handed to the destination only. Neither this file's errors nor their
 * causes ever hold a value: a command's output and its error output stay here.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../errors.ts';
import type { SecretRef } from './secret-schema.ts';

const COMMAND_TIMEOUT_MS = 30_000;
const MAX_SECRET_BYTES = 65_536;

export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration's directory: secret files are relative to it, and commands run in it. */
  readonly directory: string;
}

/**
 * @throws {UsageError} `SECRET_MISSING` when there is nothing (or nothing but an empty text) to be found,
 *   `SECRET_COMMAND_FAILED` when a command cannot be started, fails, or takes longer than 30 seconds.
 */
export async function resolveSecret(ref: SecretRef, { env, directory }: SecretContext): Promise<string> {
  if ('env' in ref) {
    return refuseEmpty(env[ref.env], `the environment variable ${ref.env}`, `Set ${ref.env}.`);
  }
  if ('file' in ref) {
    const content = await readSecretFile(resolve(directory, ref.file), ref.file);
    return refuseEmpty(dropFinalLineEnd(content), `the secret file ${ref.file}`, 'Write the secret into it.');
  }
  const [program, ...args] = ref.command as [string, ...string[]];
  const output = await runSecretCommand(program, args, { env, directory });
  return refuseEmpty(dropFinalLineEnd(output), `the output of ${program}`, 'Let it print the secret.');
}

function refuseEmpty(secret: string | undefined, what: string, fix: string): string {
  if (secret !== undefined && secret !== '') return secret;
  throw new UsageError(`${what} is ${secret === undefined ? 'not set' : 'empty'}, but holds a credential`, {
    code: 'SECRET_MISSING',
    fix,
  });
}

function dropFinalLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

async function readSecretFile(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`the secret file ${name} cannot be read (${code})`, {
      code: 'SECRET_MISSING',
      fix: 'Check that it is there, beside the configuration or under an absolute path, and that you may read it.',
    });
  }
}

async function runSecretCommand(program: string, args: string[], context: SecretContext): Promise<string> {
  try {
    const running = promisify(execFile)(program, args, {
      cwd: context.directory,
      env: context.env,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MAX_SECRET_BYTES,
      windowsHide: true,
    });
    running.child.stdin?.end();
    return (await running).stdout;
  } catch (error) {
    // The error holds everything that the command printed: it is not kept as the cause.
    const { code, killed } = error as { code?: string | number | null; killed?: boolean };
    const why = killed
      ? 'was stopped'
      : typeof code === 'number'
        ? `ended with exit code ${code}`
        : `failed (${code})`;
    throw new UsageError(`the command ${program}, which prints a credential, ${why}`, {
      code: 'SECRET_COMMAND_FAILED',
      fix: `Run it by hand in the configuration's directory; it must end within ${COMMAND_TIMEOUT_MS / 1_000} seconds.`,
    });
  }
}
