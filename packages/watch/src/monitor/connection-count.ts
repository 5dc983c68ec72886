/** Owns the connections that a profile of a Node service shows, by host and by state. Pure. */
import type { Profile } from 'watertight/pprof';

export interface ConnectionCount {
  readonly host: string;
  /** `idle`, `active`, `suspect` or `proven`; `unknown` where the profile does not say. */
  readonly state: string;
  readonly count: number;
}

/** What stands for a connection on a stack: its read loop, or a response of another client. */
const CONNECTION = /readLoop|\.body$/;

/** The most first. Counted by the labels of each sample, since one line of the program may ask several hosts. */
export function connectionsIn({ samples, mainType }: Pick<Profile, 'samples' | 'mainType'>): ConnectionCount[] {
  const counts = new Map<string, ConnectionCount>();
  for (const { frames, labels, values } of samples) {
    const { host, verdict: state = 'unknown' } = labels;
    if (host === undefined || !CONNECTION.test(frames[0]?.function ?? '')) continue;
    const key = `${host}\n${state}`;
    counts.set(key, { host, state, count: (counts.get(key)?.count ?? 0) + values[mainType] });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
