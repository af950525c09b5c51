import type { Writable } from 'node:stream';
import { terminalJson } from '../reporting/terminal-text.ts';
import type { GlobalFlags } from './command.ts';

/** Writes a command's result: one JSON document with `--json`, else the text that `forPeople` gives. */
export function writeResult(
  stdout: Writable,
  { json }: Pick<GlobalFlags, 'json'>,
  document: unknown,
  forPeople: () => string,
): void {
  const text = json ? terminalJson(document) : forPeople();
  stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
