/**
 * Owns the monitor's side of a generated series: when it scrapes, which process it finds, and what
 * counting noise lies over the true level.
 */
import type { Sample } from '@watertight/watch';
import type { Random } from './random.js';

export interface LabelledSeries {
  readonly id: string;
  readonly class: string;
  readonly leaking: boolean;
  /** Seconds; `null` where nothing leaks. */
  readonly onset: number | null;
  readonly samples: Sample[];
}

/** How counts scatter around the true level: a share of its square root (1 is Poisson), a share of the level, or not at all. */
export interface Noise {
  readonly root: number;
  readonly share: number;
}

export interface Scraping {
  readonly length: number;
  readonly interval: number;
  /** Standard deviation of a scrape's time, as a share of the interval. */
  readonly jitter: number;
  /** Probability that a gap starts at a scrape, and the mean length of one in scrapes. */
  readonly gapChance: number;
  readonly gapLength: number;
  readonly noise: Noise;
  /** First scrape's time. */
  readonly epoch: number;
  /** The exporter tells no process start: 0 in every sample. */
  readonly startUnknown: boolean;
}

export interface Program {
  /** Level without noise, `t` seconds after the first scrape, `age` seconds after the process started. */
  level(t: number, age: number): number;
  /** Times of restarts, ascending, in seconds after the first scrape. */
  readonly restarts: readonly number[];
  /** Age of the process at the first scrape. */
  readonly age: number;
  /** Whether the first process has been up long enough to be full at the first scrape. */
  readonly full: boolean;
  /** Time constant with which a restarted process fills up; 0: at once. */
  readonly fill: number;
}

export function scrape(random: Random, scraping: Scraping, program: Program): Sample[] {
  const samples: Sample[] = [];
  let restart = 0;
  let start = -program.age;
  let last = -Infinity;
  for (let t = 0; t <= scraping.length; t += scraping.interval) {
    if (random.chance(scraping.gapChance)) t += scraping.interval * Math.ceil(random.exponential(scraping.gapLength));
    const at = Math.max(last + 0.1, t + random.normal() * scraping.jitter * scraping.interval);
    if (at > scraping.length) break;
    last = at;
    while (restart < program.restarts.length && program.restarts[restart] <= at) start = program.restarts[restart++]!;
    const age = at - start;
    const filling = program.fill > 0 && !(restart === 0 && program.full);
    const level = program.level(at, age) * (filling ? 1 - Math.exp(-age / program.fill) : 1);
    const sigma = scraping.noise.root * Math.sqrt(Math.max(level, 1)) + scraping.noise.share * level;
    const value = Math.max(0, Math.round(level + random.normal() * sigma));
    samples.push([round(scraping.epoch + at), value, scraping.startUnknown ? 0 : round(scraping.epoch + start)]);
  }
  return samples;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
