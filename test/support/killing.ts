import { statSync } from 'node:fs';
import type { CommandResult, RunningCommand } from './command-line.ts';

const LOOK_EVERY_MS = 2;

/** Kills a process (SIGKILL: it learns nothing of it) as soon as the condition holds; one that ends before that has its result. */
export async function killWhen(
  { child, result }: RunningCommand,
  isTime: () => boolean,
): Promise<CommandResult> {
  const look = setInterval(() => {
    if (isTime()) child.kill('SIGKILL');
  }, LOOK_EVERY_MS);
  try {
    return await result;
  } finally {
    clearInterval(look);
  }
}

/** True from `delayMs` after the call on. */
export function after(delayMs: number): () => boolean {
  const fromMs = performance.now() + delayMs;
  return () => performance.now() >= fromMs;
}

/** 0 where there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
