/** Owns the form of a rule: which stacks it knows, what they mean, and what to do about them. */
import type { Stack } from './stack.js';

/** What is known of the whole profile when a stack is looked at. */
export interface Scene {
  /** How long the goroutine that waits longest has waited, ms; 0 where the profile does not say. */
  readonly longestMs: number;
  /** Whether growth is growth since an earlier profile; if not, it is the count. */
  readonly isCompared: boolean;
}

/** What a sentence may rest on. */
export interface Facts extends Scene {
  /** The rule's own stacks, and everybody's. */
  readonly stacks: readonly Stack[];
  readonly all: readonly Stack[];
  /** Of the rule's own stacks: how long the longest has waited, ms; 0 where the profile does not say. */
  readonly waitMs: number;
}

/** A known cause. One small unit: which stacks are its, a sentence, what to do. */
export interface Rule {
  /** Its name, and its anchor in docs/diagnoses.md. */
  readonly id: string;
  /** Whether growth here is a leak. Of connections from clients it is not. */
  readonly leak: boolean | ((count: number, facts: Facts) => boolean);
  /**
   * Whether a stack is one of this kind. Rules are asked in order; a stack belongs to the first that says so. The answer
   * is remembered: it rests on the frames, the state, the labels and the proof alone.
   */
  matches(stack: Stack): boolean;
  /** What else has to be so, of how long tasks have waited and of the whole profile. */
  when?(stack: Stack, scene: Scene): boolean;
  /**
   * How many things there are where that is not how many tasks there are: a
   * connection has two loops. `stacks` are the rule's own, `all` everybody's.
   * Left out, each task is one.
   */
  things?(stacks: readonly Stack[], of: (stack: Stack) => number, all: readonly Stack[]): number;
  /** What has happened, as one sentence about `count` of them. It asserts only what the profile shows. */
  sentence(count: number, facts: Facts): string;
  /** What to do about it. */
  readonly advice: string;
  /** Whether a library's line is worth naming where the stacks show none of the program. Of a library's own goroutines it is not. */
  readonly namesLibraries?: boolean;
  /** How many tasks each of the things has, other rules' among them (the write loop of a connection). Left out, the rule's tasks are all that it explains. */
  readonly tasksEach?: number;
}

/** How many tasks stand there, or how many more than before. */
export function sum(stacks: readonly Stack[], of: (stack: Stack) => number): number {
  return stacks.reduce((total, stack) => total + of(stack), 0);
}

/** `1 goroutine`, `3 goroutines`. */
export function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `, for 36 minutes`, `, the longest for 36 minutes`; '' where the profile does not say. */
export function waited(count: number, { waitMs }: Facts): string {
  const minutes = Math.round(waitMs / 60_000);
  return minutes < 1 ? '' : `, ${count === 1 ? '' : 'the longest '}for ${amount(minutes, 'minute')}`;
}

/**
 * How many things there are of which each has one goroutine in each of several roles: as many as the role has
 * that has most. A role is the function that a goroutine began with.
 */
export function byRole(stacks: readonly Stack[], of: (stack: Stack) => number): number {
  const roles = new Map<string, number>();
  for (const stack of stacks) {
    const role = stack.frames.at(-1)?.function ?? '';
    roles.set(role, (roles.get(role) ?? 0) + of(stack));
  }
  return Math.max(0, ...roles.values());
}
