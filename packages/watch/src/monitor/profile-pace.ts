/** Owns when a profile of a target is due: at long intervals, and soon when something looks like a leak. Pure. */
import { timesFaster } from './detector-clock.js';

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
  /** The verdict is that it leaks. */
  readonly suspected: boolean;
  /** Somebody has come and stayed in a group that can leak. Default false. */
  readonly growing?: boolean;
  /** The lowest count of the last minute; the count itself where that is not known. */
  readonly lowest?: number;
  /** For how long the target was stopped at the most by the last profile, ms. Default 0. */
  readonly cost?: number;
}

/** Scrapes between profiles when something is suspected. */
const SOON = 3;
/** The same when somebody may have come and stayed. */
const NOW_AND_THEN = 6;
/** The largest part of a target's time that looks may take: a profile that took 0.1 s is followed by another after ten seconds or more. */
const LARGEST_PART = 0.01;
/** A rise since the last profile is suspicious if it is at least this share of the count, and at least this much. */
const RISE_SHARE = 0.1;
const RISE_LEAST = 10;

export function wantsProfile({ interval, profileInterval }: PaceSettings, { at, value, start, profile, suspected, growing = false, lowest = value, cost = 0 }: PaceState): boolean {
  if (profile?.start !== start) return true;
  const age = at - profile.at;
  // Whoever asks for a profile at every scrape gets it; in a demonstration, time is faster.
  if (profileInterval > interval && age < cost / LARGEST_PART / timesFaster(interval)) return false;
  if (age >= profileInterval) return true;
  const rose = value - profile.value >= Math.max(RISE_LEAST, RISE_SHARE * profile.value);
  if ((suspected || rose) && age >= SOON * interval) return true;
  return (growing || lowest > profile.value) && age >= NOW_AND_THEN * interval;
}
