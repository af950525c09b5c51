/**
 * Finds the records of a JSON document in its bytes: the elements of one array, however large, without building the
 * document. What lies around the records (the envelope that the path leads through) is checked strictly; the records are
 * only measured, by their brackets and strings, and parsed by whoever gets them.
 *
 * A document is a sequence of top-level values (usually one). Without a path each top-level array gives its elements and
 * any other top-level value is itself a record; with a path each top-level value is an object in which the path
 * leads to an array.
 *
 *   value ──▶ next ──▶ (`,`) value … ──▶ (`]`) next      in the array of records
 *   key ──▶ colon ──▶ value ──▶ next ──▶ (`,`) key …      in an object on the path
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

export type SplitFailureKind = 'broken' | 'truncated' | 'path-not-found' | 'empty' | 'too-long';

export interface SplitFailure {
  readonly kind: SplitFailureKind;
  /** Index into the bytes of the last {@link JsonSplitter.scan}. */
  readonly at: number;
}

/** Where a scan has to go on: everything before `keepFrom` has been dealt with. */
export interface SplitResult {
  /** Start and end (exclusive) of each record, alternating, as indexes into the scanned bytes. */
  readonly spans: readonly number[];
  readonly keepFrom: number;
  /** After a failure nothing more is to be scanned. */
  readonly failure: SplitFailure | null;
}

type Expectation = 'value' | 'value-or-end' | 'next' | 'key' | 'key-or-end' | 'colon';

/** A container on the way to the records. `path` is what is left of it inside an object; null in the array of records. */
interface Container {
  readonly path: string | null;
}

type Purpose = 'record' | 'key' | 'skip';

/** A value being measured. */
interface Capture {
  /** Relative to the scanned bytes, like every index. */
  start: number;
  readonly purpose: Purpose;
  readonly isScalar: boolean;
  /** Closing brackets that are still owed, innermost last. */
  readonly owed: number[];
  isInString: boolean;
  isEscaped: boolean;
}

export class JsonSplitter {
  readonly #path: string;
  readonly #maxRecordBytes: number;
  readonly #containers: Container[] = [];
  #expectation: Expectation = 'value';
  #capture: Capture | null = null;
  /** Where the value after the current key leads: the rest of the path, or null when it is passed over. */
  #pathOfValue: string | null;
  #isPathFound = false;
  #hasValue = false;
  #cursor = 0;
  #spans: number[] = [];
  #failure: SplitFailure | null = null;

  constructor(path: string, maxRecordBytes: number) {
    this.#path = path;
    this.#pathOfValue = path;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @param bytes what the scan before kept (from its `keepFrom`), followed by new bytes. */
  scan(bytes: Buffer): SplitResult {
    while (this.#cursor < bytes.length && this.#failure === null) {
      if (this.#capture !== null) this.#measure(bytes, this.#capture);
      else this.#step(bytes[this.#cursor] as number);
    }
    return this.#result();
  }

  /** @param bytes what the last scan kept. */
  end(bytes: Buffer): SplitResult {
    if (this.#capture?.isScalar && this.#failure === null) this.#finishScalar(bytes, this.#capture);
    if (this.#failure === null) {
      if (this.#containers.length > 0 || this.#capture !== null) this.#fail('truncated', bytes.length);
      else if (!this.#hasValue) this.#fail('empty', bytes.length);
    }
    return this.#result();
  }

  #result(): SplitResult {
    const isHeld = this.#capture !== null && (this.#capture.purpose !== 'skip' || this.#capture.isScalar);
    const keepFrom = isHeld ? (this.#capture as Capture).start : this.#cursor;
    const result = { spans: this.#spans, keepFrom, failure: this.#failure };
    if (this.#capture !== null) this.#capture.start -= keepFrom;
    this.#cursor -= keepFrom;
    this.#spans = [];
    return result;
  }

  #fail(kind: SplitFailureKind, at: number): void {
    this.#failure ??= { kind, at };
  }

  /** Looks at one byte of the envelope. */
  #step(byte: number): void {
    const at = this.#cursor;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#cursor += 1;
      return;
    }
    switch (this.#expectation) {
      case 'value-or-end':
        if (byte === CLOSE_ARRAY) this.#leaveContainer();
        else this.#enterValue(byte);
        return;
      case 'value':
        this.#enterValue(byte);
        return;
      case 'next':
        this.#separate(byte);
        return;
      case 'key-or-end':
        if (byte === CLOSE_OBJECT) this.#leaveContainer();
        else this.#enterKey(byte);
        return;
      case 'key':
        this.#enterKey(byte);
        return;
      case 'colon':
        if (byte !== COLON) {
          this.#fail('broken', at);
          return;
        }
        this.#cursor += 1;
        this.#expectation = 'value';
    }
  }

  #separate(byte: number): void {
    const isArray = this.#containers.at(-1)?.path === null;
    if (byte === COMMA) {
      this.#cursor += 1;
      this.#expectation = isArray ? 'value' : 'key';
    } else if (byte === (isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) {
      this.#leaveContainer();
    } else {
      this.#fail('broken', this.#cursor);
    }
  }

  #enterKey(byte: number): void {
    if (byte === QUOTE) this.#startCapture(byte, 'key');
    else this.#fail('broken', this.#cursor);
  }

  #enterValue(byte: number): void {
    const container = this.#containers.at(-1);
    this.#hasValue = true;
    if (container?.path === null) {
      this.#startCapture(byte, 'record');
      return;
    }
    const path = container === undefined ? this.#path : this.#pathOfValue;
    if (path === null) {
      this.#startCapture(byte, 'skip');
      return;
    }
    if (path === '') {
      if (byte === OPEN_ARRAY) {
        this.#enterContainer({ path: null }, 'value-or-end');
        return;
      }
      if (container === undefined) {
        this.#startCapture(byte, 'record');
        return;
      }
      this.#fail('path-not-found', this.#cursor);
      return;
    }
    if (byte === OPEN_OBJECT) {
      this.#enterContainer({ path }, 'key-or-end');
      return;
    }
    this.#startCapture(byte, 'skip');
  }

  #enterContainer(container: Container, expectation: Expectation): void {
    if (container.path === null) this.#isPathFound = true;
    this.#containers.push(container);
    this.#cursor += 1;
    this.#expectation = expectation;
  }

  #leaveContainer(): void {
    this.#containers.pop();
    this.#cursor += 1;
    this.#leaveValue();
  }

  #leaveValue(): void {
    if (this.#containers.length > 0) {
      this.#expectation = 'next';
      return;
    }
    if (this.#path !== '' && !this.#isPathFound) this.#fail('path-not-found', this.#cursor);
    this.#isPathFound = false;
    this.#expectation = 'value';
  }

  #startCapture(byte: number, purpose: Purpose): void {
    const isBracket = byte === OPEN_ARRAY || byte === OPEN_OBJECT;
    const isScalar = !isBracket && byte !== QUOTE;
    if (isScalar && !mayBeginScalar(byte)) {
      this.#fail('broken', this.#cursor);
      return;
    }
    this.#capture = {
      start: this.#cursor,
      purpose,
      isScalar,
      owed: isBracket ? [closerOf(byte)] : [],
      isInString: byte === QUOTE,
      isEscaped: false,
    };
    this.#cursor += 1;
  }

  #measure(bytes: Buffer, capture: Capture): void {
    if (capture.isScalar) this.#measureScalar(bytes, capture);
    else this.#measureNested(bytes, capture);
    if (capture.purpose !== 'skip' && this.#cursor - capture.start > this.#maxRecordBytes) {
      this.#fail('too-long', capture.start);
    }
  }

  #measureNested(bytes: Buffer, capture: Capture): void {
    const { owed } = capture;
    let { isInString, isEscaped } = capture;
    let at = this.#cursor;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) {
          isInString = false;
          if (owed.length === 0) break;
        }
      } else if (byte === QUOTE) {
        isInString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        owed.push(closerOf(byte));
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (owed.pop() !== byte) {
          this.#fail('broken', at);
          return;
        }
        if (owed.length === 0) break;
      }
    }
    capture.isInString = isInString;
    capture.isEscaped = isEscaped;
    this.#cursor = at;
    if (at === bytes.length) return;
    this.#cursor = at + 1;
    this.#finish(bytes, capture);
  }

  #measureScalar(bytes: Buffer, capture: Capture): void {
    let at = this.#cursor;
    while (at < bytes.length && !endsScalar(bytes[at] as number)) at += 1;
    this.#cursor = at;
    if (at < bytes.length) this.#finishScalar(bytes, capture);
  }

  #finishScalar(bytes: Buffer, capture: Capture): void {
    if (SCALAR.test(bytes.toString('latin1', capture.start, this.#cursor))) this.#finish(bytes, capture);
    else this.#fail('broken', capture.start);
  }

  #finish(bytes: Buffer, { start, purpose }: Capture): void {
    this.#capture = null;
    if (purpose === 'key') {
      const key = parsedKey(bytes.toString('utf8', start, this.#cursor));
      if (key === null) {
        this.#fail('broken', start);
        return;
      }
      this.#pathOfValue = pathAfter(key, this.#containers.at(-1)?.path ?? '');
      this.#expectation = 'colon';
      return;
    }
    if (purpose === 'record') this.#spans.push(start, this.#cursor);
    this.#leaveValue();
  }
}

/** What is left of a dotted path after a key, or null when the key is not on it. A key may itself hold dots. */
function pathAfter(key: string, path: string): string | null {
  if (key === path) return '';
  return path.startsWith(`${key}.`) ? path.slice(key.length + 1) : null;
}

function parsedKey(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

function closerOf(opener: number): number {
  return opener === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
}

function mayBeginScalar(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d;
}

function endsScalar(byte: number): boolean {
  return (
    byte <= 0x20 ||
    byte === COMMA ||
    byte === COLON ||
    byte === QUOTE ||
    byte === OPEN_ARRAY ||
    byte === CLOSE_ARRAY ||
    byte === OPEN_OBJECT ||
    byte === CLOSE_OBJECT
  );
}
