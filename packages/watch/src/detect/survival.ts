/**
 * Owns the judgement of a cohort: do tasks come that never leave?
 *
 * Two hypotheses are compared. *Healthy*: whoever comes leaves some time, as exponential waiting does, at the rate
 * that is usual for its way of waiting; and where others of the group were seen to leave, no sooner than the one that
 * stayed longest. *Leaking*: nobody leaves, a rate of zero. A generation that is still there at the age `a`, where a
 * healthy one lives for `life`, speaks for a leak with `a / life`, the logarithm of the ratio of the two likelihoods.
 * Tasks that came together may wait for the same thing, so that a generation counts once, however large it is, and
 * up to {@link MOST_SAID}: several have to say it.
 *
 * A birth rate of zero is the third hypothesis. Pools, caches and workers come and stay, and then no more come: it
 * holds where the latest came too long ago for the pace of those before, or where fewer and fewer come.
 *
 * Pure; times in ms.
 */
import type { CohortState, Generation } from './cohort.js';

/** What is usual for a way of waiting. */
export interface Habit {
  /** The mean life of healthy tasks that wait like this, ms, as long as none was seen to leave. */
  readonly life: number;
  /** How many generations there must be, the youngest included. */
  readonly generations: number;
  /** For how long healthy groups may be filled before they come to rest, ms: they are judged later, and births must not become rarer. 0 where none is. */
  readonly fills: number;
}

export interface Survival {
  /** When the first of those that stayed had not come yet, ms since 1970. */
  readonly since: number;
  /** The latest look. */
  readonly lastAt: number;
  /** How many came and stayed, in how many generations. */
  readonly stayed: number;
  readonly generations: number;
  /** How many left meanwhile, and the longest stay of one of them, ms. */
  readonly left: number;
  readonly longestLife: number;
  /** Tasks more an hour. */
  readonly perHour: number;
  /** Logarithm of the likelihood ratio. */
  readonly score: number;
}

/** Tasks that stay where they are for another reason, besides: of those that came, so many are not counted, the oldest first. Default 0. */
export interface SurvivalOptions {
  readonly spared?: number;
  /** How many times faster than usual time goes, as in a demonstration. Default 1. */
  readonly scale?: number;
  /** It was found before: what has been found ends when they leave, and not as soon as fewer come. Default false. */
  readonly isStanding?: boolean;
}

/** Odds of a hundred to one. */
const LEAST_SCORE = Math.log(100);
/** The most that one generation says. */
const MOST_SAID = 2;
/** How many mean distances between generations may pass without another one. */
const LONGEST_PAUSE = 2.5;
/** Of few tasks, part of the time in which a group may be filled: a pool or a cache is soon more. */
const SEVERAL = 8;
const LEAST_FILLS = 0.7;
/** How long a finding stands though no more come, ms. */
const STANDS = 3_600_000;
/** By how much of the time the mean birth may lie before its middle: not at all where few came, since what is filled up begins like that; somewhat, where {@link MANY} say how the pace was. */
const EARLIER = 0.02;
const MANY = 40;

/** Share of the tasks in the less frequent one of two conditions, awake or not, up to which they all behave alike. */
const MOST_USED = 0.15;

/** What a cohort shows of a leak; null if it does not. */
export function survivalOf(cohort: CohortState, habit: Habit, { spared = 0, scale = 1, isStanding = false }: SurvivalOptions = {}): Survival | null {
  const { lastAt: now, left, longestLife, stirred, still } = cohort;
  const generations = without(cohort.generations, spared);
  const [first] = generations;
  const last = generations.at(-1);
  if (first === undefined || last === undefined || generations.length < habit.generations) return null;
  const life = Math.max(habit.life / scale, longestLife);
  const score = generations.reduce((sum, { at }) => sum + Math.min(MOST_SAID, Math.max(0, now - at - longestLife) / life), 0);
  if (score < LEAST_SCORE) return null;
  const pace = (last.at - first.at) / (generations.length - 1);
  const pause = now - last.at;
  if (pause > (isStanding ? Math.max(STANDS / scale, LONGEST_PAUSE * pace) : LONGEST_PAUSE * pace)) return null;
  const since = first.from;
  const stayed = generations.reduce((sum, { alive }) => sum + alive, 0);
  if (habit.fills > 0 && !isStanding && (now - first.at < (stayed < SEVERAL ? LEAST_FILLS : 1) * habit.fills / scale || !isEven(generations.slice(1), first.at, now))) return null;
  // Some are awake now and then, and some are not: they are used. What leaks is never awake, or always, by a ticker.
  if (habit.fills > 0 && Math.min(stirred, still) > MOST_USED * (stirred + still)) return null;
  return { since, lastAt: now, stayed, generations: generations.length, left, longestLife, perHour: (stayed / Math.max(1, now - since)) * 3_600_000, score };
}

/** The generations without so many of their oldest. */
function without(generations: readonly Generation[], spared: number): readonly Generation[] {
  let rest = spared;
  const left: Generation[] = [];
  for (const generation of generations) {
    const gone = Math.min(rest, generation.alive);
    rest -= gone;
    if (generation.alive > gone) left.push(gone === 0 ? generation : { ...generation, alive: generation.alive - gone });
  }
  return left;
}

/**
 * Whether they come as evenly as what never ends. They do not become rarer, which Laplace's test for a trend asks of
 * the mean time. No part of the time is without any, and no generation has half of them, as where a pool is resized.
 */
function isEven(generations: readonly Generation[], since: number, now: number): boolean {
  const sum = generations.reduce((total, { alive }) => total + alive, 0);
  const parts = Array.from({ length: sum < SEVERAL ? 3 : 4 }, () => 0);
  const part = (now - since) / parts.length;
  let [place, largest] = [0, 0];
  for (const { from, at, alive } of generations) {
    const middle = (from + at) / 2 - since;
    place += alive * middle;
    largest = Math.max(largest, alive);
    const last = parts.length - 1;
    // Between two looks may lie more than a part.
    const [begin, end] = at - from > part ? [from - since, at - since] : [middle, middle];
    for (let i = Math.floor(begin / part); i <= Math.min(last, Math.floor(end / part)); i++) parts[i] += alive;
  }
  return place / sum / (now - since) >= 0.5 - (sum >= MANY ? EARLIER : 0) && parts.every((born) => born > 0) && 2 * parts[parts.length - 1] >= parts[0] && 2 * largest <= sum;
}
