/** Counts lines and bytes of an input while its decoded text passes by. */

const LF = 10;
const CR = 13;

/**
 * How the input's own bytes relate to its text: `same` (UTF-8), a fixed number of bytes to each UTF-16 code
 * unit of the text (1: single-byte encodings, 2: UTF-16), or `unknown` (other multi-byte encodings).
 */
export type ByteScale = 'same' | 1 | 2 | 'unknown';

export class PositionTracker {
  /** 1-based line of the current place. CRLF, LF and a lone CR each end a line, inside quotes too. */
  line = 1;
  /** 0-based offset of the current place in the decompressed input; null where it cannot be told exactly. */
  byte: number | null = 0;
  #scale: ByteScale = 'same';
  #afterCarriageReturn = false;
  /** What was advanced over last. */
  #text: Buffer | null = null;
  #hasCarriageReturns = false;
  /** In `#text`, where it has no CR: the first LF that was not passed yet, else its length. */
  #nextLineFeed = 0;

  /** Called once, before the first {@link advance}, when the encoding is known. */
  start(markBytes: number, scale: ByteScale): void {
    this.byte = scale === 'unknown' ? null : markBytes;
    this.#scale = scale;
  }

  /** Moves over `text[from, to)`, UTF-8 that follows directly on what was passed before. */
  advance(text: Buffer, from: number, to: number): void {
    if (from >= to) return;
    if (text !== this.#text) this.#lookAhead(text, from);
    if (this.#hasCarriageReturns) this.#countLineEnds(text, from, to);
    else this.#countLineFeeds(text, from, to);
    if (this.byte === null) return;
    if (this.#scale === 'same') this.byte += to - from;
    else if (this.#scale !== 'unknown') this.byte += this.#scale * codeUnits(text, from, to);
  }

  /** Where every line ends with LF, finding those is several times faster than looking at every byte. */
  #lookAhead(text: Buffer, from: number): void {
    this.#text = text;
    this.#hasCarriageReturns = text.includes(CR);
    if (!this.#hasCarriageReturns) this.#findLineFeed(text, from);
  }

  #findLineFeed(text: Buffer, from: number): void {
    const found = text.indexOf(LF, from);
    this.#nextLineFeed = found === -1 ? text.length : found;
  }

  #countLineFeeds(text: Buffer, from: number, to: number): void {
    // The second half of a CRLF.
    if (this.#afterCarriageReturn && text[from] === LF) this.line -= 1;
    this.#afterCarriageReturn = false;
    while (this.#nextLineFeed < to) {
      this.line += 1;
      this.#findLineFeed(text, this.#nextLineFeed + 1);
    }
  }

  #countLineEnds(text: Buffer, from: number, to: number): void {
    let { line } = this;
    let afterCarriageReturn = this.#afterCarriageReturn;
    for (let at = from; at < to; at += 1) {
      const byte = text[at] as number;
      if (byte > CR) {
        afterCarriageReturn = false;
      } else if (byte === LF) {
        if (!afterCarriageReturn) line += 1;
        afterCarriageReturn = false;
      } else if (byte === CR) {
        line += 1;
        afterCarriageReturn = true;
      } else {
        afterCarriageReturn = false;
      }
    }
    this.line = line;
    this.#afterCarriageReturn = afterCarriageReturn;
  }
}

/** UTF-16 code units of UTF-8 text: one for each lead byte, two where four bytes make a character. */
function codeUnits(text: Buffer, from: number, to: number): number {
  let units = 0;
  for (let at = from; at < to; at += 1) {
    const byte = text[at] as number;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 && byte < 0xf8 ? 2 : 1;
  }
  return units;
}
