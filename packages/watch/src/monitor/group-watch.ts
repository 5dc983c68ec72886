/**
 * Owns the watch over the stack groups of one target, each judged by the detector as the whole count is.
 *
 * A group may climb while the whole count hides it, under a daily rhythm or beside a pool that shrinks. Only the
 * latest verdict is kept in memory; the rest is read from the history, so that a restarted watcher gives the
 * same verdicts.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Frame } from 'watertight/pprof';
import { Assessor } from '../detect/index.js';
import { groupOf, type StackSummary } from '../diagnose/index.js';
import { LASTING, type GroupHistory, type Sample } from '../store/index.js';
import type { DetectorClock, TimedAssessment } from './detector-clock.js';
import { climbsOn, FIRST_JUDGED } from './group-course.js';

/** What is said of a group. Times in ms since 1970. */
export type GroupVerdict = Omit<TimedAssessment, 'limitAt'>;

/** How a group is shown when the latest profile does not have it. */
export interface GroupShape {
  readonly top: string;
  readonly site: Frame | null;
  readonly state: string | null;
  readonly frames: readonly Frame[];
}

/** A group as it is now. */
export interface WatchedGroup {
  /** Its number in the history. */
  readonly id: number;
  readonly key: string;
  readonly shape: GroupShape;
  /** In the latest profile. */
  readonly count: number;
  /** Since the first profile of this process. */
  readonly growth: number;
  /** Null before the first. */
  readonly verdict: GroupVerdict | null;
}

interface Followed extends WatchedGroup {
  /** When a lasting count was last kept; when the group was last large enough to follow; when it was last judged. */
  lastingAt: number;
  seenAt: number;
  judgedAt: number;
  /** The process whose stack the shape is. */
  start: number;
  shape: GroupShape;
  count: number;
  growth: number;
  verdict: GroupVerdict | null;
  /** Growth here is no leak: idle connections. */
  harmless: boolean;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Groups that are followed of one target: their counts are kept, 3,200 rows each at most. */
const MOST_FOLLOWED = 24;
/** Tasks from which on a group is followed: a leak grows beyond, and there are many smaller groups that do not matter. */
const LEAST_FOLLOWED = 5;
/** A group that was smaller for this long is no longer followed, ms. */
const FORGOTTEN = 2 * DAY;
/** Intervals between two counts that are kept, at least. */
const KEPT_EVERY = 5.5;
/** Groups that are judged at a time, those first that have waited longest: some 15 ms of work each after four weeks. */
const MOST_JUDGED = 4;
/** The detector's horizon, and how long a finding of its stands, ms. */
const HORIZON = 28 * DAY;
const STANDS = 36 * HOUR;
/** Less than this, and this share of the lowest, is no climb that the detector could find: it is not asked. */
const LEAST_RISE = 5;
const LEAST_RISE_OF_LEVEL = 0.05;
/** Frames of a shape; a stack may have hundreds. */
const SHOWN_FRAMES = 64;

export class GroupWatch {
  private readonly followed = new Map<string, Followed>();
  private recordedAt = 0;
  private judgedAt = 0;

  constructor(
    private readonly history: GroupHistory,
    /** The target's number in the history. */
    private readonly target: number,
    private readonly clock: DetectorClock,
    /** Between scrapes, ms. */
    private readonly interval: number,
  ) {}

  /** Goes on with the groups that are on record. */
  resume(): void {
    for (const { id, key, stack, verdict, lastingAt, seenAt } of this.history.of(this.target, LEAST_FOLLOWED)) {
      this.followed.set(key, { id, key, shape: stack as GroupShape, verdict: verdict as GroupVerdict | null, lastingAt, seenAt, judgedAt: 0, start: NaN, count: 0, growth: 0, harmless: false });
    }
  }

  /** Takes a profile's stacks: keeps the counts of what is followed, and judges some of it when it is time to. */
  async take(stacks: readonly StackSummary[], at: number, start: number): Promise<void> {
    const present = groupsOf(stacks);
    const early = Math.abs(at - this.recordedAt) < KEPT_EVERY * this.interval;
    const known = new Set(this.followed.keys());
    try {
      this.history.atOnce(() => {
        this.update(present, start);
        if (early) return;
        this.recordedAt = at;
        this.follow(present, at, start);
        this.record(at, start);
      });
    } catch (error) {
      // A group that could not be written has no number in the history.
      for (const key of this.followed.keys()) if (!known.has(key)) this.followed.delete(key);
      throw error;
    }
    if (!early) await this.judge(at);
  }

  /** Those that are judged to leak, the fastest first. */
  get leaking(): WatchedGroup[] {
    return [...this.followed.values()].filter(({ verdict }) => verdict?.leaking === true).sort((a, b) => (b.verdict?.perHour ?? 0) - (a.verdict?.perHour ?? 0));
  }

  /** What leaks, then what has grown or is most. */
  leading(limit: number): WatchedGroup[] {
    const { leaking } = this;
    const rest = [...this.followed.values()].filter((group) => !leaking.includes(group) && group.count > 0).sort((a, b) => b.growth - a.growth || b.count - a.count);
    return [...leaking, ...rest].slice(0, limit);
  }

  private update(present: ReadonlyMap<string, PresentGroup>, start: number): void {
    const renewed: Followed[] = [];
    for (const group of this.followed.values()) {
      const now = present.get(group.key);
      group.count = now?.count ?? 0;
      group.growth = now?.growth ?? 0;
      if (now === undefined || now.count === 0) continue;
      group.harmless = now.harmless;
      // Another process may be another build, with other line numbers.
      if (group.start === start) continue;
      group.start = start;
      group.shape = shapeOf(now.largest);
      renewed.push(group);
    }
    this.history.follow(this.target, renewed.map(({ key, shape }) => ({ key, stack: shape })));
  }

  /** Begins to follow what has become large enough, and leaves what no longer is. */
  private follow(present: ReadonlyMap<string, PresentGroup>, at: number, start: number): void {
    for (const group of this.followed.values()) {
      if (group.count >= LEAST_FOLLOWED) group.seenAt = at;
      else if (at - group.seenAt > FORGOTTEN) this.leave(group);
    }
    const large = [...present].filter(([key, { count }]) => count >= LEAST_FOLLOWED && !this.followed.has(key)).sort(([, a], [, b]) => b.count - a.count);
    const begun: { key: string; stack: GroupShape; group: PresentGroup }[] = [];
    for (const [key, group] of large) {
      if (this.followed.size + begun.length >= MOST_FOLLOWED && !this.makeRoom(group.count)) break;
      begun.push({ key, stack: shapeOf(group.largest), group });
    }
    const ids = this.history.follow(this.target, begun);
    for (const { key, stack: shape, group: { count, growth, harmless } } of begun) {
      this.followed.set(key, { id: ids.get(key)!, key, shape, count, growth, harmless, verdict: null, lastingAt: 0, seenAt: at, judgedAt: 0, start });
    }
  }

  /** The smallest that does not leak goes, if it is smaller. */
  private makeRoom(count: number): boolean {
    const [smallest] = [...this.followed.values()].filter(({ verdict }) => verdict?.leaking !== true).sort((a, b) => a.count - b.count);
    if (smallest === undefined || smallest.count >= count) return false;
    this.leave(smallest);
    return true;
  }

  private leave(group: Followed): void {
    this.followed.delete(group.key);
    this.history.drop(group.id);
  }

  private record(at: number, start: number): void {
    const counts = [...this.followed.values()].map((group) => {
      // The first count of each quarter of an hour lasts. The lowest or the mean would differ from the single counts that follow.
      const lasting = Math.floor(at / LASTING) !== Math.floor(group.lastingAt / LASTING);
      if (lasting) group.lastingAt = at;
      return { group: group.id, at, value: group.count, start, lasting };
    });
    if (counts.length > 0) this.history.record(counts);
  }

  /** Judges those that have waited longest, each in a turn of the event loop of its own. */
  private async judge(at: number): Promise<void> {
    if (Math.abs(at - this.judgedAt) < LASTING / this.clock.scale) return;
    this.judgedAt = at;
    // A group that is gone, or whose growth is no leak, is not judged, unless it was found to leak: that verdict stands until it is taken back.
    const due = [...this.followed.values()].filter(({ count, harmless, verdict }) => verdict?.leaking === true || (count > 0 && !harmless)).sort((a, b) => a.judgedAt - b.judgedAt);
    let judged = 0;
    for (const group of due) {
      if (judged >= MOST_JUDGED) return;
      group.judgedAt = at;
      const extremes = this.history.extremes(group.id, at - HORIZON, at - STANDS / this.clock.scale, at);
      if (extremes === null || !mayClimb(extremes)) {
        this.settle(group, null);
        continue;
      }
      if (judged > 0) await turn();
      judged++;
      this.settle(group, this.verdictOf(this.history.series(group.id, at - HORIZON, at), at));
    }
  }

  private verdictOf(series: readonly Sample[], at: number): GroupVerdict {
    const samples = series.map((sample) => this.clock.sample(sample));
    const assessor = new Assessor();
    assessor.addHistory(samples, (samples[0]?.[0] ?? 0) + FIRST_JUDGED * 3600);
    const found = assessor.assessment();
    const { limitAt: _none, ...verdict } = this.clock.assessment(found, at);
    if (!found.leaking || climbsOn(series, found.perHour ?? 0, HOUR / this.clock.scale)) return verdict;
    return { leaking: false, since: null, perHour: 0, confidence: 1 - found.confidence, reason: 'It has climbed in one go, as a pool does that is resized, and no further.' };
  }

  /** Keeps the verdict, and writes it to the history when it begins or ceases to be a leak. */
  private settle(group: Followed, verdict: GroupVerdict | null): void {
    const before = group.verdict;
    group.verdict = verdict;
    // The group was dropped while it was judged.
    if (!this.followed.has(group.key)) return;
    if (before?.leaking === true || verdict?.leaking === true) this.history.setVerdict(group.id, verdict);
  }
}

/** What one profile has of a group. */
interface PresentGroup {
  count: number;
  growth: number;
  harmless: boolean;
  largest: StackSummary;
}

function groupsOf(stacks: readonly StackSummary[]): Map<string, PresentGroup> {
  const groups = new Map<string, PresentGroup>();
  for (const stack of stacks) {
    const key = groupOf(stack.frames);
    const harmless = stack.diagnosis?.leak === false;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { count: stack.count, growth: stack.growth, harmless, largest: stack });
      continue;
    }
    group.count += stack.count;
    group.growth += stack.growth;
    group.harmless &&= harmless;
    if (stack.count > group.largest.count) group.largest = stack;
  }
  return groups;
}

function shapeOf({ top, site, state, frames }: StackSummary): GroupShape {
  return { top, site, state, frames: frames.slice(0, SHOWN_FRAMES) };
}

function mayClimb({ low, high }: { readonly low: number; readonly high: number }): boolean {
  return high - low >= Math.max(LEAST_RISE, LEAST_RISE_OF_LEVEL * low);
}
