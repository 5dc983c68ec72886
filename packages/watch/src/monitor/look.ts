/**
 * Owns one look at a target: which profiles it takes, and what it cost.
 *
 * A Go program is stopped while it writes each goroutine by itself (debug=2), so that only small ones are asked for
 * it. A Node service is asked for equal stacks first, and for its tasks one by one only while something grows.
 */
import type { Goroutine, Profile } from 'watertight/pprof';
import type { Scrape, TargetSource } from '../scrape/index.js';
import type { SeenGroup } from './cohorts.js';

export interface Taken {
  readonly profile: Profile;
  /** The groups with each of their tasks; null where no profile named them. */
  readonly groups: readonly SeenGroup[] | null;
  /** The groups with their counts; null where the only profile named each task. */
  readonly counts: readonly SeenGroup[] | null;
  /** Whether the process is one whose tasks can be named. */
  readonly isSmall: boolean;
  /** How long the target took to answer, ms. */
  readonly cost: number;
}

/** Tasks up to which they are asked for one by one: 0.1 s for a thousand connections' in Go (docs/watch.md). */
const SMALL = 2000;

/** Takes the profiles of a look; null where the source has none. `grows`: somebody may have come and stayed. @throws ScrapeError */
export async function takeLook(source: TargetSource, { platform, value }: Scrape, grows: boolean): Promise<Taken | null> {
  if (source.profile === undefined) return null;
  const began = performance.now();
  const isSmall = value <= SMALL;
  const goroutines: Goroutine[] = [];
  const take = (goroutine: Goroutine): void => void goroutines.push(goroutine);
  const profile = platform === 'go' && isSmall ? await source.profile(2, take) : await source.profile(0);
  if (platform === 'node' && isSmall && grows) await source.profile(2, take);
  const cost = performance.now() - began;
  const groups = goroutines.length > 0 ? named(goroutines) : null;
  return { profile, groups, counts: platform === 'node' || groups === null ? counted(profile) : null, isSmall, cost };
}

function named(goroutines: readonly Goroutine[]): SeenGroup[] {
  const groups = new Map<Goroutine['frames'], Map<string, Goroutine[]>>();
  for (const goroutine of goroutines) {
    let states = groups.get(goroutine.frames);
    if (states === undefined) groups.set(goroutine.frames, (states = new Map<string, Goroutine[]>()));
    const members = states.get(goroutine.state);
    if (members === undefined) states.set(goroutine.state, [goroutine]);
    else members.push(goroutine);
  }
  return [...groups].flatMap(([frames, states]) => [...states].map(([state, members]) => ({ frames, state, labels: {}, count: members.length, members: members.map(({ id, waitMs }) => ({ id, waitMs })) })));
}

function counted({ samples, mainType }: Profile): SeenGroup[] {
  return samples.map(({ frames, state, labels, values }) => ({ frames, state, labels, count: values[mainType], members: null }));
}
