/** Owns the release of the process at the end of a test file. The function that does it is injected, because folders beside `leak` cannot be imported. */
import type { Holder } from '../tasks/index.js';
import { candidates, type IdentitySet } from './candidate.js';

type Unref = (holders: ReadonlySet<Holder>) => void;

let unref: Unref | null = null;

/** Sets the function that makes the connections of unfinished responses stop keeping the process alive. */
export function setUnref(does: Unref | null): void {
  unref = does;
}

/** Lets the process end although the responses in `reported` are not finished. */
export function unrefReported(reported: IdentitySet): void {
  if (unref === null) return;
  const holders = new Set<Holder>();
  for (const candidate of candidates(false)) if (candidate.source === 'holder' && reported.has(candidate.identity)) holders.add(candidate.holder);
  unref(holders);
}
