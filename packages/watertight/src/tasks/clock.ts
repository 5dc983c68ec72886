/**
 * Owns the only clock of the library, in monotonic milliseconds: a change of the system time must neither
 * fire nor delay a timeout (Go's time.Time keeps a monotonic reading for the same reason).
 */

// Not the global `performance`: fake timers replace it, and in a simulated browser document it counts from another
// origin.
import { performance } from 'node:perf_hooks';

/** Monotonic milliseconds since the process started, as a whole number, because V8 stores small integers without an allocation. */
export function now(): number {
  return Math.floor(performance.now());
}

/** Like {@link now}, but with the fraction: for durations below a millisecond that are added up. */
export function preciseNow(): number {
  return performance.now();
}

/** Converts a reading of {@link now} to milliseconds since 1970, for display. */
export function toEpoch(monotonic: number): number {
  return performance.timeOrigin + monotonic;
}
