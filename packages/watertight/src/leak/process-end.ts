/** Owns what a file of tests does about the end of its process: who knows the sockets is injected, as the rooms don't know each other. */
import type { Holder } from '../tasks/index.js';
import { candidates, type IdentitySet } from './candidate.js';

type Unref = (holders: ReadonlySet<Holder>) => void;

let unref: Unref | null = null;

/** Says how the connections of unfinished responses are kept from keeping the process alive. */
export function setUnref(does: Unref | null): void {
  unref = does;
}

/** Lets the process end though the responses among `reported` are not finished. */
export function unrefReported(reported: IdentitySet): void {
  if (unref === null) return;
  const holders = new Set<Holder>();
  for (const candidate of candidates(false)) if (candidate.source === 'holder' && reported.has(candidate.identity)) holders.add(candidate.holder);
  unref(holders);
}
