/** Owns how long each resolution of the history is kept, and which one answers a question. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths of time in ms. */
export interface Retention {
  /** Every scrape. */
  readonly raw: number;
  /** Spans of five minutes. */
  readonly fine: number;
  /** Spans of an hour. */
  readonly coarse: number;
  /** Profiles, thinned out as they age (see {@link profileSpacing}). */
  readonly profiles: number;
}

export const DEFAULT_RETENTION: Retention = { raw: 2 * DAY, fine: 60 * DAY, coarse: 400 * DAY, profiles: 60 * DAY };

/** The spans of the buckets, finest first. */
export const FINE = 5 * MINUTE;
export const COARSE = HOUR;

/** Which table answers a question about the time from `from` on: 0 for every scrape, else the span of its buckets. */
export function resolutionFor(from: number, now: number, retention: Retention): number {
  if (now - from <= retention.raw) return 0;
  return now - from <= retention.fine ? FINE : COARSE;
}

/** How far apart profiles of this age are kept at least: all of the last hours, then fewer and fewer. */
export function profileSpacing(age: number): number {
  if (age < 6 * HOUR) return 0;
  if (age < 2 * DAY) return HOUR;
  return age < 14 * DAY ? 6 * HOUR : DAY;
}

/** Share of the usual distance at which the first and last profiles of processes are kept: a service that restarts all the time has no others. */
const ENDS_APART = 1 / 6;

/**
 * The ids of the profiles (given in ascending order of time) that may be removed: too old, or too near to the one
 * kept before. The first and last of each process stay while they are young enough, unless there are very many.
 */
export function superfluous(profiles: readonly { readonly id: number; readonly at: number; readonly start: number }[], now: number, retention: Retention): number[] {
  const gone: number[] = [];
  let kept = -Infinity;
  profiles.forEach((profile, index) => {
    const age = now - profile.at;
    const isEnd = profiles[index - 1]?.start !== profile.start || profiles[index + 1]?.start !== profile.start;
    if (age > retention.profiles) gone.push(profile.id);
    else if (profile.at - kept >= profileSpacing(age) * (isEnd ? ENDS_APART : 1)) kept = profile.at;
    else gone.push(profile.id);
  });
  return gone;
}
