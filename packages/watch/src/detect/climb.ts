/** Owns the measures of a climb that the tests decide by: how high, how even, how straight it is, and how far it fell back. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { median } from './median.js';

export interface Climb {
  /** From the first part of the window to the last. */
  readonly rise: number;
  /** Hours between the middles of those parts. */
  readonly hours: number;
  /** Level in the first part. */
  readonly from: number;
  /** Level in the last part. */
  readonly to: number;
  /** Mean of the climbs from part to part, over their standard error: Student's t, which a random walk has as well. */
  readonly evenness: number;
  /** How much the middle third is steeper than the outer two, as a share: a sine on its way up has this. */
  readonly bulge: number;
  /** How much the last third is steeper than the first, as a share; negative where it bends down: a warm-up has this. */
  readonly bend: number;
  /** How far the parts lie from one straight line, root mean square, as a share of the rise. */
  readonly misfit: number;
  /** The flattest third, as a share of the mean third. */
  readonly flattest: number;
  /** Blocks in a part, in the mean. */
  readonly blocks: number;
}

/** Parts that a window is cut into: thirds of four climbs each. */
const PARTS = 13;

/**
 * The climb between two times. Undefined where a part of the window has no sample, since what was not
 * seen is no evidence; and where it rises by less than `least` gives for the level it began from, which
 * is so for most windows and is seen from both ends alone.
 */
export function climbOf(time: readonly number[], level: readonly number[], from: number, to: number, least: (level: number) => number = () => -Infinity): Climb | undefined {
  const length = (to - from) / PARTS;
  const bounds: number[] = [];
  for (let part = 0; part < PARTS; part++) bounds.push(firstAtOrAfter(time, from + part * length));
  let i = bounds[PARTS - 1];
  while (i < time.length && time[i] <= to) i++;
  bounds.push(i);
  for (let part = 0; part < PARTS; part++) if (bounds[part] === bounds[part + 1]) return undefined;
  const [begin] = bounds;
  const levels: number[] = new Array<number>(PARTS).fill(0);
  levels[0] = median(level, begin, bounds[1]);
  levels[PARTS - 1] = median(level, bounds[PARTS - 1], i);
  if (levels[PARTS - 1] - levels[0] < least(levels[0])) return undefined;
  for (let part = 1; part < PARTS - 1; part++) levels[part] = median(level, bounds[part], bounds[part + 1]);
  const climbs: number[] = [];
  for (let part = 1; part < PARTS; part++) climbs.push(levels[part] - levels[part - 1]);
  const rise = levels[PARTS - 1] - levels[0];
  const third = rise / 3;
  const thirds = [levels[4] - levels[0], levels[8] - levels[4], levels[12] - levels[8]] as const;
  const spread = sampleStandardDeviation(climbs);
  return {
    rise,
    hours: (to - from) * (1 - 1 / PARTS),
    from: levels[0],
    to: levels[PARTS - 1],
    evenness: spread === 0 ? (rise > 0 ? Infinity : 0) : (mean(climbs) / spread) * Math.sqrt(PARTS - 1),
    bulge: third === 0 ? 0 : (thirds[1] - (thirds[0] + thirds[2]) / 2) / third,
    bend: third === 0 ? 0 : (thirds[2] - thirds[0]) / third,
    misfit: rise <= 0 ? Infinity : misfitOf(levels) / rise,
    flattest: rise <= 0 ? 0 : Math.min(...thirds) / third,
    blocks: (i - begin) / PARTS,
  };
}

/** Root mean square distance of equally spaced levels from the line closest to them. */
function misfitOf(levels: readonly number[]): number {
  const middle = (levels.length - 1) / 2;
  const center = mean(levels);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < levels.length; i++) {
    xy += (i - middle) * (levels[i] - center);
    xx += (i - middle) ** 2;
    yy += (levels[i] - center) ** 2;
  }
  return Math.sqrt(Math.max(0, yy - (xy * xy) / xx) / (levels.length - 2));
}

/** How far the level ever fell below where it had been, from a time on, in medians of `smooth` hours. */
export function deepestFall(time: readonly number[], level: readonly number[], from: number, smooth: number): number {
  let highest = -Infinity;
  let deepest = 0;
  for (let i = firstAtOrAfter(time, from); i < time.length; ) {
    let end = i + 1;
    while (end < time.length && time[end] < time[i] + smooth) end++;
    const middle = end - i === 1 ? level[i] : median(level, i, end);
    highest = Math.max(highest, middle);
    deepest = Math.max(deepest, highest - middle);
    i = end;
  }
  return deepest;
}

/** Greatest rise between two blocks at most `hours` apart, among the first `end`. */
export function greatestRise(time: readonly number[], level: readonly number[], end: number, hours: number): number {
  // Indices of a falling queue: its front is the lowest level of the last `hours`.
  const queue: number[] = [];
  let front = 0;
  let greatest = 0;
  for (let i = 0; i < end; i++) {
    while (front < queue.length && time[queue[front]] < time[i] - hours) front++;
    while (queue.length > front && level[queue.at(-1)!] >= level[i]) queue.pop();
    queue.push(i);
    greatest = Math.max(greatest, level[i] - level[queue[front]]);
  }
  return greatest;
}

/** Index of the first time that is not before `from`. */
export function firstAtOrAfter(time: readonly number[], from: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
