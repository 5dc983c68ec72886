/** Owns the form of a rule: which stacks it knows, what they mean, and what to do about them. */
import type { Stack } from './stack.js';

/** A known cause. One small unit: which stacks are its, a sentence, what to do. */
export interface Rule {
  /** Its name, and its anchor in docs/diagnoses.md. */
  readonly id: string;
  /** Whether growth here is a leak. Of idle connections it is not. */
  readonly leak: boolean;
  /** Whether a stack is one of this kind. Rules are asked in order; a stack belongs to the first that says so. */
  matches(stack: Stack): boolean;
  /**
   * How many things there are where that is not how many tasks there are: a
   * connection has two loops. `stacks` are the rule's own, `all` everybody's.
   * Left out, each task is one.
   */
  things?(stacks: readonly Stack[], of: (stack: Stack) => number, all: readonly Stack[]): number;
  /** What has happened, as one sentence about `count` of them. */
  sentence(count: number): string;
  /** What to do about it. */
  readonly advice: string;
}

/** How many tasks stand there, or how many more than before. */
export function sum(stacks: readonly Stack[], of: (stack: Stack) => number): number {
  return stacks.reduce((total, stack) => total + of(stack), 0);
}

/** `1 goroutine`, `3 goroutines`. */
export function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
