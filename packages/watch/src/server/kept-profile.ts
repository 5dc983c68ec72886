/** Owns reading a profile back from the history: the one nearest to a time. */
import type { CountedStack } from '../diagnose/index.js';
import type { History } from '../store/index.js';

type KeptStack = Omit<CountedStack, 'key' | 'count' | 'waitMs'>;

export interface KeptProfile {
  /** When it was taken, ms since 1970. */
  readonly at: number;
  readonly stacks: readonly CountedStack[];
}

/** The target's profile nearest to a time; null where there is none. */
export function nearestProfile(history: History, target: number, at: number): KeptProfile | null {
  const nearest = history.profileNearest(target, at);
  if (nearest === null) return null;
  return { at: nearest.at, stacks: history.stacks<KeptStack>(nearest.id).map(({ key, count, frames }) => ({ ...frames, key, count, waitMs: 0 })) };
}
