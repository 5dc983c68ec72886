/**
 * Owns the test `unbroken`: a climb that never falls back.
 *
 * What leaks stays, and what merely wanders comes back: a random walk climbs K times as far as it ever fell back
 * with probability e^-K.
 */
import { climbOf, deepestFall } from './climb.js';
import { leastRise, mayHaveRisen, type Finding } from './finding.js';
import { climbsOnWithin } from './pace.js';
import { isUnprecedented } from './precedent.js';
import type { Stitched } from './stitched.js';

/** Hours. A rhythm of any shape has fallen within the shortest of them. */
const WINDOWS = [20, 24, 36, 48, 72, 96, 144, 312, 624] as const;
/** Rise over deepest fall; e^-12 is six in a million, and mean reversion makes it rarer still. */
const LEAST_RISE_OVER_FALL = 12;
/** The noise alone falls by about this many standard deviations. */
const NOISE_FALL = 3;
/** The flattest third, as a share of the mean: a climb that is over, a step or a warm-up has a flat one. */
const LEAST_FLATTEST = 0.5;
/** Falls are looked for in medians of this share of the window: what noise there is shrinks with time, what wandering there is does not. */
const SMOOTH = 1 / 36;
const LEAST_EVENNESS = 5;

export function unbrokenClimb(series: Stitched): Finding | undefined {
  const now = series.time.at(-1)!;
  for (const hours of WINDOWS) {
    const from = now - hours;
    if (from < series.time[0] - 0.5) return undefined;
    if (!mayHaveRisen(series, hours)) continue;
    const climb = climbOf(series.time, series.level, from, now, (level) => leastRise(level, series.noise, hours));
    if (climb === undefined || climb.flattest < LEAST_FLATTEST || climb.evenness < LEAST_EVENNESS) continue;
    const least = leastRise(climb.from, series.noise, hours);
    const fall = Math.max(deepestFall(series.time, series.level, from, hours * SMOOTH), (NOISE_FALL * series.noise) / Math.sqrt(hours * SMOOTH * 4));
    const ratio = fall === 0 ? Infinity : climb.rise / fall;
    if (ratio < LEAST_RISE_OVER_FALL || !climbsOnWithin(series, from) || !isUnprecedented(series, climb.rise, climb.hours)) continue;
    const strength = Math.min(ratio / LEAST_RISE_OVER_FALL, climb.rise / least);
    return { test: 'unbroken', from, to: now, rate: climb.rise / climb.hours, strength };
  }
  return undefined;
}
