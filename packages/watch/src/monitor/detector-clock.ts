/**
 * Owns the detector's clock. It is made for a scrape every ten seconds and
 * services that live for hours; a demonstration that scrapes forty times as
 * often is judged as if it were that slow.
 */
import { formatDuration } from 'watertight/tasks';
import type { Assessment, Sample as DetectorSample } from '../detect/index.js';
import type { Sample } from '../store/index.js';

/** The interval that the detector's figures are for, ms. */
const NOMINAL_INTERVAL = 10_000;

/** An assessment in ms since 1970, and in our hours. */
export interface TimedAssessment {
  readonly leaking: boolean;
  readonly since: number | null;
  /** 0 unless it leaks. */
  readonly perHour: number;
  readonly confidence: number;
  readonly reason: string;
  readonly limitAt: number | null;
}

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

  /** What the detector says, as it is at `now`. */
  assessment({ leaking, since, perHour = 0, confidence, reason, limitAt }: Assessment, now: number): TimedAssessment {
    const begin = this.time(since);
    // What grows so much in the detector's hour grows so much in ours.
    const rate = perHour * this.scale;
    return { leaking, since: begin, perHour: rate, confidence, reason: this.scale === 1 ? reason : spoken(leaking, rate, now - (begin ?? now)), limitAt: this.time(limitAt) };
  }

  private time(seconds: number | undefined): number | null {
    if (seconds === undefined) return null;
    return Math.round(this.scale === 1 ? seconds * 1000 : this.base + ((seconds - this.base / 1000) * 1000) / this.scale);
  }

  private seconds(at: number): number {
    return this.scale === 1 ? at / 1000 : this.base / 1000 + ((at - this.base) / 1000) * this.scale;
  }
}

/** The detector's own sentences would speak of its hours. */
function spoken(leaking: boolean, perHour: number, ms: number): string {
  return leaking ? `It has climbed by ${Math.round(perHour / 60)} a minute for ${formatDuration(ms)}.` : 'Nothing has climbed as a leak does.';
}
