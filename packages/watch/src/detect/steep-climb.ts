/**
 * Owns the test `steep`: a straight climb within minutes or a few hours that is steeper than a daily rhythm can
 * be.
 *
 * It is for leaks that end the process before a rhythm could be known.
 */
import type { Columns } from './blocks.js';
import { climbOf, firstAtOrAfter } from './climb.js';
import type { Finding } from './finding.js';

/** Hours. The longest is half of what the straight climb asks for at its pace. */
const WINDOWS = [1 / 3, 0.5, 0.75, 1, 1.5, 2] as const;
/** Tasks. The count of an idle pool climbs straight too, again and again, but only as high as the pool. */
const LEAST_RISE = 800;
/** Tasks. Below this level nothing is gained by an early verdict: the slower tests have time. */
const LEAST_LEVEL = 1500;
/** Growth an hour, as a share of the window's middle level. A sine comes to 0.4 where it is nearly straight, however low its trough. */
const LEAST_PACE = 0.5;
/** A warm-up with a time constant of five windows bends by 0.13 from the first third to the last. */
const MOST_BEND = 0.12;
const MOST_BULGE = 0.15;
const LEAST_EVENNESS = 10;

export function steepClimb(columns: Columns, history: Columns, horizon: number): Finding | undefined {
  const { time, level, run } = columns;
  if (time.length === 0) return undefined;
  const now = time.at(-1)!;
  const runStart = time[run.indexOf(run.at(-1)!)];
  for (const hours of WINDOWS) {
    const from = now - hours;
    if (from < runStart - hours / 20) return undefined;
    const first = firstAtOrAfter(time, from);
    // Nearly every series is refused here.
    if (level.at(-1)! < LEAST_LEVEL || level.at(-1)! - level[first] < 0.8 * LEAST_RISE) continue;
    const climb = climbOf(time, level, from, now);
    if (climb === undefined || climb.to < LEAST_LEVEL || climb.rise < LEAST_RISE) continue;
    const rate = climb.rise / climb.hours;
    if (rate < (LEAST_PACE * (climb.from + climb.to)) / 2) continue;
    if (climb.evenness < LEAST_EVENNESS || -climb.bend > MOST_BEND || climb.bend > 2 * MOST_BEND || Math.abs(climb.bulge) > MOST_BULGE) continue;
    if (highestBetween(history, horizon, from) > climb.to) continue;
    return { test: 'steep', from, to: now, rate, strength: Math.min(climb.rise / LEAST_RISE, climb.evenness / LEAST_EVENNESS) };
  }
  return undefined;
}

/** The highest level in an earlier stretch of time: a count that goes up and down again and again has been as high before. */
function highestBetween({ time, level }: Columns, from: number, to: number): number {
  let highest = 0;
  for (let i = firstAtOrAfter(time, from); i < time.length && time[i] < to; i++) highest = Math.max(highest, level[i]);
  return highest;
}
