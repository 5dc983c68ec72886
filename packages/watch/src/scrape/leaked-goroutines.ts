/**
 * Owns when a Go program is asked which goroutines its collector has proven to be leaked.
 *
 * Go 1.26 and later may serve that as the profile `goroutineleak`; each such answer costs the program a collection of
 * garbage. Elsewhere it is a 404, and asked for again after an hour, since a new build may have it. Pure; times in ms.
 */

/** Between two answers. */
const PROVEN_AGAIN = 300_000;
/** After a 404. */
const MISSING_AGAIN = 3_600_000;

export class LeakedGoroutinesPace {
  private next = -Infinity;

  mayAsk(at: number): boolean {
    // A clock that was set back does not put it off.
    return at >= this.next || at < this.next - MISSING_AGAIN;
  }

  answered(at: number, isThere: boolean): void {
    this.next = at + (isThere ? PROVEN_AGAIN : MISSING_AGAIN);
  }
}
