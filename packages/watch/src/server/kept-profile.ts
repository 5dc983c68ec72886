/** Owns reading a profile back from the history: the one nearest to a time, also as a profile for other tools. */
import type { Frame, Profile } from 'watertight/pprof';
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

/** As a profile of goroutines, or tasks, for other tools. */
export function keptAsProfile({ at, stacks }: KeptProfile): Profile {
  const places = new Map<string, Frame>();
  // In a profile, the same place is the same object.
  const placeOf = (frame: Frame): Frame => {
    const key = `${frame.function}\n${frame.file}\n${frame.line}\n${frame.function === '' ? frame.address : ''}`;
    const known = places.get(key);
    if (known === undefined) places.set(key, frame);
    return known ?? frame;
  };
  const type = { type: 'goroutine', unit: 'count' };
  const samples = stacks.map(({ frames, count, labels, state, createdBy, waitMs }) => ({ values: [count], frames: frames.map(placeOf), labels, state, annotations: [], waitMs, createdBy }));
  return {
    kind: 'goroutine', form: 'debug=0', sampleTypes: [type], mainType: 0, period: { ...type, value: 1 }, time: at, duration: 0,
    samples, totals: [stacks.reduce((sum, { count }) => sum + count, 0)], truncated: false,
  };
}
