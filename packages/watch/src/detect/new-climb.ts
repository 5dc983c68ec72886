/**
 * Owns the test `new`: a straight climb that is several times the greatest one the series has ever had.
 *
 * With a day or more of history to compare with, such a climb need not last as long as the test `straight` asks
 * for.
 */
import { climbOf, firstAtOrAfter, greatestRise } from './climb.js';
import { ENOUGH_SEEN, seenShare } from './coverage.js';
import { leastRise, mayHaveRisen, type Finding } from './finding.js';
import { climbsOnWithin } from './pace.js';
import { isUnprecedented } from './precedent.js';
import type { Stitched } from './stitched.js';

/** Hours. The history has to hold a whole day beside them. Traffic moved over within an afternoon climbs straight for four or five, and stays. */
const WINDOWS = [7, 9] as const;
const HISTORY = 24;
const DAY = 24;
/** Times the greatest rise that was ever seen within as many hours. */
const LEAST_OVER_HISTORY = 3;
const MOST_BEND = 0.25;
const MOST_BULGE = 0.25;
const LEAST_EVENNESS = 10;

export function newClimb(series: Stitched): Finding | undefined {
  const { time, level, noise } = series;
  const now = time.at(-1)!;
  for (const hours of WINDOWS) {
    const from = now - hours;
    if (from - HISTORY < time[0] - 0.5) return undefined;
    if (!mayHaveRisen(series, hours) || !isKnown(time, from, now)) continue;
    const climb = climbOf(time, level, from, now, (start) => leastRise(start, noise, hours));
    if (climb === undefined || climb.evenness < LEAST_EVENNESS) continue;
    if (Math.abs(climb.bend) > MOST_BEND || Math.abs(climb.bulge) > MOST_BULGE) continue;
    const least = leastRise(climb.from, noise, hours);
    const before = greatestRise(time, level, firstAtOrAfter(time, from), hours);
    if (climb.rise < LEAST_OVER_HISTORY * before || !climbsOnWithin(series, from) || !isUnprecedented(series, climb.rise, climb.hours)) continue;
    const strength = Math.min(climb.evenness / LEAST_EVENNESS, climb.rise / least, climb.rise / (LEAST_OVER_HISTORY * before));
    return { test: 'new', from, to: now, rate: climb.rise / climb.hours, strength };
  }
  return undefined;
}

/** Whether the climb was seen, and what there was at the same hours of an earlier day. */
function isKnown(time: readonly number[], from: number, now: number): boolean {
  if (seenShare(time, from, now) < ENOUGH_SEEN) return false;
  for (let earlier = DAY; from - earlier >= time[0] - 0.5; earlier += DAY) if (seenShare(time, from - earlier, now - earlier) >= ENOUGH_SEEN) return true;
  return false;
}
