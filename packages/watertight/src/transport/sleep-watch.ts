/** Owns the question whether the machine was asleep: meanwhile the monotonic clock stands still, the clock of the day does not. */

/** What the two clocks may differ by for other reasons, such as a corrected system time; ms. */
const TOLERANCE = 1000;

/**
 * Go compares an idle connection's age by the clock of the day for the same
 * reason (`queueForIdleConn`): after a sleep the server has given it up long ago.
 */
export class SleepWatch {
  private askedAt = -1;
  private offset = NaN;

  /** How long the machine has slept since the last call, ms. `at`: now. The clock of the day is read once in a millisecond at most. */
  slept(at: number): number {
    if (at === this.askedAt) return 0;
    this.askedAt = at;
    const before = this.offset;
    this.offset = Date.now() - at;
    const slept = this.offset - before;
    return slept > TOLERANCE ? slept : 0;
  }
}
