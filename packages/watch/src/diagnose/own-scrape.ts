/**
 * Owns what the taking of a profile adds to it: the goroutine that writes it, and the connection over which it was
 * asked for. They are counted, but never as growth: who looks is not what is looked for. Pure.
 */
import { profiling } from './runtime-rules.js';
import { readsAhead, servesProfile } from './server-rules.js';
import type { Stack } from './stack.js';

/** A stack with its number now and before. */
export interface Compared extends Stack {
  readonly before: number;
}

/** The growth of each stack, without what the two profiles added to themselves. In the order of `stacks`. */
export function growthOf(stacks: readonly Compared[]): number[] {
  // HTTP/1.1 has a goroutine that reads ahead beside each handler.
  let now = 0;
  let before = 0;
  for (const stack of stacks) {
    if (!servesProfile(stack)) continue;
    now += stack.count;
    before += stack.before;
  }
  return stacks.map((stack) => {
    if (profiling.matches(stack)) return 0;
    const growth = stack.count - stack.before;
    if (!readsAhead(stack)) return growth;
    const own = Math.min(now, stack.count);
    const ownBefore = Math.min(before, stack.before);
    now -= own;
    before -= ownBefore;
    return growth - own + ownBefore;
  });
}
