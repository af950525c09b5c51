/**
 * Reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or an HTTP date in one of its three forms.
 *
 * A date is held against our own clock, not against the answer's Date header: servers that send a date take it from
 * a clock that is set, and a wrong clock of our own would also show in everything else we write down.
 */

/** Ten digits of seconds are three centuries; what is longer is not a time to wait for. */
const SECONDS = /^\d{1,10}(?:\.\d+)?$/;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sun, 06 Nov 1994 08:49:37 GMT` and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT`. */
const GMT_DATE = /^[A-Z][a-z]+, (\d{2})[ -]([A-Z][a-z]{2})[ -](\d{4}|\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;

/** The obsolete `Sun Nov  6 08:49:37 1994`, which means UTC too. */
const ASCTIME_DATE = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * @returns milliseconds to wait, 0 for a date that has passed; null for an absent header and for what is neither form
 *   (negative numbers, absurd ones, days that do not exist), which is to be ignored.
 */
export function parseRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (SECONDS.test(text)) return Math.ceil(Number(text) * 1_000);
  const dateMs = parseHttpDateMs(text, nowMs);
  return dateMs === null ? null : Math.max(0, dateMs - nowMs);
}

function parseHttpDateMs(text: string, nowMs: number): number | null {
  const gmt = GMT_DATE.exec(text);
  if (gmt !== null) {
    const [, day, month, year, hour, minute, second] = gmt as unknown as string[];
    return utcMs(fullYear(year as string, nowMs), month, day, hour, minute, second);
  }
  const asctime = ASCTIME_DATE.exec(text);
  if (asctime !== null) {
    const [, month, day, hour, minute, second, year] = asctime as unknown as string[];
    return utcMs(Number(year), month, day, hour, minute, second);
  }
  return null;
}

/** RFC 9110, section 5.6.7: a two-digit year more than 50 years ahead is the most recent past one with these digits. */
function fullYear(digits: string, nowMs: number): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}

function utcMs(
  year: number,
  monthName: string | undefined,
  ...parts: readonly (string | undefined)[]
): number | null {
  const month = MONTHS.indexOf(monthName ?? '');
  const [day, hour, minute, second] = parts.map(Number) as [number, number, number, number];
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  // Date.UTC carries 31 February over into March; a leap second may carry over.
  const exists = month >= 0 && date.getUTCMonth() === month && date.getUTCDate() === day;
  return exists && hour < 24 && minute < 60 && second <= 60 ? date.getTime() : null;
}
