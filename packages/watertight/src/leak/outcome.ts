/** Owns the outcome of a leak check, which `cleanup` receives. */
import type { Leak } from './leak.js';
import type { LeakError } from './report.js';

/** What `cleanup` receives. */
export interface LeakOutcome {
  /** The leaks that counted; empty if there were none. */
  readonly leaks: readonly Leak[];
  /** The error with which the check will fail; null if it passes. */
  readonly error: LeakError | null;
}
