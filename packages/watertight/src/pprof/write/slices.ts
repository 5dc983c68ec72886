/**
 * Owns the division of long work into slices, so that the event loop turns every few milliseconds while a
 * profile of 100,000 tasks is written.
 */
import { setImmediate as turn } from 'node:timers/promises';

/** The length of a slice, ms, without a garbage collection in it. */
const SLICE_MS = 5;

/** The clock is read once in so many steps (a power of two). */
const STEPS = 16;

export class Slices {
  #steps = 0;
  #began = performance.now();

  /** @param signal  aborted when nobody waits for the work any more */
  constructor(private readonly signal: AbortSignal | null = null) {}

  /** Call this after each step of the work, of some ten microseconds: true if the slice is used up, and `next` is to be awaited. */
  get over(): boolean {
    return (++this.#steps & (STEPS - 1)) === 0 && performance.now() - this.#began > SLICE_MS;
  }

  /**
   * Lets the event loop turn.
   *
   * @throws the signal's reason if it was aborted.
   */
  async next(): Promise<void> {
    this.signal?.throwIfAborted();
    await turn();
    this.signal?.throwIfAborted();
    this.#began = performance.now();
  }
}

/**
 * Sorts in slices, stable like `Array.prototype.sort`: it sorts short runs, then merges them in pairs.
 */
export async function sortInSlices<T>(items: readonly T[], compare: (a: T, b: T) => number, slices: Slices): Promise<T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += RUN) {
    runs.push(items.slice(start, start + RUN).sort(compare));
    await slices.next();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(i + 1 < runs.length ? await merge(runs[i], runs[i + 1], compare, slices) : runs[i]);
    }
    runs = merged;
  }
  return runs.at(0) ?? [];
}

const RUN = 2048;

async function merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number, slices: Slices): Promise<T[]> {
  const merged: T[] = [];
  let i = 0;
  let k = 0;
  while (i < a.length && k < b.length) {
    merged.push(compare(a[i], b[k]) <= 0 ? a[i++] : b[k++]);
    if (slices.over) await slices.next();
  }
  while (i < a.length) merged.push(a[i++]);
  while (k < b.length) merged.push(b[k++]);
  return merged;
}
