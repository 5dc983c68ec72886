/**
 * Owns how many profiles are taken at once. A watcher that begins, and a
 * deployment of everything, want a profile of each service at the same
 * moment: for seconds nothing else would be done, and from then on again at
 * every profile interval. Pure; the time is that of the scrapes.
 */
import type { PaceSettings } from './profile-pace.js';

/** Profiles that may be taken one right after the other: whoever watches a few services notices nothing. */
const AT_ONCE = 20;
/** Times the pace that all services together need while all is well. */
const SPARE = 2;
/** Ms after which there is one more in any case. */
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
   * Whether a profile may be taken at this time, in ms. One that is not can
   * be asked for at the next scrape; one that is urgent, because something
   * leaks, always may, and the others wait the longer.
   */
  take(at: number, urgent: boolean): boolean {
    const each = Math.min(SLOWEST, this.settings.profileInterval / (SPARE * Math.max(1, this.services())));
    // A clock that was set back gives nothing, and takes nothing.
    this.left = Math.min(AT_ONCE, this.left + Math.max(0, at - this.last) / each);
    this.last = at;
    if (this.left < 1 && !urgent) return false;
    this.left = Math.max(-AT_ONCE, this.left - 1);
    return true;
  }
}
