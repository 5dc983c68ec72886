/**
 * Owns the conversion between real time and the detector's time.
 *
 * The detector is made for a scrape every ten seconds. A demonstration that scrapes twenty times as often is
 * judged as if its time ran twenty times as slowly.
 */
import { formatDuration } from 'watertight/tasks';
import type { Assessment, Sample as DetectorSample } from '../detect/index.js';
import type { Sample } from '../store/index.js';

/** The interval that the detector's figures are for, ms. */
const NOMINAL_INTERVAL = 10_000;

/** An assessment in ms since 1970, with growth per real hour. */
export interface TimedAssessment {
  readonly leaking: boolean;
  readonly since: number | null;
  /** 0 unless it leaks. */
  readonly perHour: number;
  readonly confidence: number;
  readonly reason: string;
  readonly limitAt: number | null;
}

/** How many times faster than usual time goes where scrapes are that many ms apart, as in a demonstration; at least 1. */
export function timesFaster(interval: number): number {
  return Math.max(1, NOMINAL_INTERVAL / interval);
}

export class DetectorClock {
  /** Seconds of the detector for one real second. */
  readonly scale: number;

  /** `base`: a time before all samples, ms; the interval between scrapes, ms. */
  constructor(
    private readonly base: number,
    interval: number,
  ) {
    this.scale = timesFaster(interval);
  }

  sample({ at, value, start }: Sample): DetectorSample {
    return [this.seconds(at), value, start === 0 ? 0 : this.seconds(start)];
  }

  /** What the detector says, as it is at `now`. */
  assessment({ leaking, since, perHour = 0, confidence, reason, limitAt }: Assessment, now: number): TimedAssessment {
    const begin = this.time(since);
    // Growth for an hour of the detector, as growth for a real hour.
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

/** The reason in real hours, since the detector's own sentence speaks of its hours. */
function spoken(leaking: boolean, perHour: number, ms: number): string {
  return leaking ? `It has climbed by ${Math.round(perHour / 60)} a minute for ${formatDuration(ms)}.` : 'Nothing has climbed as a leak does.';
}
