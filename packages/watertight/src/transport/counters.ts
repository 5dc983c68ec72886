/** Owns the counters of one host: plain numbers that are raised when a connection begins or ends, and never by a request. */
import type { CloseCause } from '../conn/index.js';

/** How many connections ended for each reason; a reason that did not occur is absent. */
export type CloseCounts = Partial<Record<CloseCause, number>>;

export class Counters {
  dialled = 0;
  dialFailed = 0;
  /** Requests that connections which have ended had served, after the first of each. */
  reused = 0;
  closed = 0;
  readonly closedBy: CloseCounts = {};

  /** A connection that served `uses` requests has ended. */
  ended(cause: CloseCause, uses: number): void {
    this.closed++;
    this.closedBy[cause] = (this.closedBy[cause] ?? 0) + 1;
    this.reused += reusesOf(uses);
  }

  add(other: Counters): void {
    this.dialled += other.dialled;
    this.dialFailed += other.dialFailed;
    this.reused += other.reused;
    this.closed += other.closed;
    for (const cause of Object.keys(other.closedBy) as CloseCause[]) this.closedBy[cause] = (this.closedBy[cause] ?? 0) + other.closedBy[cause]!;
  }
}

/** How many of the requests that a connection has served found it used. */
export function reusesOf(uses: number): number {
  return uses > 1 ? uses - 1 : 0;
}
