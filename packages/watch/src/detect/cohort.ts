/**
 * Owns the cohorts of one group of tasks: who was there at each look, who came, who left, who stayed.
 *
 * A look is one profile. The tasks that are seen for the first time at the same look are one *generation*. Where
 * tasks have no names, as in profiles that only count stacks, a generation is a rise, and a fall says that somebody
 * left without saying who: then everything begins anew. Pure; times in ms.
 */

/** One task of the group as a look has it. */
export interface Member {
  /** Unique in its process. */
  readonly id: number;
  /** For how long it has waited where it is; a minute or two too short in Go, which begins to count at a garbage collection. */
  readonly waitMs: number;
}

/** What one look says of the group. */
export interface RollCall {
  readonly at: number;
  readonly count: number;
  /** Null where tasks have no names. */
  readonly members: readonly Member[] | null;
}

/** Those that were first seen at the same look. */
export interface Generation {
  /** The look before, and the look at which they were there. */
  readonly from: number;
  readonly at: number;
  readonly born: number;
  /** How many of them are still there. */
  readonly alive: number;
}

/** Everything that a cohort is, as plain data: a restarted watcher goes on from it. */
export interface CohortState {
  /** The first look, whose tasks are of unknown age; and the latest. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  /** How many left since the first look, and the longest that one of them had been there. */
  readonly left: number;
  readonly longestLife: number;
  /** Those that have anybody left, the oldest first. */
  readonly generations: readonly Generation[];
  /** `[id, first seen]` of each; null where tasks have no names. */
  readonly members: readonly (readonly [id: number, at: number])[] | null;
  /** Of those that have come and been there for long enough to say: how many have been awake since, and how many have not. */
  readonly stirred: number;
  readonly still: number;
}

/** How much shorter than its stay a wait may be said to be: Go's clock of waiting begins late, and counts whole minutes. */
const LATE = 4 * 60_000;
/** Generations that are told apart; older ones are put together. */
const MOST_GENERATIONS = 240;

export interface CohortOptions {
  /** Whoever has been awake counts as having left and come again: of what waits for one thing only. Default false. */
  readonly isLeftByStirring?: boolean;
}

/** A group that the look at that time had nobody in: whoever is there at the next has come since. */
export function emptyCohort(at: number, isNamed: boolean): CohortState {
  return firstCohort({ at, count: 0, members: isNamed ? [] : null });
}

/** The cohort after one more look; `before` is null at the first. */
export function nextCohort(before: CohortState | null, call: RollCall, { isLeftByStirring = false }: CohortOptions = {}): CohortState {
  if (before === null || (before.members === null) !== (call.members === null)) return firstCohort(call);
  if (call.members === null) return countedCohort(before, call);
  const { at } = call;
  const known = new Map(before.members);
  const members: [number, number][] = [];
  let { left, longestLife } = before;
  let [stirred, still] = [0, 0];
  let born = 0;
  const alive = new Map<number, number>();
  const leaves = (since: number): void => {
    left++;
    longestLife = Math.max(longestLife, at - since);
  };
  for (const { id, waitMs } of call.members) {
    let since = known.get(id);
    known.delete(id);
    const stay = since === undefined ? 0 : at - since;
    if (since !== undefined && stay > LATE) {
      const isStill = waitMs >= stay - LATE;
      if (since !== before.firstAt) {
        if (isStill) still++;
        else stirred++;
      }
      if (!isStill && isLeftByStirring) {
        leaves(since);
        since = undefined;
      }
    }
    if (since === undefined) born++;
    members.push([id, since ?? at]);
    alive.set(since ?? at, (alive.get(since ?? at) ?? 0) + 1);
  }
  for (const since of known.values()) leaves(since);
  const generations = before.generations.map((generation) => ({ ...generation, alive: alive.get(generation.at) ?? 0 })).filter((generation) => generation.alive > 0);
  if (born > 0) generations.push({ from: before.lastAt, at, born, alive: alive.get(at) ?? born });
  return { firstAt: before.firstAt, lastAt: at, count: call.count, left, longestLife, ...bounded(generations, members), stirred, still };
}

function firstCohort({ at, count, members }: RollCall): CohortState {
  return { firstAt: at, lastAt: at, count, left: 0, longestLife: 0, generations: [], members: members?.map(({ id }) => [id, at] as const) ?? null, stirred: 0, still: 0 };
}

function countedCohort(before: CohortState, call: RollCall): CohortState {
  const { at, count } = call;
  if (count < before.count) return firstCohort(call);
  const born = count - before.count;
  const generations = born === 0 ? before.generations : [...before.generations, { from: before.lastAt, at, born, alive: born }];
  return { ...before, lastAt: at, count, ...bounded(generations, null) };
}

/** Puts the two oldest generations together where there are too many. */
function bounded(generations: readonly Generation[], members: readonly (readonly [number, number])[] | null): Pick<CohortState, 'generations' | 'members'> {
  if (generations.length <= MOST_GENERATIONS) return { generations, members };
  const [oldest, next, ...rest] = generations;
  const joined = { from: oldest.from, at: next.at, born: oldest.born + next.born, alive: oldest.alive + next.alive };
  return { generations: [joined, ...rest], members: members?.map(([id, at]) => [id, at === oldest.at ? next.at : at] as const) ?? null };
}
