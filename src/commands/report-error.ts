import { BackhaulError } from '../errors.ts';
import { type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { terminalText } from '../reporting/terminal-text.ts';

/** One error, said once: to people on standard error, with `--json` also as the one document on standard output. */
export function reportError(error: unknown, { asJson }: { asJson: boolean }): ExitCode {
  const { code, message, fix, stack } = describe(error);
  if (asJson) process.stdout.write(`${JSON.stringify({ error: { code, message, fix } })}\n`);
  process.stderr.write(`backhaul: ${terminalText(message)} (${code})\n${terminalText(fix)}\n${stack}`);
  return exitCodeOf(error);
}

function describe(error: unknown): { code: string; message: string; fix: string; stack: string } {
  if (error instanceof BackhaulError) {
    return { code: error.code, message: error.message, fix: error.fix, stack: '' };
  }
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    code: 'UNEXPECTED',
    // V8 quotes what it could not parse, which may be somebody's words.
    message: error instanceof SyntaxError ? name : message,
    fix: 'This is a defect of backhaul: please report it with the text that follows.',
    stack: frames.map((frame) => `${frame}\n`).join(''),
  };
}
