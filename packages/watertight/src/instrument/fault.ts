/**
 * Owns what happens when the observation itself fails: the program must not
 * notice. The first failure is told in a warning, the others are counted.
 */

const MAX_COUNT = Number.MAX_SAFE_INTEGER;

let count = 0;

/** How often the observation failed in this process. */
export function faultCount(): number {
  return count;
}

/** Takes an error that our own code threw inside somebody else's call. Never throws. */
export function fault(error: unknown): void {
  if (count < MAX_COUNT) count++;
  if (count > 1) return;
  try {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`The observation of other HTTP clients failed, and goes on without this request. Please report it:\n${text}`, {
      type: 'WatertightWarning',
      code: 'WATERTIGHT_OBSERVATION',
    });
  } catch {
    // Nothing is left to tell it with.
  }
}
