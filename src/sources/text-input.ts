/** An input opened for reading: its content decoded, with the position of the reader in it. */
import { DamagedInputError } from '../errors.ts';
import { decoded } from './decoding.ts';
import { peek } from './peek.ts';
import { PositionTracker } from './position-tracker.ts';

/** Enough rows to tell delimiters apart. A shorter head is the whole text. */
export const HEAD_BYTES = 64 * 1024;
/** How far the first line is looked for: one NDJSON object may hold a long message. */
const LONGEST_FIRST_LINE_BYTES = 1024 * 1024;

const LF = 10;
const OPENING_BRACE = '{'.charCodeAt(0);

/** What every reader of a format is given. */
export interface TextInput {
  readonly file: string;
  /** The beginning of the text, whole when the text is short. */
  readonly head: Buffer;
  /** The whole text as UTF-8 without a byte order mark; what could not be decoded is not valid UTF-8 there. */
  readonly chunks: AsyncIterableIterator<Buffer>;
  /** Where the reader is: readers advance it over the text, errors are reported at its place. */
  readonly positions: PositionTracker;
  readonly signal: AbortSignal | undefined;
}

export interface TextOptions {
  readonly file: string;
  /** See `encodingOf` in decoding.ts. */
  readonly encoding: string;
  readonly signal: AbortSignal | undefined;
}

/** @param content what the file holds, decompressed. */
export async function openText(
  content: AsyncIterable<Buffer>,
  { file, encoding, signal }: TextOptions,
): Promise<TextInput> {
  const positions = new PositionTracker();
  const text = located(decoded(content, { file, encoding, positions }), { file, positions, signal });
  const { head, chunks } = await peek(text, isHeadEnough);
  return { file, head, chunks, positions, signal };
}

/** Whether a beginning tells what kind of file this is, and which delimiter it has. */
export function isHeadEnough(head: Buffer): boolean {
  if (head.length < HEAD_BYTES) return false;
  return head[0] !== OPENING_BRACE || head.length >= LONGEST_FIRST_LINE_BYTES || head.includes(LF);
}

/** Gives damage below the text the reader's place, and ends quietly after an abort. */
async function* located(
  text: AsyncIterable<Buffer>,
  { file, positions, signal }: { file: string; positions: PositionTracker; signal: AbortSignal | undefined },
): AsyncGenerator<Buffer> {
  try {
    yield* text;
  } catch (error) {
    if (signal?.aborted) return;
    throw atPosition(error, file, positions);
  }
}

function atPosition(error: unknown, file: string, { line, byte }: PositionTracker): unknown {
  if (error instanceof DamagedInputError) {
    if (error.line !== null) return error;
    const { message, code, fix, cause } = error;
    return new DamagedInputError(message, { code, fix, cause, file, line, byte });
  }
  return isSystemError(error) ? unreadable(file, error, { line, byte }) : error;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** The operating system refuses to give the bytes. */
export function unreadable(
  file: string,
  cause: unknown,
  place: { line: number | null; byte: number | null } = { line: null, byte: null },
): DamagedInputError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new DamagedInputError(`${file} cannot be read (${reason})`, {
    code: 'UNREADABLE_INPUT',
    fix: 'Check that the file is there, that its permissions let it be read, and that its disk works.',
    cause,
    file,
    ...place,
  });
}
