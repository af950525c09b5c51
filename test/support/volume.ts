/**
 * A volume of a test's own, which can be full, read-only or gone: a tmpfs in a user and mount namespace of its own, where no
 * privilege is needed. Only processes that are started by its launcher see what is on it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Scope } from './scope.ts';

/** Why there can be none on this machine; false where there can. */
export const noVolumes: string | false =
  spawnSync('unshare', ['-rm', 'nsenter', '--version']).status === 0
    ? false
    : 'needs namespaces of its own (unshare -rm)';

export interface Volume {
  readonly directory: string;
  /** Words before a command that is to see the volume. */
  readonly launcher: readonly string[];
  /** Runs a line of shell in the volume's directory; what it prints. */
  shell(line: string): string;
  /** `size=4m`, `ro`, `rw`. */
  remount(options: string): void;
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives it back. */
  clear(): void;
}

/** @param directory where it is mounted; made when missing. */
export async function volumeAt(t: Scope, directory: string, options = 'size=32m'): Promise<Volume> {
  mkdirSync(directory, { recursive: true });
  const mount = 'mount -t tmpfs -o "$1" backhaul "$2" && echo ready && exec cat';
  const holder = spawn('unshare', ['-rm', 'sh', '-c', mount, 'sh', options, directory]);
  t.after(() => holder.kill('SIGKILL'));
  await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit').then(() => Promise.reject(new Error('the volume cannot be mounted'))),
  ]);
  const enter = ['nsenter', '--preserve-credentials', '-U', '-m', '-t', String(holder.pid)];
  const run = (words: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(enter[0] as string, [...enter.slice(1), ...words], {
      encoding: 'utf8',
    });
    return { stdout, stderr, status };
  };
  const shell = (line: string) => {
    const { stdout, stderr, status } = run(['sh', '-c', `cd "$0" && { ${line}\n}`, directory]);
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
    return stdout;
  };
  return {
    directory,
    launcher: [...enter, 'sh', '-c', 'cd "$0" && exec "$@"', directory.replace(/\/[^/]+$/, '')],
    shell,
    remount: (changed) => void shell(`mount -o remount,${changed} "$PWD"`),
    fill: () => void shell('dd if=/dev/zero of=filling bs=4096 2>/dev/null || true'),
    clear: () => void shell('rm filling'),
  };
}
