/**
 * Owns the judgement of a series whose samples come in one by one.
 *
 * It keeps a bounded memory of them, runs the tests whenever a block is full, and keeps a finding until the
 * series shows that it no longer holds.
 */
import { assessmentOf, checkOptions, type AssessOptions, type Assessment, type Judged } from './assessment.js';
import { Blocks } from './blocks.js';
import { firstAtOrAfter } from './climb.js';
import type { Finding } from './finding.js';
import { newClimb } from './new-climb.js';
import { median } from './median.js';
import { onsetOf, type Onset } from './onset.js';
import { sameHour } from './same-hour.js';
import { checkSample, startOf, type Sample } from './sample.js';
import { steepClimb } from './steep-climb.js';
import { stitch, Stitching, type Stitched } from './stitched.js';
import { straightClimb } from './straight-climb.js';
import { unbrokenClimb } from './unbroken-climb.js';

/** Length of a block in hours: minutes for the steep test, quarters of an hour for the slow tests. */
const MINUTE = 1 / 60;
const QUARTER = 1 / 4;
/** Hours that the slow tests look at: four weeks hold four weekends. */
const HORIZON = 28 * 24;
/** Hours that the steep test looks at. */
const MINUTES_HORIZON = 8;
const MINUTES_KEPT = MINUTES_HORIZON / MINUTE;
const QUARTERS_KEPT = HORIZON / QUARTER;
/** Hours of gap over which the minutes before it are still looked at. */
const MINUTES_GAP = 48;
/** Blocks from which on the slow tests have anything to look at. */
const FEWEST_BLOCKS = 20;
/** Hours that a finding stands without being found again: a day, and half a day during which a rhythm may hide it. */
const STANDS = 36;
/** If this share of the climb is given back within one process, it was no leak. */
const GIVEN_BACK = 0.5;
/** Number of latest blocks whose median is the present level. */
const RECENT = 8;
/** Hours after the first sample within which a climb began with it. */
const FROM_FIRST = 0.75;
/** Seconds by which two samples' process starts may differ and still be of one process: exporters compute it from the uptime. */
const SAME_START = 2;

/** A finding, with what makes a verdict of it. */
interface Standing {
  readonly finding: Finding;
  /** Hours: the sample at which it was made. */
  readonly at: number;
  readonly onset: Onset;
  readonly drops: number;
}

interface SteepStanding extends Standing {
  readonly run: number;
  /** Level at which it is no leak after all, unless the process restarted. */
  readonly refutedBelow: number;
}

/**
 * `assess` for samples that keep coming: the same verdicts, at a cost per sample that does not grow.
 * It remembers four weeks in quarters of an hour and eight hours in minutes, at most about 200 kB.
 */
export class Assessor {
  private readonly options: AssessOptions;
  private readonly minutes = new Blocks(MINUTE, MINUTES_KEPT);
  private readonly quarters = new Blocks(QUARTER, QUARTERS_KEPT);
  private judgesFrom = -Infinity;
  /** Used while a history is gone through, whose hundreds of windows overlap. It is dropped afterwards, since it would be half of the memory. */
  private stitching: Stitching | undefined;
  private steep: SteepStanding | undefined;
  private slow: Standing | undefined;
  private count = 0;
  private run = 0;
  private start = 0;
  /** Since when this process is known to run, in seconds; -Infinity where the first one's start is not known. */
  private upSince = -Infinity;
  private first = 0;
  private last = -Infinity;

  /** @throws {TypeError} where `options.limit` is not a count */
  constructor(options: AssessOptions = {}) {
    checkOptions(options);
    this.options = options;
  }

  /** Whether the last full block left a finding standing. */
  get leaking(): boolean {
    return this.standing() !== undefined;
  }

  /**
   * Takes the next sample. One that is older than the last is ignored, its block being closed already;
   * so is, at the same time, one of the older process.
   *
   * @throws {TypeError} where it is no sample; the index in the message is how many came before
   */
  add(sample: Sample): void {
    checkSample(sample, this.count);
    this.take(sample);
  }

  /**
   * Takes samples that were checked, in order, and judges only the end, from where on a finding would
   * still stand at the last of them: how `assess` goes through a long history. Nor is judged what was
   * before `from`, in seconds.
   */
  addHistory(samples: readonly Sample[], from = -Infinity): void {
    this.judgesFrom = Math.max(from / 3600, (samples.at(-1)?.[0] ?? 0) / 3600 - STANDS);
    this.stitching = new Stitching();
    for (const sample of samples) this.take(sample);
    this.judgesFrom = -Infinity;
    this.stitching = undefined;
  }

  /** The verdict on everything up to the last full block. It changes nothing. */
  assessment(): Assessment {
    return assessmentOf(this.judged(), this.options);
  }

  private take(sample: Sample): void {
    const [t, value] = sample;
    if (t < this.last || (t === this.last && startOf(sample) < this.start)) return;
    this.meet(t, startOf(sample));
    this.last = t;
    this.count++;
    const time = t / 3600;
    const age = (t - this.upSince) / 3600;
    // Samples that no judgement will look at are not put into blocks.
    const early = this.judgesFrom - time;
    const minuteIsFull = early < MINUTES_GAP && this.minutes.add(time, value, this.run, age);
    const quarterIsFull = early < HORIZON + QUARTER && this.quarters.add(time, value, this.run, age);
    if (early > 0) return;
    if (minuteIsFull) this.judgeMinutes(time);
    if (quarterIsFull) this.judgeQuarters(time);
  }

  /** Finds out whether this sample is of the same process as the one before. */
  private meet(t: number, start: number): void {
    if (this.count === 0) {
      this.first = t;
      this.start = start;
      if (start !== 0) this.upSince = Math.min(start, t);
    } else if (Math.abs(start - this.start) > SAME_START) {
      this.run++;
      this.start = start;
      this.upSince = start > this.last && start < t ? start : t;
    }
  }

  private judgeMinutes(at: number): void {
    const { steep } = this;
    const recent = median(this.minutes.recent(RECENT));
    if (steep !== undefined && steep.run === this.run && recent < steep.refutedBelow) this.steep = undefined;
    const finding = steepClimb(this.minutes.columns, this.quarters.columns, at - HORIZON);
    if (finding === undefined) return;
    const { time, level, run } = this.minutes.columns;
    const inRun = Math.max(run.indexOf(run.at(-1)!), firstAtOrAfter(time, at - MINUTES_HORIZON));
    const onset = onsetOf(time, level, inRun) ?? { since: finding.from, rate: finding.rate };
    const refutedBelow = level.at(-1)! - GIVEN_BACK * finding.rate * (finding.to - finding.from);
    this.steep = { finding, at, onset, drops: 0, run: run.at(-1)!, refutedBelow };
  }

  private judgeQuarters(at: number): void {
    const { columns, forgotten } = this.quarters;
    const from = Math.max(firstAtOrAfter(columns.time, at - HORIZON), columns.time.length - QUARTERS_KEPT);
    if (columns.time.length - from < FEWEST_BLOCKS) return;
    const series = this.stitching?.upTo(columns, forgotten, from) ?? stitch(columns, from);
    if (series.time.length < FEWEST_BLOCKS) return;
    const found = straightClimb(series) ?? unbrokenClimb(series) ?? newClimb(series) ?? sameHour(series);
    if (found !== undefined) this.slow = { at, finding: found, ...courseOf(series, found) };
    else if (this.slow !== undefined) {
      const { finding } = this.slow;
      this.slow = isGivenBack(series, finding) ? undefined : { at: this.slow.at, finding, ...courseOf(series, finding) };
    }
  }

  /** The finding that still stands. A slow test knows better when the climb began, so its finding takes precedence. */
  private standing(): Standing | undefined {
    const stillStands = (standing: Standing | undefined) => standing !== undefined && this.last / 3600 - standing.at <= STANDS;
    if (stillStands(this.slow)) return this.slow;
    return stillStands(this.steep) ? this.steep : undefined;
  }

  private judged(): Judged {
    const { time, level, run } = this.quarters.columns;
    const now = this.last / 3600;
    const then = firstAtOrAfter(time, now - 6);
    const known = time[then] !== undefined && time[then] <= now - 5.5 && run[then] === this.run;
    const recent = this.minutes.recent(RECENT);
    const seen = {
      count: this.count,
      restarts: this.run,
      first: this.first / 3600,
      now,
      level: recent.length === 0 ? 0 : median(recent),
      earlier: known ? level[then] : undefined,
    };
    const standing = this.standing();
    if (standing === undefined) return seen;
    const { finding, onset, drops } = standing;
    const { test, strength } = finding;
    // Blocks have their time in the middle, and a process's first half hour is not judged: what
    // climbs from there on climbs from the first sample on.
    const since = onset.since - seen.first < FROM_FIRST ? seen.first : onset.since;
    return { ...seen, leak: { test, strength, since, rate: onset.rate, drops, window: finding.to - finding.from } };
  }
}

/** When the climb began and how fast it is: by the hinge where it agrees with the test that found the climb, else by the test's own window. */
function courseOf(series: Stitched, finding: Finding): { onset: Onset; drops: number } {
  const hinge = onsetOf(series.time, series.level);
  const agrees = hinge !== undefined && hinge.rate > finding.rate / 2 && hinge.rate < finding.rate * 2 && hinge.since < finding.to;
  const onset = agrees ? hinge : { since: finding.from, rate: finding.rate };
  return { onset, drops: series.restarts.filter(({ time, drop }) => drop > 0 && time > onset.since).length };
}

function isGivenBack(series: Stitched, finding: Finding): boolean {
  const { time, level } = series;
  const then = firstAtOrAfter(time, finding.to - 0.5);
  if (then >= time.length) return false;
  const rise = finding.rate * (finding.to - finding.from);
  // After a gap, the last blocks may be of before it, and of before the finding.
  return median(level, Math.max(then, level.length - RECENT)) < level[then] - GIVEN_BACK * rise;
}
