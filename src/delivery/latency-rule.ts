/**
 * Whether a slow API is slow because of us, found out by trying.
 *
 * What matters is that the allowed rate is reached, which takes rate × latency requests in flight (Little's law), and a
 * latency alone does not say whether fewer would do: the API may be far away, batches may be large, nights may be slower
 * than days. But a queue of our own making gives itself away: with a third fewer in flight it is a third shorter, so
 * latency falls as much and as many requests are answered per second as before. So:
 *
 * 1. Answers are taken in rounds of twice as many as there are places; what counts is their mean.
 * 2. Two rounds in a row that take more than twice the usual latency are suspicious: on trial, two thirds of the places remain.
 * 3. If next to nothing was lost by that, it was our queue. The cut stays, and is repeated for as long as the latency is long.
 * 4. Otherwise the places are given back, and what was suspicious is the usual from now on.
 *
 * The usual latency is at first the lowest one of the first round (the first request met no queue of ours). It falls slowly
 * with quicker rounds, and rises by trials only. A steady latency, however long, is never suspected; a wrong suspicion
 * costs a third of a few round trips.
 */

const ROUND_PER_PLACE = 2;
const SMALLEST_ROUND = 20;

const SUSPICIOUS = 2;

/** How much of the answers per second cuts may cost and still stay: a mean is never exact. */
const SACRIFICE = 0.15;

/** How much of the difference a quicker round takes off the usual latency: one lucky round says little. */
const FALL = 1 / 32;

/** Quicker answers are all the same: milliseconds are a matter of this machine, too. */
const NEGLIGIBLE_MS = 10;

/** Slower answers than so many times the usual count no more than that: a single straggler is no queue. */
const STRAGGLING = 16;

export interface LatencyRule {
  /** An answer that came with `places` places. Returns how many to go on with, or null: as many as before. */
  heed(latencyMs: number, places: number): number | null;
  /** The number of places has changed for another reason: whatever was being found out has come to nothing. */
  restart(): void;
  /** While this is so, the number of places must stay as it is. */
  readonly isWatching: boolean;
}

interface Trial {
  /** What to go back to, and how long a round took there. */
  readonly places: number;
  readonly latencyMs: number;
  /** Answers per millisecond before the first of several cuts, so that small losses do not add up. */
  readonly rate: number;
}

export function createLatencyRule(): LatencyRule {
  let usualMs: number | null = null;
  let isSuspicious = false;
  let trial: Trial | null = null;
  /** Answers that are not counted: after a change the quickest come first, and would make it look like a success. */
  let premature = 0;
  let answers = 0;
  let sumMs = 0;
  let lowestMs = Number.POSITIVE_INFINITY;

  const beginRound = (settling = 0) => {
    premature = settling;
    answers = 0;
    sumMs = 0;
    lowestMs = Number.POSITIVE_INFINITY;
  };

  const cut = (latencyMs: number, places: number, rate: number): number => {
    trial = { places, latencyMs, rate };
    const fewer = Math.min(places - 1, Math.round((places * 2) / 3));
    beginRound(fewer);
    return fewer;
  };

  const judge = (made: Trial, roundMs: number, places: number, isLong: boolean): number | null => {
    trial = null;
    if (places / roundMs >= made.rate * (1 - SACRIFICE)) {
      return isLong ? cut(roundMs, places, made.rate) : null;
    }
    usualMs = made.latencyMs;
    beginRound(made.places);
    return made.places;
  };

  return {
    heed(latencyMs, places) {
      if (premature > 0) {
        premature--;
        return null;
      }
      const mostMs = usualMs === null ? latencyMs : STRAGGLING * usualMs;
      const countedMs = Math.max(NEGLIGIBLE_MS, Math.min(latencyMs, mostMs));
      answers++;
      sumMs += countedMs;
      lowestMs = Math.min(lowestMs, countedMs);
      if (answers < Math.max(ROUND_PER_PLACE * places, SMALLEST_ROUND)) return null;

      const roundMs = sumMs / answers;
      usualMs ??= lowestMs;
      beginRound();
      const isLong = places > 1 && roundMs > SUSPICIOUS * usualMs;
      if (trial !== null) return judge(trial, roundMs, places, isLong);
      usualMs -= Math.max(0, usualMs - roundMs) * FALL;
      const wasSuspicious = isSuspicious;
      isSuspicious = isLong && !wasSuspicious;
      return isLong && wasSuspicious ? cut(roundMs, places, places / roundMs) : null;
    },
    restart() {
      isSuspicious = false;
      trial = null;
      beginRound();
    },
    get isWatching() {
      return isSuspicious || trial !== null;
    },
  };
}
