/**
 * Owns the test `same-hour`: the comparison with the same hours a day earlier.
 *
 * Under a daily rhythm this comparison is the fair one: a healthy service is as high as it was, and a leaking
 * one is higher, by about the same amount at every hour.
 */
import { mean, quantileSorted, standardDeviation } from 'simple-statistics';
import { firstAtOrAfter } from './climb.js';
import { ENOUGH_SEEN, seenShare } from './coverage.js';
import { leastRise, type Finding } from './finding.js';
import { median } from './median.js';
import { climbsOnWithin } from './pace.js';
import { aboveThen, isUnprecedented, levelAt } from './precedent.js';
import type { Stitched } from './stitched.js';

interface Window {
  /** Days between the hours that are compared. */
  readonly days: number;
  readonly hours: number;
  /** Most that the difference may vary, from its 10th to its 90th percentile, as a share of its median. */
  readonly spread: number;
}

const DAY = 24;
/** Hours from one block to the next. */
const BLOCK = 0.25;
/** A series that wanders, or had a busier day, differs by changing amounts: the shorter the window, the steadier the difference has to be. */
const WINDOWS: readonly Window[] = [
  { days: 1, hours: 8, spread: 0.2 },
  { days: 1, hours: 12, spread: 0.3 },
  { days: 1, hours: 18, spread: 0.4 },
  { days: 1, hours: 24, spread: 0.5 },
  { days: 2, hours: 24, spread: 0.4 },
  { days: 4, hours: 24, spread: 0.4 },
  { days: 7, hours: 24, spread: 0.4 },
];
/** Least difference, as a share of how far the level moves within a day. Less can be one busy day beside a quiet one. */
const LEAST_OF_RANGE = 0.25;
/** Spread of the difference, as a share of what it would be if the whole day were busier in proportion. */
const MOST_OF_LOAD = 0.5;
/** Least that an earlier pair of days has to differ by, as a share of this one, to differ likewise; and the most, to hardly differ. */
const LIKEWISE = 0.4;
const HARDLY = 0.35;
/** Hours in which a step happens, and the share of the difference that may be due to one. What happens in a longer hole between two blocks may be one. */
const STEP = 0.5;
const MOST_IN_A_STEP = 0.5;

export function sameHour(series: Stitched): Finding | undefined {
  const { time, level, noise } = series;
  const now = time.at(-1)!;
  if (now - time[0] < DAY + WINDOWS[0].hours - 0.5) return undefined;
  for (const { days, hours, spread } of WINDOWS) {
    const from = now - hours;
    const apart = days * DAY;
    if (from - apart < time[0] - 0.5) return undefined;
    const atLeast = leastRise(level[firstAtOrAfter(time, from - apart)], noise, apart);
    // Nearly every series is refused here, by its last hours alone.
    if ((aboveThen(series, apart) ?? 0) < 0.7 * atLeast) continue;
    const first = firstAtOrAfter(time, from);
    const differences: number[] = [];
    const yesterday: number[] = [];
    const compared: number[] = [];
    for (let i = first; i < time.length; i++) {
      const before = levelAt(time, level, time[i] - apart);
      if (before === undefined) continue;
      differences.push(level[i] - before);
      yesterday.push(before);
      compared.push(time[i]);
    }
    // Of most blocks, and in most hours, both have to be there: a few blocks among holes may lie close together.
    if (differences.length < Math.min(hours * 2, 0.75 * (time.length - first)) || seenShare(compared, from, now) < ENOUGH_SEEN) continue;
    differences.sort((a, b) => a - b);
    const rise = median(differences);
    if (differences[0] <= 0) continue;
    const varies = quantileSorted(differences, 0.9) - quantileSorted(differences, 0.1);
    const day = firstAtOrAfter(time, now - DAY);
    const least = Math.max(atLeast, LEAST_OF_RANGE * (rangeFrom(level, day) - rise));
    if (daysDiffer(series, first, apart, rise)) continue;
    if (followsLoad(differences, yesterday)) continue;
    if (varies > spread * rise || rise < least || steps(series, from - apart, apart, rise) || !climbsOnWithin(series, from - apart) || !isUnprecedented(series, rise, apart)) continue;
    const strength = Math.min((spread * rise) / Math.max(varies, 1e-9), rise / least);
    return { test: 'same-hour', from: from - apart, to: now, rate: rise / apart, strength };
  }
  return undefined;
}

function rangeFrom(level: readonly number[], start: number): number {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = start; i < level.length; i++) {
    lowest = Math.min(lowest, level[i]);
    highest = Math.max(highest, level[i]);
  }
  return highest - lowest;
}

/** Whether the level went up at once, without a restart, by so much that a step explains the difference; or may have, in a hole. */
function steps(series: Stitched, from: number, apart: number, rise: number): boolean {
  const { time, level } = series;
  for (let i = firstAtOrAfter(time, from), behind = i; i < time.length; i++) {
    while (time[i] - time[behind] > STEP + 0.01) behind++;
    if (level[i] - level[behind] > MOST_IN_A_STEP * rise) return true;
    if (behind === i && i > 0 && acrossHole(series, i, apart, rise) > MOST_IN_A_STEP * rise) return true;
  }
  return false;
}

/** By how much the level rose across the hole before a block, beyond what it did at the same hours before; where that was not seen, beyond what a leak does in that time. */
function acrossHole({ time, level }: Stitched, i: number, apart: number, rise: number): number {
  // Where every night is a hole, this one's edge is not to the minute that one's.
  const before = levelAt(time, level, time[i - 1] - apart) ?? levelAt(time, level, time[i - 1] - apart - BLOCK);
  const after = levelAt(time, level, time[i] - apart) ?? levelAt(time, level, time[i] - apart + BLOCK);
  const usual = before === undefined || after === undefined ? ((time[i] - time[i - 1]) / apart) * rise : after - before;
  return level[i] - level[i - 1] - usual;
}

/**
 * Whether earlier days have differed by so much that this difference is nothing new. Where an earlier
 * pair of days was seen, it either differs likewise, as under a leak that began before, or hardly.
 */
function daysDiffer({ time, level }: Stitched, first: number, apart: number, rise: number): boolean {
  const before: number[] = [];
  for (let i = first; i < time.length; i++) {
    const then = levelAt(time, level, time[i] - apart);
    const earlier = levelAt(time, level, time[i] - 2 * apart);
    if (then !== undefined && earlier !== undefined) before.push(then - earlier);
  }
  if (before.length < (time.length - first) / 2) return false;
  before.sort((a, b) => a - b);
  const least = quantileSorted(before, 0.1);
  return least < LIKEWISE * rise && Math.max(quantileSorted(before, 0.9), -least) > HARDLY * rise;
}

/**
 * Whether the difference is as well explained by a busier day, of which every hour is busier in
 * proportion. It is told apart only where the load moves while the difference does not.
 */
function followsLoad(differences: readonly number[], yesterday: readonly number[]): boolean {
  const busier = mean(differences) / mean(yesterday);
  return standardDeviation(differences) > MOST_OF_LOAD * busier * standardDeviation(yesterday);
}
