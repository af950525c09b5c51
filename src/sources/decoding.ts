/**
 * From an input's bytes to UTF-8 text, with the scale by which positions in one are positions in the other.
 *
 * UTF-8 passes through untouched: whoever parses it sees invalid bytes as they are. Other encodings are transcoded, and what
 * cannot be decoded becomes the byte FF, which no UTF-8 text contains. Either way one question, "is this record
 * valid UTF-8?", tells the records that cannot be read from all the others, which go on.
 */
import { DamagedInputError, UsageError } from '../errors.ts';
import { peek } from './peek.ts';
import type { ByteScale, PositionTracker } from './position-tracker.ts';

const UNDECODABLE = Buffer.from([0xff]);

const MARKS: readonly { readonly encoding: string; readonly bytes: readonly number[] }[] = [
  // UTF-32 first: its little-endian mark begins with that of UTF-16.
  { encoding: 'utf-32', bytes: [0xff, 0xfe, 0x00, 0x00] },
  { encoding: 'utf-32', bytes: [0x00, 0x00, 0xfe, 0xff] },
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];
const LONGEST_MARK_BYTES = 4;

/** Encodings with more than one byte to a character: a place in their text says nothing of the place in their bytes. */
const MULTI_BYTE = new Set(['gbk', 'gb18030', 'big5', 'euc-jp', 'iso-2022-jp', 'shift_jis', 'euc-kr']);

/**
 * The WHATWG name behind a label, or `auto`.
 * @throws {UsageError} UNKNOWN_ENCODING
 */
export function encodingOf(label: string): string {
  if (label === 'auto') return label;
  try {
    return new TextDecoder(label).encoding;
  } catch (cause) {
    throw new UsageError(`source.csv.encoding names an encoding that is not known: ${label}`, {
      code: 'UNKNOWN_ENCODING',
      fix: 'Use a WHATWG label such as utf-8, utf-16le, windows-1252 or iso-8859-2, or `auto`.',
      cause,
    });
  }
}

/**
 * @param encoding `auto` or a name from {@link encodingOf}. A byte order mark overrides it: no text of another encoding
 *   begins like one.
 * @param positions told the scale before the first chunk.
 * @throws {DamagedInputError} UNSUPPORTED_ENCODING
 */
export async function* decoded(
  bytes: AsyncIterable<Buffer>,
  { file, encoding, positions }: { file: string; encoding: string; positions: PositionTracker },
): AsyncGenerator<Buffer> {
  const { head, chunks } = await peek(bytes, (start) => start.length >= LONGEST_MARK_BYTES);
  try {
    const mark = markOf(head);
    const markBytes = mark?.bytes.length ?? 0;
    const actual = mark?.encoding ?? (encoding === 'auto' ? guessedEncoding(head, file) : encoding);
    if (actual === 'utf-32') throw unsupported(file, 'UTF-32', 'Save the file as UTF-8.');
    positions.start(markBytes, scaleOf(actual));
    const transcode = transcoderOf(actual);
    let markLeft = markBytes;
    for await (const chunk of chunks) {
      const text = transcode(markLeft > 0 ? chunk.subarray(markLeft) : chunk, false);
      markLeft = 0;
      if (text.length > 0) yield text;
    }
    const last = transcode(Buffer.alloc(0), true);
    if (last.length > 0) yield last;
  } finally {
    await chunks.return?.();
  }
}

/** The beginning of a text as a first look sees it: without a mark as UTF-8, whatever it turns out to be. */
export function previewOf(head: Buffer): string {
  const mark = markOf(head);
  const encoding = mark === undefined || mark.encoding === 'utf-32' ? 'utf-8' : mark.encoding;
  return new TextDecoder(encoding).decode(head);
}

function markOf(head: Buffer): (typeof MARKS)[number] | undefined {
  return MARKS.find((candidate) => candidate.bytes.every((byte, at) => head[at] === byte));
}

function scaleOf(encoding: string): ByteScale {
  if (encoding === 'utf-8') return 'same';
  if (encoding.startsWith('utf-16')) return 2;
  return MULTI_BYTE.has(encoding) ? 'unknown' : 1;
}

/** Text without a mark is UTF-8, unless every other byte is zero. */
function guessedEncoding(head: Buffer, file: string): string {
  if (head.length < 4) return 'utf-8';
  const zeros = [...head.subarray(0, 4)].map((byte) => byte === 0);
  for (const [encoding, evenZero] of [
    ['utf-16be', true],
    ['utf-16le', false],
  ] as const) {
    if (zeros.every((isZero, at) => isZero === (at % 2 === 0 ? evenZero : !evenZero))) {
      throw unsupported(
        file,
        `${encoding.toUpperCase()} without a byte order mark`,
        `Set source.csv.encoding to ${encoding}, or save the file as UTF-8.`,
      );
    }
  }
  return 'utf-8';
}

function unsupported(file: string, what: string, fix: string): DamagedInputError {
  return new DamagedInputError(`${file} seems to be ${what}`, {
    code: 'UNSUPPORTED_ENCODING',
    fix,
    file,
    line: 1,
    byte: 0,
  });
}

/** Called with every chunk in order and at last with an empty one and `isEnd`. */
type Transcode = (chunk: Buffer, isEnd: boolean) => Buffer;

function transcoderOf(encoding: string): Transcode {
  if (encoding === 'utf-8') return (chunk) => chunk;
  if (encoding === 'utf-16le') return utf16Transcoder(false);
  if (encoding === 'utf-16be') return utf16Transcoder(true);
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (chunk, isEnd) => markedUtf8(decoder.decode(chunk, { stream: !isEnd }), '\uFFFD');
}

/** Our own, because TextDecoder cannot tell a lone surrogate from a replacement character that the text does contain. */
function utf16Transcoder(isBigEndian: boolean): Transcode {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk, isEnd) => {
    const bytes = Buffer.concat([rest, chunk]);
    let whole = bytes.length & ~1;
    if (!isEnd && whole >= 2 && isHighSurrogate(bytes, whole - 2, isBigEndian)) whole -= 2;
    rest = bytes.subarray(whole);
    const units = bytes.subarray(0, whole);
    if (isBigEndian) units.swap16();
    const text = units.toString('utf16le');
    const utf8 = text.isWellFormed() ? Buffer.from(text, 'utf8') : markedUtf8(text, /\p{Surrogate}/u);
    return isEnd && rest.length > 0 ? Buffer.concat([utf8, UNDECODABLE]) : utf8;
  };
}

function isHighSurrogate(bytes: Buffer, at: number, isBigEndian: boolean): boolean {
  return ((bytes[isBigEndian ? at : at + 1] as number) & 0xfc) === 0xd8;
}

/** UTF-8 of `text`, with {@link UNDECODABLE} in the place of each match of `undecodable`. */
function markedUtf8(text: string, undecodable: string | RegExp): Buffer {
  const parts = text.split(undecodable);
  if (parts.length === 1) return Buffer.from(text, 'utf8');
  return Buffer.concat(
    parts.flatMap((part, at) => (at === 0 ? [Buffer.from(part)] : [UNDECODABLE, Buffer.from(part)])),
  );
}
