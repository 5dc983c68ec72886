/**
 * Owns the handling of errors in the observation itself, which must not affect the program: the first error
 * is reported in a warning, the others are counted.
 */

import { stackOf } from '../tasks/index.js';

const MAX_COUNT = Number.MAX_SAFE_INTEGER;

let count = 0;

/** The number of errors in the observation, in this process. */
export function faultCount(): number {
  return count;
}

/** Takes an error that this library's own code threw inside another client's call. Never throws. */
export function fault(error: unknown): void {
  if (count < MAX_COUNT) count++;
  if (count > 1) return;
  try {
    const text = stackOf(error);
    process.emitWarning(`The observation of other HTTP clients failed, and goes on without this request. Please report it:\n${text}`, {
      type: 'WatertightWarning',
      code: 'WATERTIGHT_OBSERVATION',
    });
  } catch {
    // There is no other way to report the error.
  }
}
