/**
 * Owns the test `straight`: a climb that is straight for longer than a rhythm or a warm-up can be.
 *
 * It holds within one process, or at the same pace in each of several.
 */
import { climbOf } from './climb.js';
import { leastRise, mayHaveRisen, type Finding } from './finding.js';
import { climbsOnWithin } from './pace.js';
import { isUnprecedented } from './precedent.js';
import type { Stitched } from './stitched.js';

interface Window {
  readonly hours: number;
  /** Most that it may lie off a straight line: root mean square, as a share of the rise. */
  readonly misfit: number;
}

/**
 * Where it climbs most nearly straight, a day's sine is off a line by 0.023 of its rise in ten hours
 * and by 0.038 in twelve; a leak under the noise of counting by 0.008 (nine in ten: 0.014). Sines
 * would allow ten hours, but a rhythm whose climb is drawn out to fifteen hours and nearly straight
 * would not: with two random harmonics, one in fifty passed ten hours, one in two hundred twelve.
 * From twenty hours on nothing daily climbs evenly, and bursts and noise are let off the line.
 */
const WINDOWS: readonly Window[] = [
  { hours: 12, misfit: 0.013 },
  { hours: 13, misfit: 0.014 },
  { hours: 14, misfit: 0.016 },
  { hours: 16, misfit: 0.022 },
  { hours: 20, misfit: 0.035 },
  { hours: 24, misfit: 0.05 },
  { hours: 36, misfit: 0.05 },
  { hours: 48, misfit: 0.05 },
  { hours: 72, misfit: 0.05 },
  { hours: 120, misfit: 0.05 },
  // Thirteen parts of one day each, and of two: every part has the whole rhythm in it.
  { hours: 312, misfit: 0.05 },
  { hours: 624, misfit: 0.05 },
];
/** Hours below which what is off the line has to be noise: a rhythm that happens to be nearly straight has a shape. */
const SHAPELESS_BELOW = 18;
const MOST_MISFIT_IN_NOISE = 2.5;
/** Misfit that is forgiven in any case: nothing in the world is straighter. */
const STRAIGHT_ENOUGH = 0.005;
/** Student's t of the twelve climbs. For a random walk, 8 is three in a million. */
const LEAST_EVENNESS = 8;
const MOST_BEND = 0.4;

export function straightClimb(series: Stitched): Finding | undefined {
  const now = series.time.at(-1)!;
  for (const { hours, misfit } of WINDOWS) {
    const from = now - hours;
    if (from < series.time[0] - 0.25) return undefined;
    if (!mayHaveRisen(series, hours)) continue;
    const climb = climbOf(series.time, series.level, from, now, (level) => leastRise(level, series.noise, hours));
    if (climb === undefined || climb.evenness < LEAST_EVENNESS || Math.abs(climb.bend) > MOST_BEND) continue;
    if (climb.misfit > misfit) continue;
    const noise = series.noise / Math.sqrt(climb.blocks) / climb.rise;
    if (hours < SHAPELESS_BELOW && climb.misfit > Math.max(STRAIGHT_ENOUGH, MOST_MISFIT_IN_NOISE * noise)) continue;
    const least = leastRise(climb.from, series.noise, hours);
    if (!climbsOnWithin(series, from) || !isUnprecedented(series, climb.rise, climb.hours)) continue;
    const strength = Math.min(climb.evenness / LEAST_EVENNESS, climb.rise / least, misfit / climb.misfit);
    return { test: 'straight', from, to: now, rate: climb.rise / climb.hours, strength };
  }
  return undefined;
}
