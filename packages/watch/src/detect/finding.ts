/** Owns what a test returns when it holds, and the least climb that any test considers. */
import { firstAtOrAfter } from './climb.js';
import { median } from './median.js';
import type { Stitched } from './stitched.js';

/** The tests, each a file of its own. */
export type Test = 'steep' | 'straight' | 'unbroken' | 'new' | 'same-hour';

export interface Finding {
  readonly test: Test;
  /** Hours: the stretch that the test looked at. */
  readonly from: number;
  readonly to: number;
  /** Growth an hour. */
  readonly rate: number;
  /** How clearly the test holds: 1 is just enough. */
  readonly strength: number;
}

/** Least climb that a test considers, in tasks; one connection is two tasks. */
const LEAST_RISE = 10;
/** Least climb, in standard deviations of the noise. */
const LEAST_RISE_IN_NOISE = 8;
/** Least climb, as a share of the level it began from: within a day or two, and beyond. Levels differ by less from day to day. */
const LEAST_RISE_OF_LEVEL = 0.2;
const LEAST_SLOW_RISE_OF_LEVEL = 0.1;
const SLOW = 48;

/** What a climb over some hours has to come to before a slow test looks at it. */
export function leastRise(level: number, noise: number, hours: number): number {
  const share = hours < SLOW ? LEAST_RISE_OF_LEVEL : LEAST_SLOW_RISE_OF_LEVEL;
  return Math.max(LEAST_RISE, share * level, LEAST_RISE_IN_NOISE * noise);
}

/** A quick comparison of both ends: at least half of the least climb has to show there. It spares most series the full computation. */
export function mayHaveRisen({ time, level, noise }: Stitched, hours: number): boolean {
  const first = firstAtOrAfter(time, time.at(-1)! - hours);
  const before = median(level, first, Math.min(first + 3, level.length));
  return median(level, Math.max(0, level.length - 3)) - before > 0.5 * leastRise(before, noise, hours);
}
