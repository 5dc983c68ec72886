/**
 * Owns the question whether the series was already as high as now at the same hour a day or a week ago.
 *
 * A climb that only repeats yesterday's, or last Monday's, is a rhythm.
 */
import { firstAtOrAfter } from './climb.js';
import { median } from './median.js';
import type { Stitched } from './stitched.js';

/** Hours after which a rhythm may repeat: a day, a week. Where a gap hides that time, the day before it is asked. */
const PERIODS = [[24, 48, 72, 96], [168, 336]] as const;
/** Hours up to now that are compared. */
const COMPARED = 2;
/** Share of the climb by which now has to lie above then. */
const LEAST_ABOVE = 0.7;
/** Hours across which the level between two blocks is known. */
const LONGEST_HOLE = 1.5;

/**
 * Whether a climb by `rise` in `hours` leads above the level of a day ago and of a week ago, as far as
 * that was seen. Of a climb that takes longer than a day, only the part of the last day is compared.
 */
export function isUnprecedented(series: Stitched, rise: number, hours: number): boolean {
  return PERIODS.every((periods) => {
    for (const period of periods) {
      const above = aboveThen(series, period);
      if (above !== undefined) return above >= LEAST_ABOVE * rise * Math.min(1, period / hours);
    }
    return true;
  });
}

/** How far the last two hours lie above those a period ago; undefined where none of them was seen. */
export function aboveThen({ time, level }: Stitched, period: number): number | undefined {
  const now = time.at(-1)!;
  const differences: number[] = [];
  for (let i = firstAtOrAfter(time, now - COMPARED); i < time.length; i++) {
    const then = levelAt(time, level, time[i] - period);
    if (then !== undefined) differences.push(level[i] - then);
  }
  return differences.length === 0 ? undefined : median(differences);
}

/** The level at a time, between the blocks beside it; undefined where nothing was seen. */
export function levelAt(time: readonly number[], level: readonly number[], at: number): number | undefined {
  const after = firstAtOrAfter(time, at);
  if (after === time.length) return undefined;
  if (after === 0) return time[0] - at < 0.25 ? level[0] : undefined;
  const span = time[after] - time[after - 1];
  if (span > LONGEST_HOLE) return undefined;
  return level[after - 1] + ((level[after] - level[after - 1]) * (at - time[after - 1])) / span;
}
