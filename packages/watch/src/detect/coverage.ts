/**
 * Owns the question how much of a stretch of time was seen at all.
 *
 * A service may be scraped now and then only, or not on every day. What was not seen is no evidence: neither that
 * nothing was as high before, nor that nothing fell in between.
 */
import { firstAtOrAfter } from './climb.js';

/** Share of the hours of a stretch that have to be seen for it to be compared with another. */
export const ENOUGH_SEEN = 0.75;

/** Share of the hours from one time to another that have a time in them; times ascending. */
export function seenShare(time: readonly number[], from: number, to: number): number {
  const hours = Math.max(1, Math.round(to - from));
  let seen = 0;
  let last = -1;
  for (let i = firstAtOrAfter(time, from); i < time.length && time[i] <= to; i++) {
    const hour = Math.min(hours - 1, Math.floor(time[i] - from));
    if (hour !== last) seen++;
    last = hour;
  }
  return seen / hours;
}

