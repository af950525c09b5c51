/** Wall clocks, by the letter of the law: what a clock in Los Angeles or Berlin showed at an instant of 2007 to 2025. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Hours ahead of UTC at an instant. */
export type Clock = (atMs: number) => number;

/** Second Sunday of March 2:00 to first Sunday of November 2:00. */
export const losAngeles: Clock = (atMs) => {
  const year = new Date(atMs).getUTCFullYear();
  const startMs = firstSundayMs(year, 2) + 7 * DAY_MS + 10 * HOUR_MS;
  const endMs = firstSundayMs(year, 10) + 9 * HOUR_MS;
  return atMs >= startMs && atMs < endMs ? -7 : -8;
};

/** Last Sunday of March 1:00 UTC to last Sunday of October 1:00 UTC. */
export const berlin: Clock = (atMs) => {
  const year = new Date(atMs).getUTCFullYear();
  const startMs = firstSundayMs(year, 3) - 7 * DAY_MS + HOUR_MS;
  const endMs = firstSundayMs(year, 10) - 7 * DAY_MS + HOUR_MS;
  return atMs >= startMs && atMs < endMs ? 2 : 1;
};

function firstSundayMs(year: number, month: number): number {
  const first = Date.UTC(year, month, 1);
  return first + ((7 - new Date(first).getUTCDay()) % 7) * DAY_MS;
}

/** Whether the clock shows this time twice that day. */
export function isShownTwice(clock: Clock, atMs: number): boolean {
  const shownMs = atMs + clock(atMs) * HOUR_MS;
  return [-HOUR_MS, HOUR_MS].some((shift) => atMs + shift + clock(atMs + shift) * HOUR_MS === shownMs);
}

export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export function wallTime(clock: Clock, atMs: number): WallTime {
  const shown = new Date(atMs + clock(atMs) * HOUR_MS);
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  };
}

export function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
