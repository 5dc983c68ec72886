/**
 * Owns the conditions that the climb of a stack group has to meet besides the detector's tests.
 *
 * Groups behave as a whole program's count hardly does: they begin when a feature is switched on, follow the
 * traffic of their first day, and pools among them are resized host by host over hours. Pure.
 */
import { median } from 'simple-statistics';
import type { Sample } from '../store/index.js';

/** Hours of a group's life before it is judged: one whole day's rhythm has to be seen first. */
export const FIRST_JUDGED = 30;

/** Hours that are looked back at: two days, and the span in which a pool is resized. */
const LOOKED_BACK = 54;
const DAY = 24;
const RESIZED_WITHIN = 6;
/** Hours up to now that say how far the level lies above the day before. */
const NOW = 6;
/** Share of the climb above the day before that may have come within one resizing; of a leak that began half a day ago, half has. */
const MOST_AT_ONCE = 0.6;
/** The same, where a day and a half is all there is: of a rhythm, some two thirds of its range come so quickly. */
const MOST_OF_RANGE = 0.85;
/** Share of a day's growth by which the level has to be above the day before. */
const LEAST_ABOVE = 0.35;

/**
 * Whether a climb at that pace, in tasks per detector hour, goes on, rather than having come in one go.
 * Also true where the process restarted or nothing was seen. `hour`: how long one is, ms.
 */
export function climbsOn(samples: readonly Sample[], perHour: number, hour: number): boolean {
  const levels = hourly(samples, hour);
  const lift = levels.map((level, ago) => difference(level, levels[ago + DAY]));
  const recent = lift.slice(0, NOW).filter((each) => each !== undefined);
  if (recent.length > 0) {
    const above = median(recent);
    if (above < LEAST_ABOVE * perHour * DAY) return false;
    const steps = lift.slice(0, DAY + 1).flatMap((each, ago) => difference(each, lift[ago + RESIZED_WITHIN]) ?? []);
    if (steps.length >= DAY) return Math.max(...steps) <= MOST_AT_ONCE * above;
  }
  const seen = levels.filter((level) => level !== undefined);
  const range = Math.max(...seen) - Math.min(...seen);
  const steps = levels.flatMap((level, ago) => difference(level, levels[ago + RESIZED_WITHIN]) ?? []);
  return steps.length === 0 || Math.max(...steps) <= MOST_OF_RANGE * range;
}

/** The present process's level so many hours ago; undefined where it was not seen. */
function hourly(samples: readonly Sample[], hour: number): (number | undefined)[] {
  const last = samples.at(-1);
  const values: number[][] = Array.from({ length: LOOKED_BACK }, () => []);
  for (let i = samples.length - 1; i >= 0; i--) {
    const sample = samples[i];
    if (sample === undefined || last === undefined || sample.start !== last.start) break;
    const ago = Math.floor((last.at - sample.at) / hour);
    if (ago >= LOOKED_BACK) break;
    values[ago]?.push(sample.value);
  }
  return values.map((each) => (each.length === 0 ? undefined : median(each)));
}

function difference(later: number | undefined, earlier: number | undefined): number | undefined {
  return later === undefined || earlier === undefined ? undefined : later - earlier;
}
