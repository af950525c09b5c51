/**
 * Local times to instants, exactly as Temporal does it and many times faster: the offsets of a zone are asked of Temporal
 * once per year and kept as intervals.
 */
import { Temporal } from 'temporal-polyfill';
import { UsageError } from '../errors.ts';
import { nearest } from '../messages/suggest.ts';

const DAY_MS = 86_400_000;

/** How a local time that does not exist (gap) or exists twice (fold) is read. */
export type Disambiguation = 'reject' | 'earlier' | 'later';

export interface ZoneRules {
  readonly gap: Disambiguation;
  readonly fold: Disambiguation;
}

/** Unix epoch milliseconds, or why there is no such instant. */
export type ZonedReading = number | 'TIME_IN_GAP' | 'TIME_IN_FOLD';

/** A stretch of time in which the zone keeps one offset: `fromMs` ≤ instant < `untilMs`. */
interface Interval {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
}

/**
 * @param zone IANA name
 * @returns a function from local time, written as if it were UTC (Unix epoch milliseconds), to the instant
 * @throws {UsageError} UNKNOWN_ZONE
 */
export function createZoneResolver(zone: string, rules: ZoneRules): (localMs: number) => ZonedReading {
  requireZone(zone);
  const byYear = new Map<number, readonly Interval[]>();
  let latestYear = Number.NaN;
  let latest: readonly Interval[] = [];
  return (localMs) => {
    const year = new Date(localMs).getUTCFullYear();
    if (year !== latestYear) {
      latest = byYear.get(year) ?? intervalsAround(zone, year);
      byYear.set(year, latest);
      latestYear = year;
    }
    return resolve(latest, localMs, rules);
  };
}

function requireZone(zone: string): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
  } catch (cause) {
    const suggestion = nearest(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
    throw new UsageError(`${JSON.stringify(zone)} is not a time zone`, {
      code: 'UNKNOWN_ZONE',
      fix: `Use an IANA name such as America/Los_Angeles${suggestion ? `; did you mean ${suggestion}?` : '.'}`,
      cause,
    });
  }
}

/** Every offset that a local time of this year can have; two days' margin covers any offset. */
function intervalsAround(zone: string, year: number): Interval[] {
  const endMs = utcMs(year + 1, 1, 1) + 2 * DAY_MS;
  let at = Temporal.Instant.fromEpochMilliseconds(utcMs(year, 1, 1) - 2 * DAY_MS).toZonedDateTimeISO(zone);
  let fromMs = Number.NEGATIVE_INFINITY;
  const intervals: Interval[] = [];
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    const isLast = next === null || next.epochMilliseconds > endMs;
    const untilMs = isLast ? Number.POSITIVE_INFINITY : next.epochMilliseconds;
    intervals.push({ fromMs, untilMs, offsetMs: at.offsetNanoseconds / 1_000_000 });
    if (isLast) return intervals;
    at = next;
    fromMs = untilMs;
  }
}

function resolve(intervals: readonly Interval[], localMs: number, rules: ZoneRules): ZonedReading {
  let earlier: number | null = null;
  let later: number | null = null;
  for (const { fromMs, untilMs, offsetMs } of intervals) {
    const instantMs = localMs - offsetMs;
    if (instantMs < fromMs || instantMs >= untilMs) continue;
    if (earlier === null) earlier = instantMs;
    else later = instantMs;
  }
  if (earlier === null) return resolveGap(intervals, localMs, rules.gap);
  if (later === null) return earlier;
  if (rules.fold === 'reject') return 'TIME_IN_FOLD';
  return rules.fold === 'earlier' ? earlier : later;
}

/** As Temporal does: `later` reads the time with the offset before the gap, `earlier` with the one after it. */
function resolveGap(intervals: readonly Interval[], localMs: number, rule: Disambiguation): ZonedReading {
  if (rule === 'reject') return 'TIME_IN_GAP';
  for (let index = 1; index < intervals.length; index += 1) {
    const before = intervals[index - 1] as Interval;
    const after = intervals[index] as Interval;
    if (localMs >= after.fromMs + before.offsetMs && localMs < after.fromMs + after.offsetMs) {
      return localMs - (rule === 'later' ? before : after).offsetMs;
    }
  }
  return 'TIME_IN_GAP';
}

/** Like Date.UTC, which takes the years 0 to 99 for 1900 to 1999. */
export function utcMs(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  millisecond = 0,
): number {
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  return year > 99 ? atMs : new Date(atMs).setUTCFullYear(year, month - 1, day);
}
