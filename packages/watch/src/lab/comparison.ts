/**
 * Owns the comparison of what Go counted with what was counted here.
 *
 * The table and the JSON output are both made from it. Pure.
 */
import type { Held } from './held.js';
import { isAsGo, type Run } from './outcome.js';

export interface Comparison {
  readonly id: string;
  readonly why: string;
  readonly same: boolean;
  readonly go: { readonly counts: readonly number[]; readonly errors: number };
  /** Null if the scenario gave nothing; then `failure` says why. */
  readonly here: { readonly counts: readonly number[]; readonly errors: number } | null;
  /** Who held what at each count. */
  readonly held: readonly (readonly Held[])[];
  readonly failure: string | null;
}

export function compare(run: Run): Comparison {
  const { id, why, counts, errors } = run.scenario;
  const go = { counts, errors };
  if ('failure' in run) return { id, why, same: false, go, here: null, held: [], failure: run.failure };
  const { outcome } = run;
  return { id, why, same: isAsGo(run), go, here: { counts: outcome.counts, errors: outcome.errors }, held: outcome.held, failure: null };
}
