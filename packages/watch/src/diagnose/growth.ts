/**
 * Owns the summary of a profile, alone or compared with an earlier one: groups of equal stacks, each with its
 * diagnosis.
 *
 * `top`, `diff` and the watcher show it.
 */
import { createHash } from 'node:crypto';
import { diffProfiles, type Frame, type Profile } from 'watertight/pprof';
import { diagnose, siteOf, type Diagnosis } from './diagnosis.js';
import { growthOf, type Compared } from './own-scrape.js';
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
  /** Those that grew most first, then the largest. */
  readonly groups: readonly StackSummary[];
  readonly diagnoses: readonly Diagnosis[];
}

/** A stack as it is kept: with its own number only. */
export interface CountedStack {
  readonly key: string;
  readonly frames: readonly Frame[];
  readonly state: string | null;
  readonly createdBy: Frame | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly waitMs: number;
  readonly count: number;
  /** As in `Stack`. */
  readonly isProven?: boolean;
}

type ComparedStack = CountedStack & Compared;

/**
 * Summarizes a profile, and how it has changed since `before`.
 *
 * @throws ProfileError if the two count different things.
 */
export function summarizeProfile(profile: Profile, before: Profile | null = null): Summary {
  if (before !== null && (before.form !== profile.form || before.kind !== profile.kind)) {
    const { rows, after: total, before: earlier } = diffProfiles(before, profile);
    return summaryOf(rows.map(({ frames, state, createdBy, labels, waitMs, before: former, after }) => ({ key: keyOf(frames, state), frames, state, createdBy, labels, waitMs, count: after, before: former, growth: 0 })), total, earlier);
  }
  return summarizeStacks(stacksOf(profile), before === null ? null : stacksOf(before));
}

/** The same of stacks that were kept, of two moments of one program. */
export function summarizeStacks(stacks: readonly CountedStack[], before: readonly CountedStack[] | null): Summary {
  const earlier = new Map((before ?? []).map((stack) => [stack.key, stack]));
  const compared = stacks.map((stack): ComparedStack => ({ ...stack, before: earlier.get(stack.key)?.count ?? 0, growth: 0 }));
  const present = new Set(stacks.map(({ key }) => key));
  // A stack that is gone has shrunk to 0.
  for (const stack of earlier.values()) if (!present.has(stack.key)) compared.push({ ...stack, count: 0, waitMs: 0, before: stack.count, growth: 0 });
  return summaryOf(compared, totalOf(stacks), before === null ? null : totalOf(before));
}

/** A profile's stacks, equal ones in the same state put together; of those without a line, the ones to the same host. */
export function stacksOf(profile: Profile): CountedStack[] {
  const stacks = new Map<string, CountedStack>();
  for (const { frames, state, createdBy, labels, waitMs, values, annotations } of profile.samples) {
    const isProven = profile.kind === 'goroutineleak' || annotations.includes('leaked');
    const key = keyOf(frames, state) + kindOf(frames, labels) + (isProven ? '\nleaked' : '');
    const count = values[profile.mainType];
    const known = stacks.get(key);
    if (known !== undefined) stacks.set(key, { ...known, count: known.count + count, waitMs: Math.max(known.waitMs, waitMs) });
    else stacks.set(key, { key, frames, state, createdBy, labels, waitMs, count, ...(isProven ? { isProven } : {}) });
  }
  return [...stacks.values()];
}

/** `before`: the earlier total; null where there is no earlier profile. */
function summaryOf(counted: readonly ComparedStack[], total: number, before: number | null): Summary {
  const growths = before === null ? null : growthOf(counted);
  const stacks = counted.map((stack, index): ComparedStack => ({ ...stack, growth: growths === null ? stack.count : growths[index] }));
  const diagnoses = diagnose(stacks, before !== null);
  const kinds = new Map(diagnoses.flatMap((diagnosis) => diagnosis.stacks.map((stack) => [stack, diagnosis] as const)));
  const goRoot = goRootOf(stacks);
  const groups = stacks.map((stack): StackSummary => {
    const { key, count, growth, state, waitMs, labels, frames } = stack;
    return { key, count, growth, top: doing(stack), site: programFrame(stack, goRoot) ?? sampledLine(stack, kinds.get(stack), goRoot), state, waitMs, labels, frames, diagnosis: kinds.get(stack) ?? null };
  });
  groups.sort((a, b) => b.growth - a.growth || b.count - a.count || (a.key < b.key ? -1 : 1));
  return { total, before: before ?? 0, groups, diagnoses };
}

/** Frames that run on behalf of a request in a Node service. A stack has no others where the line was not recorded. */
const LOOP = /^(?:watertight|undici|fetch|node:http)\.\(/;

const isLoop = (frames: readonly Frame[]): boolean => frames.every(({ function: name }) => LOOP.test(name));

/** What tells stacks apart that have the same frames: an idle connection and one whose holder's line was not recorded, and different hosts. The labels say it. */
function kindOf(frames: readonly Frame[], { host = '', verdict = '' }: Readonly<Record<string, string>>): string {
  return host === '' || !isLoop(frames) ? '' : `\n${host} ${verdict === 'idle' ? 'idle' : 'held'}`;
}

/**
 * The line of a stack whose own line was not recorded. Before anything is suspected, a service records
 * the lines of the first requests and of a sample: the line of others of the same kind and host is taken.
 */
function sampledLine(stack: Stack, kind: Diagnosis | undefined, goRoot: string | null): Frame | null {
  const { host } = stack.labels;
  if (kind === undefined || host === undefined || !isLoop(stack.frames)) return null;
  return siteOf(kind.stacks.filter(({ labels }) => labels.host === host), goRoot);
}

function totalOf(stacks: readonly CountedStack[]): number {
  return stacks.reduce((sum, { count }) => sum + count, 0);
}

/** A hash, so that the key is short whatever the depth: hundreds of keys are compared, indexed and kept for every profile. */
function keyOf(frames: readonly Frame[], state: string | null): string {
  const text = `${state ?? ''}\n${frames.map(({ function: name, file, line, address }) => (name === '' ? address : `${name} ${file}:${line}`)).join('\n')}`;
  return createHash('sha1').update(text).digest('base64url');
}
