/** What other users of a machine can see of a process: its name, its title, its arguments. Linux only; elsewhere nothing. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

const EVERY_MS = 10;

/** Looks again and again until the process has ended; what was seen goes into `seen`. */
export function watchProcessWords({ pid }: ChildProcess, seen: Set<string>): void {
  const look = () => {
    try {
      for (const file of ['cmdline', 'comm']) seen.add(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  look();
}
