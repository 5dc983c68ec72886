/** Owns the verdict as the caller gets it: leaking or not, since when, how fast, how sure, and why in one sentence. */
import type { Test } from './finding.js';

export interface AssessOptions {
  /** A count that must not be reached, such as a limit on connections. Default: none. */
  readonly limit?: number;
}

export interface Assessment {
  readonly leaking: boolean;
  /** How sure this verdict is, from 0 to 1. "Not leaking" is the surer the longer the series is. */
  readonly confidence: number;
  /** Why, in one plain sentence. */
  readonly reason: string;
  /** Seconds, on the samples' clock: when the climb began, as far as it was seen. Only where it leaks. */
  readonly since?: number;
  /** Growth an hour, restarts not counted. Only where it leaks. */
  readonly perHour?: number;
  /** Seconds, on the samples' clock: when `options.limit` is met at that pace, unless a restart comes first. */
  readonly limitAt?: number;
  /** Which test found it. */
  readonly test?: Test;
  /** Restarts seen in all. */
  readonly restarts: number;
}

/** What the assessor knows, in hours. */
export interface Judged {
  readonly count: number;
  readonly restarts: number;
  readonly first: number;
  readonly now: number;
  /** Median of the last minutes. */
  readonly level: number;
  /** Level a quarter of a day ago, where it was seen within the same process. */
  readonly earlier: number | undefined;
  readonly leak?: {
    readonly test: Test;
    readonly since: number;
    readonly rate: number;
    readonly strength: number;
    /** Restarts since then by which the level fell. */
    readonly drops: number;
    /** Hours that the finding's window holds. */
    readonly window: number;
  };
}

/** Share of findings of strength 1 that are taken to be wrong: one in ten (on every generated set it was fewer). With strength 2 it is a tenth of that, and so on. */
const WRONG_AT_LEAST = 0.1;
const SUREST = 0.99;
/** Hours of a healthy series after which the confidence in "not leaking" is a half. */
const HALF_SURE = 12;

/** Hours for which a healthy series is seen before its confidence, in two digits, is that; from 0 on, below 1. */
export function hoursUntil(confidence: number): number {
  const least = Math.max(0, confidence - 0.005);
  return (HALF_SURE * least) / (1 - least);
}

export function checkOptions(options: AssessOptions): void {
  const { limit } = options;
  if (limit === undefined) return;
  if (typeof limit !== 'number' || !Number.isFinite(limit) || limit < 0) {
    throw new TypeError(`options.limit is ${String(limit)}; it is a finite count of 0 or more.`);
  }
}

export function assessmentOf(judged: Judged, options: AssessOptions): Assessment {
  const { leak, restarts } = judged;
  if (leak === undefined) {
    const hours = judged.count === 0 ? 0 : judged.now - judged.first;
    return { leaking: false, confidence: round(Math.min(SUREST, hours / (hours + HALF_SURE)), 2), reason: healthReason(judged), restarts };
  }
  // A climb that goes on for several times as long as the test asks for is that much surer.
  const strength = leak.strength * Math.max(1, (judged.now - leak.since) / leak.window);
  const limitAt = options.limit === undefined ? undefined : judged.now + Math.max(0, options.limit - judged.level) / leak.rate;
  return {
    leaking: true,
    confidence: round(Math.min(SUREST, 1 - WRONG_AT_LEAST ** strength), 2),
    reason: leakReason(leak, judged.now),
    since: round(leak.since * 3600, 1),
    perHour: round(leak.rate, 2),
    ...(limitAt === undefined ? {} : { limitAt: round(limitAt * 3600, 1) }),
    test: leak.test,
    restarts,
  };
}

function leakReason(leak: NonNullable<Judged['leak']>, now: number): string {
  const climb = `It has climbed by ${figure(leak.rate)} an hour for ${duration(now - leak.since)}`;
  const restarts =
    leak.drops === 0 ? '' : `, and after ${leak.drops === 1 ? 'a restart' : `each of ${leak.drops} restarts`} it began to climb again from below`;
  return `${climb}${restarts}: ${WHY[leak.test](duration(leak.window))}.`;
}

const WHY: Readonly<Record<Test, (window: string) => string>> = {
  steep: (window) => `straight for ${window}, and steeper than a rhythm of the day can be`,
  straight: (window) => `straight for ${window}, where a rhythm of the day or a warm-up would bend`,
  unbroken: (window) => `it has not fallen back within ${window}, as a rhythm of the day or a wandering level would have`,
  new: (window) => `straight for ${window}, and several times as far as it ever climbed before in that time`,
  'same-hour': () => 'at every hour it is above the same hour of the days before, and by the same amount',
};

/** Hours up to which only the steep test can say anything. */
const TOO_SHORT = 12;
/** A rise by this share of the level is mentioned in the reason. */
const RISES = 0.2;

function healthReason(judged: Judged): string {
  if (judged.count === 0) return 'There are no samples.';
  const hours = judged.now - judged.first;
  if (judged.count < 10) return `There ${judged.count === 1 ? 'is only 1 sample' : `are only ${judged.count} samples`}: nothing can be said yet.`;
  if (judged.restarts > judged.count / 3) {
    return `The process changed ${judged.restarts} times in ${judged.count} samples: no process was seen for long enough to be judged.`;
  }
  const { earlier, level } = judged;
  if (earlier !== undefined && level - earlier > Math.max(10, RISES * earlier)) {
    const climb = `It is ${figure(level - earlier)} higher than six hours ago`;
    return hours < 24
      ? `${climb}, but a rhythm of the day or a warm-up climbs like that, and less than a day was seen.`
      : `${climb}, but no further or straighter than a rhythm, a burst or a wandering level does.`;
  }
  if (hours < TOO_SHORT) return `Nothing climbs steeply, but ${duration(hours)} is too short to see a slow leak.`;
  return `In ${duration(hours)} nothing climbed for longer, straighter or further than a rhythm, a burst or a wandering level does.`;
}

function figure(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

function duration(hours: number): string {
  if (hours < 1.5) return `${Math.round(hours * 60)} minutes`;
  if (hours < 48) return `${Math.round(hours)} hours`;
  return `${Math.round(hours / 24)} days`;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
