/** Owns when a profile of a target is due: at long intervals, and soon when something looks like a leak. Pure. */

export interface PaceSettings {
  /** Between scrapes, ms. */
  readonly interval: number;
  /** Between profiles while all is well, ms. */
  readonly profileInterval: number;
}

/** What is known when a scrape has come in. */
export interface PaceState {
  readonly at: number;
  readonly value: number;
  readonly start: number;
  /** The latest profile of this process; null before the first. */
  readonly profile: { readonly at: number; readonly value: number; readonly start: number } | null;
  /** The verdict is that it leaks, or the last two profiles say that unread bodies become more. */
  readonly suspected: boolean;
}

/** Scrapes between profiles when something is suspected. */
const SOON = 3;
/** A rise since the last profile is suspicious if it is at least this share of the count, and at least this much. */
const RISE_SHARE = 0.1;
const RISE_LEAST = 10;

export function wantsProfile({ interval, profileInterval }: PaceSettings, { at, value, start, profile, suspected }: PaceState): boolean {
  if (profile?.start !== start) return true;
  const age = at - profile.at;
  if (age >= profileInterval) return true;
  const rose = value - profile.value >= Math.max(RISE_LEAST, RISE_SHARE * profile.value);
  return (suspected || rose) && age >= SOON * interval;
}
