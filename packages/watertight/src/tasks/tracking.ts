/**
 * Owns how closely responses are watched, for the whole process: each
 * transport has its own `track` option, and a leak check raises the floor
 * under all of them while the program is being tested.
 */

import { processWide } from './process-record.js';

/**
 * How much is recorded of who holds a response.
 * - `off`: nothing; an unfinished response that was dropped is not reclaimed.
 * - `adaptive`: every response is watched; call sites are recorded for the first
 *   requests to an origin, for a sample of the others, and for all of them as
 *   soon as one of the origin's responses turns suspect.
 * - `all`: every response is watched, with its call site.
 */
export type TrackMode = 'off' | 'adaptive' | 'all';

const LEVELS: Readonly<Record<TrackMode, number>> = { off: 0, adaptive: 1, all: 2 };

/** The floor as a plain field: it is read once for each request. */
export const tracking = processWide('tracking', () => ({ floor: 0 }));

/** Milliseconds without progress after which an open response is suspect. */
export const DEFAULT_SUSPECT_AFTER = 10_000;

/** @internal 0 off, 1 adaptive, 2 all. */
export function trackLevel(mode: TrackMode): number {
  return LEVELS[mode];
}

/**
 * Raises (or lowers again) what every transport of the process records at
 * least: `setTracking('all')` gives every response its call site, whatever the
 * transports' own `track` says. The leak checks call it.
 *
 * @throws TypeError if the mode is none of the three.
 */
export function setTracking(atLeast: TrackMode): void {
  const level = (LEVELS as Record<string, number | undefined>)[atLeast];
  if (level === undefined) {
    throw new TypeError(`tracking is 'off', 'adaptive' or 'all', not ${JSON.stringify(atLeast)}`);
  }
  tracking.floor = level;
}
