/** Commands at a terminal: util-linux's `script` gives them a pseudo-terminal of their own. */
import { spawn, spawnSync } from 'node:child_process';
import { CLI } from './command-line.ts';

/** Why a test cannot have a terminal; false when it can. For `test(…, { skip: noTerminal }, …)`. */
export const noTerminal: string | false =
  spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0
    ? false
    : 'this machine has no `script` of util-linux';

export interface TerminalResult {
  readonly exitCode: number | null;
  /** Standard output and standard error as they appear, escape sequences included. */
  readonly screen: string;
}

/**
 * @param words must need no quoting by a shell.
 * @param options.typed what somebody types, then the end of the input; left out, nobody does
 */
export function atTerminal(
  words: string,
  { cwd, env, typed }: { cwd: string; env?: Readonly<Record<string, string>>; typed?: string },
): Promise<TerminalResult> {
  return new Promise((resolve, reject) => {
    const inherited = { ...process.env };
    // A test runner's wish for no colours is not the terminal's; Node takes CI for one.
    for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS']) delete inherited[name];
    const command = `stty cols 120 rows 40; '${process.execPath}' '${CLI}' ${words}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd,
      env: { ...inherited, TERM: 'xterm-256color', ...env },
      stdio: [typed === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
    });
    child.stdin?.end(typed);
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, screen: Buffer.concat(output).toString() }));
  });
}
