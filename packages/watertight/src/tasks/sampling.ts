/** Owns the decision, for one origin, which requests have their call site recorded in adaptive mode. */

/** The first `FIRST` requests to an origin are all recorded with their call site. */
const FIRST = 64;
/** After these, one in `SAMPLE` requests is recorded, unless the constructor is given another number. */
const SAMPLE = 32;
/** After so many without a suspect, one in `RARE`. What turns suspect then has all the others recorded, so that only the first of a leak may lack its line. */
const PROVEN = 4096;
const RARE = 128;

export class SiteSampling {
  /** Set when one of the origin's responses turned suspect; from then on, every call site is recorded. */
  suspicious = false;
  private requests = 0;

  /** One in `sample` requests is recorded after the first ones. */
  constructor(private sample = SAMPLE) {}

  /** Whether to record the call site of the next request. */
  next(): boolean {
    const number = this.requests++;
    if (number === PROVEN) this.sample = Math.max(this.sample, RARE);
    return this.suspicious || number < FIRST || number % this.sample === 0;
  }
}
