/** What cannot be undone is asked for, where there is somebody to ask. */
import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command.ts';

export function isAtTerminal({ stdin, stderr }: CommandContext): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Anything but yes is a no; so are the end of the input and Ctrl-C. */
export async function askForYes(
  question: string,
  { stdin, stderr, signal }: CommandContext,
): Promise<boolean> {
  // Not as a terminal: the keys stay the terminal's own, Ctrl-C included.
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = lines.question(question, { signal }).catch(() => '');
    return (await Promise.race([answer, closed])).trim().toLowerCase() === 'yes';
  } finally {
    lines.close();
  }
}
