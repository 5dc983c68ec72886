/**
 * Owns the series with its restarts taken out. A restart is not recovery: where the level fell with
 * the process, what it fell by is added back; where it is the same before and after, as a healthy
 * rhythm's is, nothing is; where it rose, as after a deploy, the rise is taken out. What is left
 * climbs only as far as processes climb while they run.
 */
import { linearRegression, median } from 'simple-statistics';
import type { Columns } from './blocks.js';

export interface Restart {
  /** Hours; the first settled block of the new process. */
  readonly time: number;
  /** By how much the level fell with the old process; negative where it rose. 0: the same, or not known. */
  readonly drop: number;
}

export interface Stitched {
  /** Hours. */
  readonly time: readonly number[];
  /** Level with the drops added back: not a count, only its differences mean something. */
  readonly level: readonly number[];
  /** Level as it was measured. */
  readonly count: readonly number[];
  readonly run: readonly number[];
  readonly restarts: readonly Restart[];
  /** Standard deviation of a block's median around its neighbours: the noise floor. */
  readonly noise: number;
}

/** Hours after its start in which a process fills its pools and is not compared with anything. */
const SETTLING = 0.5;
/** Hours on either side of a restart from which its drop is read. */
const BESIDE = 1.25;
/** Hours on either side of a restart from which the course of the level is read. */
const COURSE = 2;
/** Hours a restart may hide. Over a longer absence a rhythm moves too far to say what the restart did. */
const LONGEST_GAP = 1.5;
/** Share of the level that a restart has to change it by. Less is how well a restart can be measured under a rhythm. */
const SAME_LEVEL = 0.1;

/** Blocks, the latest, from which the noise is read: a day of them. */
const NOISE_FROM = 96;

interface Run {
  readonly from: number;
  readonly to: number;
}

/** Stitches the blocks from an index on. */
export function stitch(columns: Columns, first: number): Stitched {
  const runs: Run[] = [];
  const { time, level, run, age } = columns;
  const stitched = { time: [] as number[], level: [] as number[], count: [] as number[], run: [] as number[] };
  for (let i = first; i < time.length; i++) {
    if (age[i] < SETTLING) continue;
    const at = stitched.time.length;
    if (at > 0 && stitched.run[at - 1] === run[i]) runs[runs.length - 1] = { from: runs.at(-1)!.from, to: at + 1 };
    else runs.push({ from: at, to: at + 1 });
    stitched.time.push(time[i]);
    stitched.count.push(level[i]);
    stitched.run.push(run[i]);
  }
  const noise = noiseOf(stitched.count, stitched.run);
  const restarts: Restart[] = [];
  let lifted = 0;
  for (let r = 0; r < runs.length; r++) {
    if (r > 0) {
      const drop = dropBetween(stitched.time, stitched.count, runs[r - 1], runs[r], noise);
      restarts.push({ time: stitched.time[runs[r].from], drop });
      lifted += drop;
    }
    for (let i = runs[r].from; i < runs[r].to; i++) stitched.level.push(stitched.count[i] + lifted);
  }
  return { ...stitched, restarts, noise };
}

function dropBetween(time: readonly number[], count: readonly number[], before: Run, after: Run, noise: number): number {
  const end = time[before.to - 1];
  const start = time[after.from];
  if (start - end > LONGEST_GAP) return 0;
  let first = before.to - 1;
  while (first > before.from && time[first - 1] >= end - COURSE) first--;
  let last = after.from + 1;
  while (last < after.to && time[last] <= start + COURSE) last++;
  // A rhythm goes on while the process restarts: what the level would have come to is the mean of
  // the courses before and after, which is exact for a leak and nearly so for a slow sine.
  const slopes = [slopeOf(time, count, first, before.to), slopeOf(time, count, after.from, last)].filter((s) => s !== undefined);
  const course = slopes.length === 0 ? 0 : slopes.reduce((sum, s) => sum + s, 0) / slopes.length;
  let near = before.to - 1;
  while (near > first && time[near - 1] >= end - BESIDE) near--;
  let far = after.from + 1;
  while (far < last && time[far] <= start + BESIDE) far++;
  const old = middle(time, count, near, before.to);
  const young = middle(time, count, after.from, far);
  const drop = old.level + course * (young.time - old.time) - young.level;
  return Math.abs(drop) > Math.max(SAME_LEVEL * Math.max(old.level, young.level), 4 * noise) ? drop : 0;
}

function middle(time: readonly number[], count: readonly number[], from: number, to: number): { time: number; level: number } {
  return { time: median(time.slice(from, to)), level: median(count.slice(from, to)) };
}

function slopeOf(time: readonly number[], count: readonly number[], from: number, to: number): number | undefined {
  if (to - from < 4) return undefined;
  const points: [number, number][] = [];
  for (let i = from; i < to; i++) points.push([time[i], count[i]]);
  return linearRegression(points).m;
}

/** From second differences, in which neither a level nor a straight climb leaves a trace. */
function noiseOf(count: readonly number[], run: readonly number[]): number {
  const differences: number[] = [];
  for (let i = Math.max(2, count.length - NOISE_FROM); i < count.length; i++) {
    if (run[i] === run[i - 2]) differences.push(Math.abs(count[i] - 2 * count[i - 1] + count[i - 2]));
  }
  // 1.4826 makes a median of absolute values a standard deviation, and a second difference has the variance of six.
  return differences.length === 0 ? 0 : (1.4826 * median(differences)) / Math.sqrt(6);
}
