/**
 * Owns what looks say of one process: the cohorts of its tasks, those that are named and those that are only counted,
 * and what may be said of a process that has replaced one that leaked. Pure; times in ms.
 */
import { Cohorts, type CohortsState, type Remaining } from './cohorts.js';
import type { Taken } from './look.js';

export interface ProcessState {
  readonly named: CohortsState | null;
  readonly counted: CohortsState | null;
}

/** Least time after which a process without growth is said to be healthy, ms. */
const LEAST_WATCHED = 15 * 60_000;
/** Tasks that would have come by then at the pace of the leak. */
const WOULD_HAVE_COME = 6;

export class ProcessWatch {
  private readonly named: Cohorts;
  private readonly counted: Cohorts;
  /** The latest look named tasks. */
  private isNamed = false;

  /** `scale`: how many times faster than usual time goes. */
  constructor(
    private readonly scale: number,
    state: ProcessState | null,
  ) {
    this.named = new Cohorts(scale, state?.named ?? null);
    this.counted = new Cohorts(scale, state?.counted ?? null);
    this.isNamed = (state?.named?.at ?? 0) > 0 && (state?.named?.at ?? 0) >= (state?.counted?.at ?? 0);
  }

  take(at: number, start: number, { groups, counts, isSmall }: Pick<Taken, 'groups' | 'counts' | 'isSmall'>): void {
    if (groups !== null) this.named.take(at, start, groups);
    if (counts !== null) this.counted.take(at, start, counts);
    // What only counts of a small process says is where to look, since a body that is read slowly counts as one that is not read.
    this.isNamed = groups !== null || (isSmall && this.named.isOf(start));
  }

  /** The groups whose tasks come and do not leave, the most first. */
  remaining(): readonly Remaining[] {
    return (this.isNamed ? this.named : this.counted).remaining();
  }

  /** Whether somebody came and stayed where that may be a leak, so that another look says more. */
  get isGrowing(): boolean {
    return this.named.isGrowing || this.counted.isGrowing;
  }

  /** Whether it has been watched for long enough, and nobody came and stayed, for a process that leaked so fast to be healthy. */
  isHealthyAfter(start: number, perHour: number): boolean {
    const cohorts = this.isNamed ? this.named : this.counted;
    const enough = Math.max(LEAST_WATCHED / this.scale, perHour > 0 ? (WOULD_HAVE_COME / perHour) * 3_600_000 : 0);
    return !cohorts.isGrowing && this.watchedFor(start) >= enough;
  }

  /** For how long the process that started then has been looked at, ms. */
  watchedFor(start: number): number {
    return Math.max(...[this.named, this.counted].map((cohorts) => (cohorts.isOf(start) ? cohorts.watchedFor : 0)));
  }

  get state(): ProcessState {
    return { named: this.named.state, counted: this.counted.state };
  }
}
