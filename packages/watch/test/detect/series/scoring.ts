/**
 * Owns how a detector is judged: as a monitor would run it, sample by sample. On a healthy series,
 * one flag at any time is a false alarm; on a leaking one, so is a flag before the onset.
 */
import type { Sample } from '@watertight/watch';
import type { LabelledSeries } from './scrape.js';

/** Takes the samples in turn and says after each whether it would alarm now. */
export type Monitor = (sample: Sample) => boolean;

export interface ClassScore {
  readonly class: string;
  readonly leaking: boolean;
  series: number;
  found: number;
  falseAlarms: number;
  /** From the onset to the first flag. */
  readonly delayHours: number[];
  readonly delaySamples: number[];
  /** Ids of series with a false alarm, or missed. */
  readonly wrong: string[];
}

export interface Score {
  readonly classes: ClassScore[];
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly falseAlarms: number;
  readonly missed: number;
  readonly prefixes: number;
}

export function score(list: Iterable<LabelledSeries>, monitor: () => Monitor): Score {
  const classes = new Map<string, ClassScore>();
  let prefixes = 0;
  for (const series of list) {
    let of = classes.get(series.class);
    if (of === undefined) {
      of = { class: series.class, leaking: series.leaking, series: 0, found: 0, falseAlarms: 0, delayHours: [], delaySamples: [], wrong: [] };
      classes.set(series.class, of);
    }
    of.series++;
    const flags = monitor();
    const onset = series.onset ?? Infinity;
    let early = false;
    let sinceOnset = 0;
    let found = false;
    for (const sample of series.samples) {
      prefixes++;
      if (sample[0] >= onset) sinceOnset++;
      if (!flags(sample)) continue;
      if (sample[0] < onset) {
        early = true;
        if (!series.leaking) break;
        continue;
      }
      found = true;
      of.delayHours.push((sample[0] - onset) / 3600);
      of.delaySamples.push(sinceOnset);
      break;
    }
    if (found) of.found++;
    if (early) of.falseAlarms++;
    if (early || found !== series.leaking) of.wrong.push(series.id);
  }
  const all = [...classes.values()];
  const sum = (of: (one: ClassScore) => number) => all.reduce((total, one) => total + of(one), 0);
  const found = sum((one) => one.found);
  const falseAlarms = sum((one) => one.falseAlarms);
  const missed = sum((one) => (one.leaking ? one.series - one.found : 0));
  return {
    classes: all,
    f1: (2 * found) / (2 * found + falseAlarms + missed),
    precision: found / (found + falseAlarms),
    recall: found / (found + missed),
    falseAlarms,
    missed,
    prefixes,
  };
}

/** The value below which that share of them lies. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
