import { BackhaulError } from '../errors.ts';
import { type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { terminalJson, terminalText } from '../reporting/terminal-text.ts';

/** One error, said once: to people on standard error, with `--json` also as the one document on standard output. */
export function reportError(thrown: unknown, { asJson }: { asJson: boolean }): ExitCode {
  const error = outOfFiles(thrown) ?? thrown;
  const { code, message, fix, stack } = describe(error);
  if (asJson) process.stdout.write(`${terminalJson({ error: { code, message, fix } })}\n`);
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

/** Whatever was being opened, it is the process that has too many files open, or the machine. */
function outOfFiles(error: unknown): BackhaulError | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== 'EMFILE' && code !== 'ENFILE') return null;
  return new BackhaulError('stopped', `no more files can be opened (${code})`, {
    code: 'TOO_MANY_OPEN_FILES',
    fix: 'Raise the limit (`ulimit -n`) and run again: nothing that was recorded is lost.',
    cause: error,
  });
}
