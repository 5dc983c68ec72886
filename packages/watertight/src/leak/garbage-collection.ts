/** Owns the way to a garbage collection on demand, for a check that counts only what was proven. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null = null;

/**
 * Collects all garbage and lets the callbacks of what was collected run.
 * Where Node runs without --expose-gc, the engine's function is fetched from a
 * context of its own, and the program's globals stay as they are.
 */
export async function collectGarbage(): Promise<void> {
  collect ??= exposed();
  // What was looked at in this turn is kept until its end; what was collected is told in a later one.
  await turn();
  collect();
  await turn();
  await turn();
}

function exposed(): () => void {
  const { gc } = globalThis;
  if (gc !== undefined) {
    return () => {
      gc();
    };
  }
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as () => void;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
