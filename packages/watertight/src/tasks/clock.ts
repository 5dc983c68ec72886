/**
 * Owns the one clock of the library: monotonic milliseconds, so that a step of
 * the wall clock neither fires nor delays a timeout (Go keeps a monotonic
 * reading in time.Time for the same reason).
 */

// Not the global of that name: fake timers replace it, and a test's document has another with another origin.
import { performance } from 'node:perf_hooks';

/** Monotonic whole milliseconds since the process started: small integers are stored without an allocation. */
export function now(): number {
  return Math.floor(performance.now());
}

/** The same, with its fraction: for what lasts less than a millisecond, and is added up. */
export function preciseNow(): number {
  return performance.now();
}

/** Turns a reading of {@link now} into milliseconds since 1970, for people. */
export function toEpoch(monotonic: number): number {
  return performance.timeOrigin + monotonic;
}
