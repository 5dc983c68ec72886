/**
 * Owns the series with the effect of restarts taken out.
 *
 * A restart is no recovery. Where the level fell with the process, the fall is added back; where it is the same
 * before and after, as under a healthy rhythm, nothing changes; where it rose, as after a deploy, the rise is
 * taken out. The result climbs only as far as processes climb while they run.
 */
import { linearRegression } from 'simple-statistics';
import type { Columns } from './blocks.js';
import { median } from './median.js';

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
/** Longest gap at a restart, in hours. During a longer one a rhythm moves too far to say what the restart did. */
const LONGEST_GAP = 1.5;
/** Share of the level by which a restart has to change it to count. Less cannot be told from a rhythm. */
const SAME_LEVEL = 0.1;

/** Blocks, the latest, from which the noise is read: a day of them. */
const NOISE_FROM = 96;

interface Run {
  from: number;
  to: number;
}

/** What a restart did to the level, before the comparison with the noise. */
interface Seam {
  readonly drop: number;
  /** The drop counts if it is more than this, and more than the noise. */
  readonly least: number;
  /** Whether all the blocks it is read from were there: then it is final. */
  readonly whole: boolean;
}

/** Stitches the blocks from an index on. */
export function stitch(columns: Columns, first: number): Stitched {
  return new Stitching().upTo(columns, 0, first);
}

/**
 * The same for one window after another, each of which begins and ends no earlier than the one before.
 * The part that windows have in common, nearly all of it in a long history, is stitched once.
 */
export class Stitching {
  private readonly time: number[] = [];
  private readonly level: number[] = [];
  private readonly count: number[] = [];
  private readonly run: number[] = [];
  /** Which block each row is, counted from the first that there ever was. */
  private readonly block: number[] = [];
  /** Blocks that were looked at. */
  private seen = 0;
  private readonly runs: Run[] = [];
  /** At the same index as the run that begins there; of the first run, none. */
  private readonly seams: (Seam | null)[] = [];
  /** By what each run's levels are lifted. */
  private readonly lifts: number[] = [];

  /**
   * The window from the block with this index in the columns to the last. Good until the next call.
   *
   * @param removed how many blocks were there before the columns' first
   */
  upTo(columns: Columns, removed: number, first: number): Stitched {
    this.leave(removed + first);
    const fresh = this.append(columns, removed, first);
    const { time, level, count, run, runs } = this;
    const noise = noiseOf(count, run);
    const drops = runs.map((_, r) => (r === 0 ? 0 : this.dropAt(r, noise)));
    this.lift(drops, fresh);
    return { time, level, count, run, restarts: drops.slice(1).map((drop, r) => ({ time: time[runs[r + 1].from], drop })), noise };
  }

  /** Forgets the rows of blocks before this one. */
  private leave(block: number): void {
    const { runs, seams } = this;
    let gone = 0;
    while (gone < this.block.length && this.block[gone] < block) gone++;
    if (gone === 0) return;
    for (const column of [this.time, this.level, this.count, this.run, this.block]) column.splice(0, gone);
    for (const run of runs) {
      run.from = Math.max(0, run.from - gone);
      run.to -= gone;
    }
    const ended = runs.findIndex(({ to }) => to > 0);
    const left = ended === -1 ? runs.length : ended;
    runs.splice(0, left);
    seams.splice(0, left);
    this.lifts.splice(0, left);
  }

  /** Takes the blocks that were not looked at yet; returns the index of the first row that is new. */
  private append({ time, level, run, age }: Columns, removed: number, first: number): number {
    const { runs } = this;
    const fresh = this.time.length;
    for (let i = Math.max(first, this.seen - removed); i < time.length; i++) {
      if (age[i] < SETTLING) continue;
      const at = this.time.length;
      if (at > 0 && this.run[at - 1] === run[i]) runs[runs.length - 1].to = at + 1;
      else {
        runs.push({ from: at, to: at + 1 });
        this.seams.push(null);
      }
      this.time.push(time[i]);
      this.count.push(level[i]);
      this.run.push(run[i]);
      this.block.push(removed + i);
    }
    this.seen = removed + time.length;
    return fresh;
  }

  private dropAt(r: number, noise: number): number {
    const { time, count, runs, seams } = this;
    const [before, after] = [runs[r - 1], runs[r]];
    let seam = seams[r];
    // The window may no longer have some of the blocks that the first seam was read from.
    if (seam?.whole !== true || (r === 1 && time[before.from] >= time[before.to - 1] - COURSE)) seams[r] = seam = seamBetween(time, count, before, after);
    return Math.abs(seam.drop) > Math.max(seam.least, 4 * noise) ? seam.drop : 0;
  }

  /** The levels of the rows from `fresh` on, and of runs that are lifted by something else than before. */
  private lift(drops: readonly number[], fresh: number): void {
    const { level, count, runs, lifts } = this;
    let lifted = 0;
    for (let r = 0; r < runs.length; r++) {
      lifted += drops[r];
      for (let i = lifts[r] === lifted ? Math.max(runs[r].from, fresh) : runs[r].from; i < runs[r].to; i++) level[i] = count[i] + lifted;
      lifts[r] = lifted;
    }
  }
}

function seamBetween(time: readonly number[], count: readonly number[], before: Run, after: Run): Seam {
  const end = time[before.to - 1];
  const start = time[after.from];
  if (start - end > LONGEST_GAP) return { drop: 0, least: 0, whole: true };
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
  return { drop, least: SAME_LEVEL * Math.max(old.level, young.level), whole: last < after.to };
}

function middle(time: readonly number[], count: readonly number[], from: number, to: number): { time: number; level: number } {
  return { time: median(time, from, to), level: median(count, from, to) };
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
