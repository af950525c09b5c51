import assert from 'node:assert/strict';
import type { CommandResult } from './command-line.ts';

/** A command ended with this exit code because of this error, said with what to do, and no stack trace. */
export function assertTold({ exitCode, stdout, stderr }: CommandResult, exit: number, code: string): void {
  const said = `${stdout}\n${stderr}`;
  assert.equal(exitCode, exit, said);
  const told = stderr.match(/^backhaul: .*$/gm) ?? [];
  assert.deepEqual(
    told.map((line) => /\((\w+)\)$/.exec(line)?.[1]),
    [code],
    said,
  );
  assert.doesNotMatch(stderr, /^\s+at /m, 'no stack trace');
}
