/** Owns who holds an object: the shortest chain of references to it from what a program keeps. */
import type { Snapshot } from './snapshot.js';

/** What to look for: one of `handles`, not by way of `plumbing`. */
export interface Held {
  readonly handles: readonly number[];
  readonly plumbing: readonly number[];
}

export interface Holder {
  /** From a variable or a function to the object, in words; empty: nobody of the program holds it. */
  readonly heldBy: string[];
}

/** For each of `held`, who holds it. */
export function holdersOf(_snapshot: Snapshot, held: readonly Held[]): Holder[] {
  return held.map(() => ({ heldBy: [] }));
}
