/**
 * Owns the cohorts of one process: those of each group of equal stacks, from look to look, and which of them leak.
 *
 * Pure; times in ms.
 */
import { createHash } from 'node:crypto';
import type { Frame } from 'watertight/pprof';
import { emptyCohort, nextCohort, survivalOf, type CohortState, type Habit, type Member, type Survival } from '../detect/index.js';
import { doing } from '../diagnose/index.js';
import { allBodiesOf, endsByStirring, HABITS, isAwaiting, isBodyLoop, isReader, wayOfWaiting, type WaitingStack, type WayOfWaiting } from './way-of-waiting.js';

/** One group at one look. */
export interface SeenGroup extends WaitingStack {
  readonly count: number;
  /** Its tasks one by one; null where the profile does not name them. */
  readonly members: readonly Member[] | null;
}

/** The same with who can end its wait, which takes some twenty patterns to find. */
interface PresentGroup extends SeenGroup {
  readonly way: WayOfWaiting;
}

/** One group and its cohort, as plain data. */
interface KeptGroup {
  readonly way: WayOfWaiting;
  readonly top: string;
  /** How many of its tasks have a reader or a request besides, at the latest look. */
  readonly spared: number;
  /** It was found, and nobody has left since. */
  readonly isFound: boolean;
  readonly cohort: CohortState;
}

/** All that is known of a process's cohorts, as plain data. */
export interface CohortsState {
  /** When the process started. */
  readonly start: number;
  /** The first look and the latest; 0 before the first. */
  readonly firstAt: number;
  readonly at: number;
  readonly groups: readonly (readonly [key: string, group: KeptGroup])[];
}

/** A group whose tasks come and do not leave. */
export interface Remaining extends Survival {
  readonly key: string;
  readonly way: WayOfWaiting;
  readonly count: number;
  /** The function they wait in. */
  readonly top: string;
  /** Their stack; null where it was not seen since the watcher began. */
  readonly frames: readonly Frame[] | null;
  /** Its tasks are among those of another group: of one line, among all unread bodies. */
  readonly isPart: boolean;
}

/** Groups that are remembered, those first that have come to have somebody who stays. */
const MOST_GROUPS = 128;
/** By how much the courses of two groups may differ, as a share of the tasks, to be the same sessions. */
const SAME_SESSIONS = 0.34;

export class Cohorts {
  private groups = new Map<string, KeptGroup>();
  private readonly frames = new Map<string, readonly Frame[]>();
  /** What {@link remaining} has found since the latest look. */
  private found: readonly Remaining[] | null = null;
  private start: number;
  private at: number;
  private firstAt: number;

  constructor(
    /** How many times faster than usual time goes. */
    private readonly scale: number,
    state: CohortsState | null = null,
  ) {
    this.start = state?.start ?? -1;
    this.at = state?.at ?? 0;
    this.firstAt = state?.firstAt ?? 0;
    this.groups = new Map(state?.groups ?? []);
  }

  /** Takes a look at all groups of the process that started then. */
  take(at: number, start: number, seen: readonly SeenGroup[]): void {
    if (start !== this.start) this.groups.clear();
    const before = start === this.start ? this.at : 0;
    if (before === 0) this.firstAt = at;
    this.start = start;
    this.at = at;
    const present = joined(seen);
    const readers = sum(seen, isReader);
    const requests = sum(seen, isAwaiting);
    const next = new Map<string, KeptGroup>();
    for (const key of new Set([...this.groups.keys(), ...present.keys()])) {
      const known = this.groups.get(key);
      const group = present.get(key);
      // A group that is gone: everybody has left.
      if (group === undefined && (known === undefined || known.cohort.count === 0)) continue;
      const { way } = group ?? known!;
      if (way === 'aside') continue;
      const members = group === undefined ? (known!.cohort.members === null ? null : []) : group.members;
      const cohort = nextCohort(known?.cohort ?? (before === 0 ? null : emptyCohort(before, members !== null)), { at, count: group?.count ?? 0, members }, { isLeftByStirring: endsByStirring(way) });
      const spared = group === undefined ? 0 : way === 'pooled' ? requests : isBodyLoop(group) ? readers : 0;
      next.set(key, { way, top: group === undefined ? known!.top : doing(group), spared, isFound: known?.isFound ?? false, cohort });
    }
    this.groups = new Map([...next].sort(([, a], [, b]) => b.cohort.generations.length - a.cohort.generations.length || b.cohort.count - a.cohort.count).slice(0, MOST_GROUPS));
    for (const [key, { frames }] of present) if (this.groups.has(key)) this.frames.set(key, frames);
    for (const key of this.frames.keys()) if (!this.groups.has(key)) this.frames.delete(key);
    this.found = null;
    const found = new Set(this.remaining().map(({ key }) => key));
    for (const [key, group] of this.groups) if (group.isFound !== found.has(key)) this.groups.set(key, { ...group, isFound: found.has(key) });
  }

  /** The groups whose tasks come and do not leave, the most first. They change with a look only. */
  remaining(): readonly Remaining[] {
    return (this.found ??= this.search());
  }

  private search(): Remaining[] {
    const sessions = [...this.groups.values()].filter(({ way }) => way === 'open').map(({ cohort }) => cohort);
    const found: Remaining[] = [];
    for (const [key, { way, top, cohort, spared, isFound }] of this.groups) {
      const habit = habitOf(way, cohort);
      if (habit === null || cohort.generations.length < habit.generations) continue;
      const survival = survivalOf(cohort, habit, { spared: Math.max(0, spared - elders(cohort)), scale: this.scale, isStanding: isFound });
      if (survival === null || (way === 'inner' && sessions.some((session) => isBeside(cohort, session)))) continue;
      found.push({ ...survival, key, way, count: cohort.count, top, frames: this.frames.get(key) ?? null, isPart: false });
    }
    const keys = new Set(found.map(({ key }) => key));
    return found.map((each) => ({ ...each, isPart: isAmong(keys, each) })).sort((a, b) => b.stayed - a.stayed);
  }

  /** Whether they are of the process that started then. */
  isOf(start: number): boolean {
    return start === this.start && this.at > 0;
  }

  /** For how long the process has been looked at, ms. */
  get watchedFor(): number {
    return this.at - this.firstAt;
  }

  /** Whether a group that can leak has had somebody come and stay: another look soon says more. */
  get isGrowing(): boolean {
    return [...this.groups.values()].some(({ way, cohort, spared }) => habitOf(way, cohort) !== null && cohort.count > spared && cohort.generations.length > 0);
  }

  get state(): CohortsState {
    return { start: this.start, firstAt: this.firstAt, at: this.at, groups: [...this.groups] };
  }
}

/** Whether the group of all unread bodies of which this one has a part is among those keys. */
function isAmong(keys: ReadonlySet<string>, { frames, way }: Remaining): boolean {
  const all = frames === null || way !== 'sealed' ? null : allBodiesOf({ frames, state: 'select', labels: {} });
  return all !== null && keys.has(cohortKey(all));
}

/** What is usual for a group; null where nothing can be said. A rise without names may as well be traffic, but where healthy tasks wait for a moment only. */
function habitOf(way: WayOfWaiting, { members }: CohortState): Habit | null {
  return members === null && way !== 'sealed' ? null : HABITS[way];
}

/** Those of the first look that are still there: how old they are, nobody knows. */
function elders({ count, generations }: CohortState): number {
  return count - generations.reduce((total, { alive }) => total + alive, 0);
}

/** Whether the tasks of a group are the sessions' other tasks: of each generation as many are there as of the sessions. */
function isBeside(group: CohortState, session: CohortState): boolean {
  const alive = new Map(session.generations.map((generation) => [generation.at, generation.alive]));
  let [all, apart] = [0, 0];
  for (const generation of group.generations) {
    all += generation.alive;
    apart += Math.abs(generation.alive - (alive.get(generation.at) ?? 0));
  }
  return apart <= SAME_SESSIONS * all;
}

function sum(seen: readonly SeenGroup[], of: (group: SeenGroup) => boolean): number {
  return seen.reduce((total, group) => total + (of(group) ? group.count : 0), 0);
}

/** Groups that differ in their state only are one. All unread bodies of a Node service are a group besides. */
function joined(seen: readonly SeenGroup[]): Map<string, PresentGroup> {
  const groups = new Map<string, PresentGroup>();
  const join = (group: PresentGroup): void => {
    const key = cohortKey(group, group.way);
    const known = groups.get(key);
    groups.set(key, known === undefined ? group : { ...known, count: known.count + group.count, members: known.members === null || group.members === null ? null : [...known.members, ...group.members] });
  };
  for (const group of seen) {
    const way = wayOfWaiting(group);
    join({ ...group, way });
    const all = allBodiesOf(group, way);
    if (all !== null) join({ ...group, ...all, way: wayOfWaiting(all) });
  }
  return groups;
}

/** What tells groups apart within one process and one form of profile: the places of their stacks, and in which way they wait. */
export function cohortKey(stack: WaitingStack, way = wayOfWaiting(stack)): string {
  const text = stack.frames.map(placeOf).join('\n');
  return createHash('sha1').update(`${way}\n${text}`).digest('base64url');
}

function placeOf({ function: name, file, line, address }: Frame): string {
  return name === '' ? address : `${name} ${file}:${line}`;
}
