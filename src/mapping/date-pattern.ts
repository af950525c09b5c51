/**
 * Unicode date patterns (UTS #35), the part of them that exports need, compiled into one regular expression each.
 *
 * | token | reads |
 * | --- | --- |
 * | `yyyy` `yy` `y` | year: four digits; two digits (00–69 are 2000–2069, 70–99 are 1970–1999); four digits |
 * | `M` `MM` `MMM` `MMMM` | month: one or two digits; two digits; English abbreviation; English name |
 * | `d` `dd` | day of the month: one or two digits; two digits |
 * | `E` `EEE` `EEEE` | English weekday, abbreviated or in full; must fit the date |
 * | `H` `HH`, `h` `hh` | hour 0–23; hour 1–12, which needs `a` |
 * | `m` `mm`, `s` `ss` | minute; second |
 * | `S` to `SSSSSSSSS` | fraction of a second, that many digits; read to the millisecond |
 * | `a` | AM or PM, in any case, also `a.m.` |
 * | `X` `XX` `XXX` | offset `+01`/`+0130`, `+0130`, `+01:30`, or `Z` |
 * | `x` `xx` `xxx` | the same without `Z` |
 * | `Z`, `ZZZZZ` | `+0130`; `+01:30` or `Z` |
 * | `'text'` `''` | literal text; an apostrophe |
 *
 * Anything that is not a letter stands for itself.
 */
import { UsageError } from '../errors.ts';

/** What a date says, validated field by field but not yet as a date. */
export interface DateFields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  /** Null when the text carries no offset. */
  offsetMs: number | null;
  /** 0 is Sunday; null when the text names no weekday. */
  weekday: number | null;
}

export interface DatePattern {
  readonly hasOffset: boolean;
  /** Null when the text does not have this shape. */
  read(text: string): DateFields | null;
}

type Component =
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half'
  | 'offset'
  | 'weekday';

interface Token {
  readonly component: Component;
  /** One capturing group, no other. */
  readonly pattern: string;
  /** Writes what the group matched; false when it means nothing. */
  set(fields: DateFields, text: string): boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTH_NAMES = '(January|February|March|April|May|June|July|August|September|October|November|December)';
const MONTH_ABBREVIATIONS = '(Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)\\.?';
const WEEKDAY_NAMES = '(Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday)';
const WEEKDAY_ABBREVIATIONS = '(Sun|Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat)\\.?';

type NumericComponent = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

function numeric(component: NumericComponent, pattern: string, highest: number, lowest = 0): Token {
  return {
    component,
    pattern,
    set(fields, text) {
      const value = Number(text);
      fields[component] = value;
      return value >= lowest && value <= highest;
    },
  };
}

function named(component: 'month' | 'weekday', pattern: string): Token {
  return {
    component,
    pattern,
    set(fields, text) {
      const name = text.slice(0, 3).toLowerCase();
      fields[component] = component === 'month' ? MONTHS.indexOf(name) + 1 : WEEKDAYS.indexOf(name);
      return true;
    },
  };
}

const twoDigitYear: Token = {
  component: 'year',
  pattern: '(\\d\\d)',
  set(fields, text) {
    const value = Number(text);
    fields.year = value < 70 ? 2000 + value : 1900 + value;
    return true;
  },
};

/** With `h`, 12 is the hour 0 of its half of the day; the half may stand before or after it. */
const halfDayHour = (pattern: string): Token => ({
  component: 'hour',
  pattern,
  set(fields, text) {
    const value = Number(text);
    fields.hour += value % 12;
    return value >= 1 && value <= 12;
  },
});

const half: Token = {
  component: 'half',
  pattern: '([AP]\\.? ?M\\.?)',
  set(fields, text) {
    if (text[0] === 'P' || text[0] === 'p') fields.hour += 12;
    return true;
  },
};

const fraction = (digits: number): Token => ({
  component: 'fraction',
  pattern: `(\\d{${digits}})`,
  set(fields, text) {
    fields.millisecond = Number(text.slice(0, 3).padEnd(3, '0'));
    return true;
  },
});

const offset = (pattern: string): Token => ({
  component: 'offset',
  pattern,
  set(fields, text) {
    fields.offsetMs = parseOffsetMs(text);
    return fields.offsetMs !== null;
  },
});

/** `Z`, `+01`, `+0130` or `+01:30` in milliseconds; null when no place on earth could keep it. */
export function parseOffsetMs(text: string): number | null {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0;
  if (hours > 23 || minutes > 59) return null;
  return (text[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const TOKENS: Readonly<Record<string, Token>> = {
  yyyy: numeric('year', '(\\d{4})', 9999, 1),
  y: numeric('year', '(\\d{4})', 9999, 1),
  yy: twoDigitYear,
  M: numeric('month', '(\\d{1,2})', 12, 1),
  MM: numeric('month', '(\\d\\d)', 12, 1),
  MMM: named('month', MONTH_ABBREVIATIONS),
  MMMM: named('month', MONTH_NAMES),
  d: numeric('day', '(\\d{1,2})', 31, 1),
  dd: numeric('day', '(\\d\\d)', 31, 1),
  E: named('weekday', WEEKDAY_ABBREVIATIONS),
  EEE: named('weekday', WEEKDAY_ABBREVIATIONS),
  EEEE: named('weekday', WEEKDAY_NAMES),
  H: numeric('hour', '(\\d{1,2})', 23),
  HH: numeric('hour', '(\\d\\d)', 23),
  h: halfDayHour('(\\d{1,2})'),
  hh: halfDayHour('(\\d\\d)'),
  m: numeric('minute', '(\\d{1,2})', 59),
  mm: numeric('minute', '(\\d\\d)', 59),
  s: numeric('second', '(\\d{1,2})', 59),
  ss: numeric('second', '(\\d\\d)', 59),
  a: half,
  X: offset('([+-]\\d\\d(?:\\d\\d)?|Z)'),
  XX: offset('([+-]\\d{4}|Z)'),
  XXX: offset('([+-]\\d\\d:\\d\\d|Z)'),
  x: offset('([+-]\\d\\d(?:\\d\\d)?)'),
  xx: offset('([+-]\\d{4})'),
  xxx: offset('([+-]\\d\\d:\\d\\d)'),
  Z: offset('([+-]\\d{4})'),
  ZZZZZ: offset('([+-]\\d\\d:\\d\\d|Z)'),
};

/** @throws {UsageError} BAD_TIME_FORMAT */
export function compileDatePattern(format: string): DatePattern {
  const tokens: Token[] = [];
  const used = new Set<Component>();
  let source = '';
  let rest = format.trim();
  while (rest !== '') {
    const piece = nextPiece(rest, format);
    rest = rest.slice(piece.length);
    if (!/^[A-Za-z]/.test(piece)) {
      source += literal(piece);
      continue;
    }
    const token = tokenOf(piece, format);
    if (used.has(token.component)) throw badFormat(format, `it names the ${token.component} twice`);
    used.add(token.component);
    tokens.push(token);
    source += token.pattern;
  }
  requireSense(format, used);
  const pattern = new RegExp(`^${source}$`, 'i');
  return { hasOffset: used.has('offset'), read: (text) => readFields(pattern, tokens, text) };
}

function readFields(pattern: RegExp, tokens: readonly Token[], text: string): DateFields | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const fields: DateFields = {
    year: 0,
    month: 0,
    day: 0,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
    offsetMs: null,
    weekday: null,
  };
  for (let index = 0; index < tokens.length; index += 1) {
    if (!(tokens[index] as Token).set(fields, match[index + 1] as string)) return null;
  }
  return fields;
}

/** A run of one letter, a quoted literal, or one other character. */
function nextPiece(rest: string, format: string): string {
  const piece = /^(?:([A-Za-z])\1*|'(?:[^']|'')*'|[^A-Za-z'])/u.exec(rest)?.[0];
  if (piece === undefined) throw badFormat(format, 'a quote is not closed');
  return piece;
}

function literal(piece: string): string {
  const text =
    piece === "''" ? "'" : piece.startsWith("'") ? piece.slice(1, -1).replaceAll("''", "'") : piece;
  return text.replaceAll(/[\s\u0085]+/g, ' ').replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const SLIPS: Readonly<Record<string, string>> = {
  Y: 'the year is yyyy',
  D: 'the day of the month is dd',
  n: 'the minute is mm',
  i: 'the minute is mm',
  A: 'AM/PM is a',
  f: 'the fraction of a second is SSS',
  T: "a literal T is written 'T'",
  z: 'names of zones are ambiguous: set `zone`, and read offsets with XXX or Z',
  V: 'names of zones are ambiguous: set `zone`, and read offsets with XXX or Z',
};

function tokenOf(piece: string, format: string): Token {
  if (/^S{1,9}$/.test(piece)) return fraction(piece.length);
  const token = Object.hasOwn(TOKENS, piece) ? TOKENS[piece] : undefined;
  if (token !== undefined) return token;
  throw badFormat(
    format,
    `it has no meaning for ${piece}; ${SLIPS[piece[0] as string] ?? 'put literal letters in apostrophes'}`,
  );
}

function requireSense(format: string, used: ReadonlySet<Component>): void {
  for (const part of ['year', 'month', 'day'] as const) {
    if (!used.has(part)) {
      throw badFormat(
        format,
        `it names no ${part}${part === 'month' ? ' (the month is MM, the minute mm)' : ''}`,
      );
    }
  }
  if (used.has('minute') && !used.has('hour')) throw badFormat(format, 'it has minutes without an hour');
  if (used.has('second') && !used.has('minute')) throw badFormat(format, 'it has seconds without minutes');
  if (used.has('fraction') && !used.has('second'))
    throw badFormat(format, 'it has a fraction without seconds');
  const usesHalf = /h/.test(format.replaceAll(/'(?:[^']|'')*'/g, ''));
  if (usesHalf !== used.has('half')) {
    throw badFormat(
      format,
      usesHalf ? 'h counts to 12 and needs a (AM/PM); H counts to 23' : 'a goes with h, not with H',
    );
  }
}

function badFormat(format: string, reason: string): UsageError {
  return new UsageError(`The time format ${JSON.stringify(format)} cannot be used: ${reason}.`, {
    code: 'BAD_TIME_FORMAT',
    fix: 'Write a Unicode date pattern such as yyyy-MM-dd HH:mm:ss, or iso, rfc2822, epoch-s, epoch-ms.',
  });
}
