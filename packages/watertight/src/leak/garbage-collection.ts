/** Owns garbage collection on demand, for a check that counts only proven leaks. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { turn } from '../tasks/index.js';

let collect: (() => void) | null = null;

/**
 * Collects all garbage and lets the finalization callbacks run. If Node runs without --expose-gc, the
 * engine's function is taken from a new context, so the program's globals do not change.
 */
export async function collectGarbage(): Promise<void> {
  collect ??= exposed();
  // An object read through a WeakRef in this turn is kept until the turn ends; finalization callbacks run in a later
  // turn.
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
