/**
 * Owns the minimum tracking of responses for the whole process: each transport has its own option `track`,
 * and a leak check raises the minimum of all transports while the program is being tested.
 */

import { processWide } from './process-record.js';

/**
 * How much is recorded about unfinished responses.
 * - `off`: nothing; the connection of an unfinished response that was garbage-collected is not reclaimed.
 * - `adaptive`: every response is watched; call sites are recorded for the first requests to an origin, for a
 *   sample of the others, and for all of them as soon as one of the origin's responses turns suspect.
 * - `all`: every response is watched, with its call site.
 */
export type TrackMode = 'off' | 'adaptive' | 'all';

const LEVELS: Readonly<Record<TrackMode, number>> = { off: 0, adaptive: 1, all: 2 };

/** The minimum, as a plain field because it is read once for each request. */
export const tracking = processWide('tracking', () => ({ floor: 0 }));

/** Milliseconds without progress of its reader after which an open response is suspect. */
export const DEFAULT_SUSPECT_AFTER = 10_000;

/** @internal 0 off, 1 adaptive, 2 all. */
export function trackLevel(mode: TrackMode): number {
  return LEVELS[mode];
}

/**
 * Sets the minimum that every transport of the process records, whatever its own option `track` says: after
 * `setTracking('all')` every response has its call site. The leak checks call it.
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
