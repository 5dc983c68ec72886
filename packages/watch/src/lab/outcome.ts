/** Owns the outcome of a scenario, and whether it equals what Go counted. Pure. */
import type { Held } from './held.js';
import type { Scenario } from './scenario.js';

/** What one run of a scenario gave. */
export interface Outcome {
  readonly counts: readonly number[];
  readonly errors: number;
  /** For each count, who held what. */
  readonly held: readonly (readonly Held[])[];
}

/** An outcome, or why there is none. */
export type Answer = { readonly outcome: Outcome } | { readonly failure: string };

export type Run = { readonly scenario: Scenario } & Answer;

/** Whether every count, and the number of errors, is Go's. */
export function isAsGo(run: Run): boolean {
  if ('failure' in run) return false;
  const { scenario, outcome } = run;
  return (
    outcome.errors === scenario.errors &&
    outcome.counts.length === scenario.counts.length &&
    outcome.counts.every((count, index) => count === scenario.counts[index])
  );
}
