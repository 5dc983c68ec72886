// A program watched for hours in a moment: scrapes every ten seconds, looks when they are due, as the watch does it.
import { Cohorts, wantsProfile, type SeenGroup, type WaitingStack } from '#monitor';
import type { SimulatedProgram, SimulatedTask } from './cohort-programs.js';

export interface CohortTrial {
  /** When it was first said to leak, ms after the beginning; null if it never was. */
  readonly found: number | null;
  readonly reason: string;
  readonly looks: number;
}

const BEGIN = 1_800_000_000_000;
const INTERVAL = 10_000;
const PACE = { interval: INTERVAL, profileInterval: 30 * INTERVAL };
const MINUTE = 60_000;
/** Up to here a Go program is asked for its goroutines one by one. */
const NAMED = 2000;

export function cohortTrial({ tasks }: SimulatedProgram, until: number, random: () => number, phase = 0): CohortTrial {
  const coming = [...tasks].sort((a, b) => a.begins - b.begins);
  let next = 0;
  let live: SimulatedTask[] = [];
  const cohorts = new Cohorts(1);
  let profile: { at: number; value: number; start: number } | null = null;
  let [looks, isLeaking] = [0, false];
  const minute: number[] = [];
  for (let after = phase; after <= until; after += INTERVAL) {
    while (next < coming.length && coming[next].begins <= after) live.push(coming[next++]);
    live = live.filter(({ ends }) => ends > after);
    const value = live.length;
    minute.push(value);
    if (minute.length > 6) minute.shift();
    if (!wantsProfile(PACE, { at: after, value, start: 0, profile, suspected: isLeaking, growing: cohorts.isGrowing, lowest: Math.min(...minute) })) continue;
    profile = { at: after, value, start: 0 };
    looks++;
    cohorts.take(BEGIN + after, 0, groupsAt(live, after, random));
    const [worst] = cohorts.remaining();
    isLeaking = worst !== undefined;
    if (worst !== undefined) return { found: after, reason: `${worst.way}: ${worst.stayed} in ${worst.generations} generations, score ${worst.score.toFixed(1)}, ${worst.left} left, the longest after ${Math.round(worst.longestLife / MINUTE)} min`, looks };
  }
  return { found: null, reason: '', looks };
}

function groupsAt(live: readonly SimulatedTask[], after: number, random: () => number): SeenGroup[] {
  const groups = new Map<WaitingStack, { id: number; waitMs: number }[]>();
  for (const task of live) {
    const stack = task.stacks[Math.floor(random() * task.stacks.length)];
    const members = groups.get(stack);
    const member = { id: task.id, waitMs: waitOf(task, after, random) };
    if (members === undefined) groups.set(stack, [member]);
    else members.push(member);
  }
  const isNamed = live.length <= NAMED;
  return [...groups].map(([stack, members]) => ({ ...stack, state: isNamed ? stack.state : null, frames: isNamed ? stack.frames : inner(stack), count: members.length, members: isNamed ? members : null }));
}

/** In debug=0 the innermost frames say how a goroutine waits. */
function inner(stack: WaitingStack): WaitingStack['frames'] {
  const name = { select: 'runtime.selectgo', 'chan send': 'runtime.chansend1', 'chan receive': 'runtime.chanrecv1' }[stack.state ?? ''];
  return name === undefined ? stack.frames : [{ function: name, file: '', line: 0, address: '0x2' }, ...stack.frames];
}

/** Go's clock of waiting begins at a collection, every two minutes or sooner, and shows whole minutes. */
function waitOf({ begins, stirs }: SimulatedTask, after: number, random: () => number): number {
  const waited = stirs === Infinity ? after - begins - 1.5 * MINUTE : Math.min(after - begins, random() * 2 * stirs) - MINUTE;
  return Math.max(0, Math.floor(waited / MINUTE)) * MINUTE;
}
