/** Commands run inside the test's own process: as they are, without the second that a process takes. */
import { PassThrough } from 'node:stream';
import { systemClock } from '../../src/clock.ts';
import type { CommandContext } from '../../src/commands/command.ts';
import { readCommandLine } from '../../src/commands/command-line.ts';
import { BackhaulError } from '../../src/errors.ts';
import { exitCodeOf } from '../../src/exit-codes.ts';
import { createLog } from '../../src/reporting/log.ts';
import type { CommandResult } from './command-line.ts';

/** A user's error is told on `stderr` by its code alone; any other rejects. */
export async function inProcess(
  words: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const line = await readCommandLine(words);
  if ('text' in line) throw new Error('help is for processes');
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const context = {
    ...{ cwd, env, clock: systemClock, random: Math.random, signal: new AbortController().signal },
    log: createLog({ level: 'error', destination: stderr, pretty: false }),
    ...{ stdin: new PassThrough(), stdout, stderr },
  } as unknown as CommandContext;
  const result = await line.command.run(line.flags, context).catch((error: unknown) => {
    if (!(error instanceof BackhaulError)) throw error;
    stderr.write(error.code);
    return exitCodeOf(error);
  });
  const text = (stream: PassThrough): string => stream.end().read()?.toString() ?? '';
  const printed = text(stdout);
  return { exitCode: result, stdout: printed, stderr: text(stderr), json: () => JSON.parse(printed) };
}
