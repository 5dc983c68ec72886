/** Owns a curve as the dashboard draws it: fewer points that keep every trough and peak, the restarts, and the trough line. Pure. */
import type { Bucket, Sample } from '../store/index.js';

/** One array for each column, as uPlot takes them. Times in ms since 1970. */
export interface Curve {
  readonly times: readonly number[];
  /** The trough of each point's span. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** A straight line between two points. */
export interface Line {
  readonly from: readonly [time: number, value: number];
  readonly to: readonly [time: number, value: number];
}

/** At most `limit` points: neighbours are put together, never across a restart. */
export function curveOf(samples: readonly (Sample | Bucket)[], limit: number): Curve {
  const per = Math.max(1, Math.ceil(samples.length / limit));
  const times: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  let taken = 0;
  let start = NaN;
  for (const sample of samples) {
    const { at, value } = sample;
    const peak = 'high' in sample ? sample.high : value;
    if (taken === 0 || taken === per || sample.start !== start) {
      times.push(at);
      low.push(value);
      high.push(peak);
      taken = 1;
      start = sample.start;
    } else {
      const last = low.length - 1;
      low[last] = Math.min(low[last], value);
      high[last] = Math.max(high[last], peak);
      taken++;
    }
  }
  return { times, low, high };
}

/** When another process began to answer. */
export function restartsIn(samples: readonly Sample[]): number[] {
  return samples.filter((sample, index) => index > 0 && sample.start !== samples[index - 1].start).map(({ at }) => at);
}

/** The fitted line along the troughs: from where the climb began to the last sample, at the verdict's pace, through the latest trough. */
export function troughLine(samples: readonly Sample[], since: number | null, perHour: number): Line | null {
  const last = samples.at(-1);
  if (since === null || last === undefined) return null;
  const own = samples.slice(samples.findLastIndex(({ start }) => start !== last.start) + 1).filter(({ at }) => at >= since);
  if (own.length < 2) return null;
  const pace = perHour / 3_600_000;
  // The highest line of that slope with no sample below it.
  const offset = Math.min(...own.map(({ at, value }) => value - pace * at));
  return { from: [own[0].at, offset + pace * own[0].at], to: [last.at, offset + pace * last.at] };
}

/** When a fixed threshold would first have fired; null if it has not. */
export function thresholdAt(samples: readonly (Sample | Bucket)[], threshold: number): number | null {
  return samples.find((sample) => ('high' in sample ? sample.high : sample.value) >= threshold)?.at ?? null;
}
