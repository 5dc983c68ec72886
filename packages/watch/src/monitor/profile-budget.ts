/**
 * Owns the limit on how many profiles are taken at once.
 *
 * When a watcher starts, or everything is deployed, a profile of each service is due at the same moment. Taking
 * them all would block everything else for seconds, and again at every profile interval. Pure; time is given by
 * the caller.
 */
import type { PaceSettings } from './profile-pace.js';

/** Profiles that may be taken right after each other, so that a watch over a few services is not limited at all. */
const AT_ONCE = 20;
/** How many times faster than needed for all services while nothing leaks. */
const SPARE = 2;
/** Ms after which one more profile may be taken in any case. */
const SLOWEST = 250;

export class ProfileBudget {
  private left = AT_ONCE;
  private last = 0;

  /** `services`: how many are watched now. */
  constructor(
    private readonly settings: PaceSettings,
    private readonly services: () => number,
  ) {}

  /**
   * Whether a profile may be taken at this time, in ms. If not, it can be asked for again at the next scrape.
   * An urgent one, of a target that leaks, always may; it counts, so that the others wait longer.
   */
  take(at: number, urgent: boolean): boolean {
    const each = Math.min(SLOWEST, this.settings.profileInterval / (SPARE * Math.max(1, this.services())));
    // A clock that was set back changes nothing.
    this.left = Math.min(AT_ONCE, this.left + Math.max(0, at - this.last) / each);
    this.last = at;
    if (this.left < 1 && !urgent) return false;
    this.left = Math.max(-AT_ONCE, this.left - 1);
    return true;
  }
}
