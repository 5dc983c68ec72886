/** Owns what a leak check came to, as `cleanup` is told. */
import type { Leak } from './leak.js';
import type { LeakError } from './report.js';

export interface LeakOutcome {
  /** What counted; empty if nothing did. */
  readonly leaks: readonly Leak[];
  /** What the check is about to fail with; null if it passes. */
  readonly error: LeakError | null;
}
