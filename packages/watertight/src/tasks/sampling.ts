/** Owns the choice of requests whose call site is recorded in adaptive mode, for one origin. */

/** The first requests to an origin are all recorded with their call site … */
const FIRST = 64;
/** … and then one in so many, unless told otherwise. */
const SAMPLE = 32;

export class SiteSampling {
  /** One of the origin's responses made no progress for long: all call sites are recorded from then on. */
  suspicious = false;
  private requests = 0;

  /** `sample`: one request in so many. */
  constructor(private readonly sample = SAMPLE) {}

  /** Whether the next request's call site is wanted. */
  next(): boolean {
    return this.suspicious || this.requests++ < FIRST || this.requests % this.sample === 0;
  }
}
