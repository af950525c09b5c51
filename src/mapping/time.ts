/** Reading times: whatever an export writes, into a UTC instant with milliseconds. The host's own zone never matters. */
import type { TimeRule } from '../config/mapping-schema.ts';
import { UsageError } from '../errors.ts';
import { normaliseBlanks } from './blanks.ts';
import { compileDatePattern, type DateFields, parseOffsetMs } from './date-pattern.ts';
import { createZoneResolver, utcMs, type ZonedReading } from './zone.ts';

export type TimeFault = 'TIME_UNREADABLE' | 'TIME_WITHOUT_ZONE' | 'TIME_IN_GAP' | 'TIME_IN_FOLD';

/** Unix epoch milliseconds, or why there are none. */
export type TimeReading = number | TimeFault;

export const TIME_FAULTS: Readonly<Record<TimeFault, { readonly message: string; readonly fix: string }>> = {
  TIME_UNREADABLE: {
    message: 'none of the formats reads this time, or there is no such date',
    fix: 'Add its format to time.formats, or correct the cell.',
  },
  TIME_WITHOUT_ZONE: {
    message: 'the time carries no offset',
    fix: 'Set time.zone to the zone in which the export was written.',
  },
  TIME_IN_GAP: {
    message: 'clocks went forward over this local time: it does not exist',
    fix: 'Check time.zone; or set time.gap to earlier or later.',
  },
  TIME_IN_FOLD: {
    message: 'clocks went back over this local time: it exists twice',
    fix: 'Set time.fold to earlier or later, or export times with an offset.',
  },
};

/** Null when the text does not have the format, so that the next one is tried. */
type FormatReader = (text: string) => TimeReading | null;
type Resolver = (localMs: number) => ZonedReading | 'TIME_WITHOUT_ZONE';

/** Instants outside the years 1 to 9999 have no four-digit year. */
const EARLIEST_MS = utcMs(1, 1, 1);
const LATEST_MS = utcMs(9999, 12, 31, 23, 59, 59, 999);

/**
 * Compiles a time rule. The formats are tried in order and the first that fits wins; a date that does not exist does
 * not fit. Outer blanks are dropped, inner ones (Unicode ones too) count as one space each run.
 *
 * - a Unicode date pattern, see `date-pattern.ts`; parts of the time that it leaves out are zero
 * - `iso`: `2025-03-28T11:34:43.227Z`, also with a blank for the T, without seconds, without offset (then `zone`
 *   decides), or in the basic form `20250328T113443Z`
 * - `rfc2822`: `Fri, 28 Mar 2025 11:34:43 +0000`
 * - `epoch-s` (a fraction is read to the millisecond), `epoch-ms`: numbers or texts
 *
 * @throws {UsageError} BAD_TIME_FORMAT, UNKNOWN_ZONE, ZONE_REQUIRED
 */
export function createTimeReader(rule: TimeRule): (text: string) => TimeReading {
  const resolveLocal: Resolver =
    rule.zone === undefined ? () => 'TIME_WITHOUT_ZONE' : createZoneResolver(rule.zone, rule);
  const readers = rule.formats.map((format) =>
    createFormatReader(format, resolveLocal, rule.zone !== undefined),
  );
  return (cell) => {
    const text = normaliseBlanks(cell);
    for (const read of readers) {
      const reading = read(text);
      if (typeof reading === 'string') return reading;
      if (reading !== null && reading >= EARLIEST_MS && reading <= LATEST_MS) return reading;
    }
    return 'TIME_UNREADABLE';
  };
}

function createFormatReader(format: string, resolveLocal: Resolver, hasZone: boolean): FormatReader {
  switch (format) {
    case 'iso':
      return (text) => finish(readIso(text), resolveLocal);
    case 'rfc2822':
      return (text) => finish(readRfc2822(text), resolveLocal);
    case 'epoch-s':
      return (text) => readEpochMs(text, 1_000);
    case 'epoch-ms':
      return (text) => readEpochMs(text, 1);
    default: {
      const pattern = compileDatePattern(format);
      if (!pattern.hasOffset && !hasZone) {
        throw new UsageError(
          `The time format ${JSON.stringify(format)} carries no offset, and no zone is set.`,
          {
            code: 'ZONE_REQUIRED',
            fix: 'Set time.zone to the IANA zone in which the export was written, such as America/Los_Angeles or UTC.',
          },
        );
      }
      return (text) => finish(pattern.read(text), resolveLocal);
    }
  }
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function finish(fields: DateFields | null, resolveLocal: Resolver): TimeReading | null {
  if (fields === null) return null;
  const { year, month, day } = fields;
  const isLeapDay = month === 2 && day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (DAYS_IN_MONTH[month - 1] as number) && !isLeapDay) return null;
  const localMs = utcMs(year, month, day, fields.hour, fields.minute, fields.second, fields.millisecond);
  if (fields.weekday !== null && new Date(localMs).getUTCDay() !== fields.weekday) return null;
  return fields.offsetMs === null ? resolveLocal(localMs) : localMs - fields.offsetMs;
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const ISO_BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?:\d\d)?)?$/i;

function readIso(text: string): DateFields | null {
  const match = ISO.exec(text) ?? ISO_BASIC.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', offset] = match;
  const offsetMs = offset === undefined ? null : parseOffsetMs(offset);
  if (offset !== undefined && offsetMs === null) return null;
  return inRange({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.slice(0, 3).padEnd(3, '0')),
    offsetMs,
    weekday: null,
  });
}

const RFC2822 =
  /^(?:(Sun|Mon|Tue|Wed|Thu|Fri|Sat), ?)?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{2,4}) (\d\d):(\d\d)(?::(\d\d))? ([+-]\d{4}|UTC|UT|GMT|Z|[ECMP][SD]T)(?: ?\([^()]*\))?$/i;
const RFC2822_MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';
const RFC2822_WEEKDAYS = 'sunmontuewedthufrisat';
/** RFC 2822, section 4.3. */
const RFC2822_ZONES: Readonly<Record<string, string>> = {
  ut: 'Z',
  utc: 'Z',
  gmt: 'Z',
  z: 'Z',
  est: '-0500',
  edt: '-0400',
  cst: '-0600',
  cdt: '-0500',
  mst: '-0700',
  mdt: '-0600',
  pst: '-0800',
  pdt: '-0700',
};

function readRfc2822(text: string): DateFields | null {
  const match = RFC2822.exec(text);
  if (match === null) return null;
  const [, weekday, day, month = '', year = '', hour, minute, second = '0', zone = ''] = match;
  const offsetMs = parseOffsetMs(RFC2822_ZONES[zone.toLowerCase()] ?? zone);
  if (offsetMs === null) return null;
  return inRange({
    year: rfc2822Year(year),
    month: RFC2822_MONTHS.indexOf(month.toLowerCase()) / 3 + 1,
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: 0,
    offsetMs,
    weekday: weekday === undefined ? null : RFC2822_WEEKDAYS.indexOf(weekday.toLowerCase()) / 3,
  });
}

/** RFC 2822, section 4.3: two digits below 50 are of this century, three digits count from 1900. */
function rfc2822Year(text: string): number {
  const year = Number(text);
  if (text.length === 4) return year;
  return text.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

function inRange(fields: DateFields): DateFields | null {
  const { year, month, day, hour, minute, second } = fields;
  const fits =
    year >= 1 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59;
  return fits ? fields : null;
}

/** Digits are read as text: 1600000000.123 s has no exact floating-point form in milliseconds. */
function readEpochMs(text: string, unitMs: 1 | 1_000): number | null {
  const match = /^(-?)(\d{1,16})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole, fraction = '0'] = match;
  const atMs = Number(whole) * unitMs + (unitMs === 1 ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0')));
  return sign === '-' ? -atMs : atMs;
}
