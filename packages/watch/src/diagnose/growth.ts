/** Owns a profile, alone or beside an earlier one, as groups of equal stacks that say what they are: what `top`, `diff` and the watcher show. */
import { diffProfiles, type Frame, type Profile } from 'watertight/pprof';
import { diagnose, type Diagnosis } from './diagnosis.js';
import { doing, goRootOf, programFrame, type Stack } from './stack.js';

/** Equal stacks, and what they mean. */
export interface StackSummary {
  /** Tells stacks apart across profiles of the same form. */
  readonly key: string;
  readonly count: number;
  /** How many more than before; equal to `count` where there is no earlier profile. */
  readonly growth: number;
  /** The function that they wait in. */
  readonly top: string;
  /** The line of the program they go through; null where the stack shows none. */
  readonly site: Frame | null;
  readonly state: string | null;
  /** The longest wait, in ms; 0 where it is not known. */
  readonly waitMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly frames: readonly Frame[];
  /** The kind they belong to; null if it is not known. */
  readonly diagnosis: Diagnosis | null;
}

export interface Summary {
  readonly total: number;
  /** 0 where there is no earlier profile. */
  readonly before: number;
  /** What grew most first, then what is most. */
  readonly groups: readonly StackSummary[];
  readonly diagnoses: readonly Diagnosis[];
}

interface WaitingStack extends Stack {
  readonly key: string;
  readonly waitMs: number;
}

/**
 * What is in the profile, and what has become of it since `before`.
 *
 * @throws ProfileError if the two count different things.
 */
export function summarizeProfile(profile: Profile, before: Profile | null = null): Summary {
  const stacks = before === null || (before.form === profile.form && before.kind === profile.kind) ? sameForm(profile, before) : acrossForms(profile, before);
  const diagnoses = diagnose(stacks);
  const kinds = new Map(diagnoses.flatMap((diagnosis) => diagnosis.stacks.map((stack) => [stack, diagnosis] as const)));
  const goRoot = goRootOf(stacks);
  const groups = stacks.map((stack): StackSummary => {
    const { key, count, growth, state, waitMs, labels, frames } = stack;
    return { key, count, growth, top: doing(stack), site: programFrame(stack, goRoot), state, waitMs, labels, frames, diagnosis: kinds.get(stack) ?? null };
  });
  groups.sort((a, b) => b.growth - a.growth || b.count - a.count || (a.key < b.key ? -1 : 1));
  return { total: profile.totals[profile.mainType], before: before?.totals[before.mainType] ?? 0, groups, diagnoses };
}

/** The same program's stacks can be compared as they are, with the frames that say what they wait for. */
function sameForm(profile: Profile, before: Profile | null): WaitingStack[] {
  const earlier = countsByKey(before);
  const stacks = new Map<string, WaitingStack>();
  for (const { frames, state, createdBy, labels, waitMs, values } of profile.samples) {
    const key = keyOf(frames, state);
    const count = values[profile.mainType];
    const known = stacks.get(key);
    if (known === undefined) stacks.set(key, { key, frames, state, createdBy, labels, waitMs, count, growth: count - (earlier.get(key) ?? 0) });
    else stacks.set(key, { ...known, count: known.count + count, growth: known.growth + count, waitMs: Math.max(known.waitMs, waitMs) });
  }
  // What is gone altogether has shrunk.
  for (const { frames, state, createdBy, labels } of before?.samples ?? []) {
    const key = keyOf(frames, state);
    if (!stacks.has(key)) stacks.set(key, { key, frames, state, createdBy, labels, waitMs: 0, count: 0, growth: -(earlier.get(key) ?? 0) });
  }
  return [...stacks.values()];
}

function countsByKey(profile: Profile | null): Map<string, number> {
  const counts = new Map<string, number>();
  if (profile === null) return counts;
  for (const { frames, state, values } of profile.samples) {
    const key = keyOf(frames, state);
    counts.set(key, (counts.get(key) ?? 0) + values[profile.mainType]);
  }
  return counts;
}

function acrossForms(profile: Profile, before: Profile): WaitingStack[] {
  return diffProfiles(before, profile).rows.map(({ frames, state, createdBy, labels, waitMs, after, delta }) => ({ key: keyOf(frames, state), frames, state, createdBy, labels, waitMs, count: after, growth: delta }));
}

function keyOf(frames: readonly Frame[], state: string | null): string {
  return `${state ?? ''}\n${frames.map(({ function: name, file, line, address }) => (name === '' ? address : `${name} ${file}:${line}`)).join('\n')}`;
}
