/**
 * Owns the limit on how many profiles are taken at once.
 *
 * When a watcher starts, or everything is deployed, a profile of each service is due at the same moment. Taking
 * them all would block everything else for seconds, and again at every profile interval. Pure; time is given by
 * the caller.
 */
import { timesFaster } from './detector-clock.js';
import type { PaceSettings } from './profile-pace.js';

/** Profiles that may be taken right after each other, so that a watch over a few services is not limited at all. */
const AT_ONCE = 20;
/** How many times faster than needed for all services while nothing leaks. */
const SPARE = 2;
/** Ms after which one more profile may be taken in any case; less where time is faster, as in a demonstration. */
const SLOWEST = 250;
/** Part of the pace that is kept for what does not leak, however much does; and how many of them at once. */
const KEPT = 0.5;
const KEPT_AT_ONCE = 5;

export class ProfileBudget {
  private left = AT_ONCE;
  /** Kept for those that are not urgent. */
  private kept = 0;
  private last = 0;

  /** `services`: how many are watched now. */
  constructor(
    private readonly settings: PaceSettings,
    private readonly services: () => number,
  ) {}

  /**
   * Whether a profile may be taken at this time, in ms. If not, it can be asked for again at the next scrape.
   * An urgent one, of a target that leaks, always may; it counts, so that the others wait longer, but not for ever.
   */
  take(at: number, urgent: boolean): boolean {
    const { interval, profileInterval } = this.settings;
    const each = Math.min(SLOWEST / timesFaster(interval), profileInterval / (SPARE * Math.max(1, this.services())));
    // A clock that was set back changes nothing.
    const more = this.last === 0 ? 0 : Math.max(0, at - this.last) / each;
    this.left = Math.min(AT_ONCE, this.left + more);
    this.kept = Math.min(KEPT_AT_ONCE, this.kept + KEPT * more);
    this.last = at;
    if (!urgent) {
      if (this.left < 1 && this.kept < 1) return false;
      this.kept = Math.max(-AT_ONCE, this.kept - 1);
    }
    this.left = Math.max(-AT_ONCE, this.left - 1);
    return true;
  }
}
