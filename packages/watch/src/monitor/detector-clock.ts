/**
 * Owns the detector's clock. It is made for a scrape every ten seconds and
 * services that live for hours; a demonstration that scrapes forty times as
 * often is judged as if it were that slow.
 */
import type { Sample as DetectorSample } from '../detect/index.js';
import type { Sample } from '../store/index.js';

/** The interval that the detector's figures are for, ms. */
const NOMINAL_INTERVAL = 10_000;

export class DetectorClock {
  /** Detector seconds for one of ours. */
  readonly scale: number;

  /** `base`: a time before all samples, ms; the interval between scrapes, ms. */
  constructor(
    private readonly base: number,
    interval: number,
  ) {
    this.scale = Math.max(1, NOMINAL_INTERVAL / interval);
  }

  sample({ at, value, start }: Sample): DetectorSample {
    return [this.seconds(at), value, start === 0 ? 0 : this.seconds(start)];
  }

  /** Ms since 1970 of a time that the detector says; null for none. */
  time(seconds: number | undefined): number | null {
    if (seconds === undefined) return null;
    return Math.round(this.scale === 1 ? seconds * 1000 : this.base + ((seconds - this.base / 1000) * 1000) / this.scale);
  }

  /** What grows so much in the detector's hour grows so much in ours. */
  perHour(rate: number): number {
    return rate * this.scale;
  }

  private seconds(at: number): number {
    return this.scale === 1 ? at / 1000 : this.base / 1000 + ((at - this.base) / 1000) * this.scale;
  }
}
