/**
 * Owns the generator of labelled series: the seventeen classes of the given file, with their numbers
 * drawn from ranges. `near` has the given file's ranges, `wide` goes far beyond them, and `beyond` has
 * shapes that the file does not: rhythms that are no sines, weekends, levels of tens and of thousands.
 */
import { Random } from './random.js';
import { scrape, type LabelledSeries, type Program, type Scraping } from './scrape.js';

export const ranges = ['near', 'wide', 'beyond'] as const;
export type Range = (typeof ranges)[number];

const HOUR = 3600;
const DAY = 24 * HOUR;

interface Drawn {
  readonly program: Program;
  readonly scraping: Scraping;
  readonly onset?: number;
}

type Draw = (random: Random, range: Range) => Drawn;

const BY_RANGE = {
  base: { near: [50, 400], wide: [20, 2000], beyond: [10, 5000] },
  interval: { near: [120, 120], wide: [10, 300], beyond: [10, 900] },
} as const;

function base(random: Random, range: Range): number {
  return random.scale(...(BY_RANGE.base[range] as [number, number]));
}

const INTERVALS = [10, 15, 30, 60, 120, 300, 600, 900];

/** Scraping of a series of that length; no more than about 6,000 samples, so that thousands can be judged. */
function scraping(random: Random, range: Range, length: number, more: Partial<Scraping> = {}): Scraping {
  const [low, high] = BY_RANGE.interval[range];
  const usual = INTERVALS.filter((seconds) => seconds >= low && seconds <= high && length / seconds <= 6000);
  const noise =
    range === 'near'
      ? { root: 0.3, share: 0 }
      : random.pick([
          { root: 0.3, share: 0 },
          { root: 1, share: 0 },
          { root: 0, share: random.between(0.01, 0.04) },
          { root: 0, share: 0 },
        ]);
  const odd = range !== 'near' && random.chance(0.3);
  return {
    length,
    interval: usual.length === 0 ? 900 : random.pick(usual),
    jitter: odd ? random.between(0.02, 0.3) : 0,
    gapChance: odd ? random.between(0, 0.03) : 0,
    gapLength: random.between(1, 20),
    noise,
    epoch: range === 'near' ? 0 : random.pick([0, 1_790_000_000 + Math.round(random.between(0, 7 * DAY))]),
    startUnknown: false,
    ...more,
  };
}

function program(random: Random, level: Program['level'], more: Partial<Program> = {}): Program {
  return { level, restarts: [], age: random.between(300, 3600), full: true, fill: 0, ...more };
}

/** Load over the day, mean 1: a sine in the given file; beyond it with a second harmonic, weekends, and days that differ. */
function rhythm(random: Random, range: Range, low: number, high: number): (t: number) => number {
  const amplitude = random.between(low, high);
  const phase = random.between(0, DAY);
  const second = range === 'near' ? 0 : random.between(-0.25, 0.25) * amplitude;
  const turn = random.between(0, 2 * Math.PI);
  const weekend = range === 'beyond' && random.chance(0.5) ? random.between(0.5, 0.95) : 1;
  const firstDay = random.between(0, 7 * DAY);
  const days = Array.from({ length: 80 }, () => (range === 'near' ? 1 : 1 + 0.05 * random.normal()));
  const factor = (t: number): number => {
    const day = Math.floor((t + firstDay) / DAY);
    return (day % 7 >= 5 ? weekend : 1) * days[((day % 80) + 80) % 80];
  };
  return (t) => {
    const angle = (2 * Math.PI * (t + phase)) / DAY;
    const wave = 1 + amplitude * Math.sin(angle) + second * Math.sin(2 * angle + turn);
    // Days change over gradually, in the four hours around midnight.
    const before = factor(t - 2 * HOUR);
    const after = factor(t + 2 * HOUR);
    const into = (((t + firstDay + 2 * HOUR) % DAY) + DAY) % DAY;
    const blend = into < 4 * HOUR ? into / (4 * HOUR) : 1;
    return Math.max(0.02, wave) * (before + (after - before) * blend);
  };
}

/** Growth an hour as a share of the base level: fast enough to at least double within the series. */
function pace(random: Random, range: Range, length: number): number {
  const hours = length / HOUR;
  return range === 'near' ? random.scale(0.08, 0.45) : random.scale(Math.max(0.03, 1.2 / hours), 0.8);
}

function days(random: Random, range: Range, low: number, high: number): number {
  if (range === 'near') return random.between(low, high) * HOUR;
  return random.chance(0.15) ? random.between(7, range === 'wide' ? 30 : 60) * DAY : random.between(low, 2 * high) * HOUR;
}

function randomTimes(random: Random, length: number, count: number): number[] {
  return Array.from({ length: count }, () => random.between(0.02, 0.98) * length).sort((a, b) => a - b);
}

function nightly(random: Random, range: Range, length: number): number[] {
  const first = random.between(0.1, 1) * DAY;
  const times: number[] = [];
  const wobble = range === 'near' ? 120 : random.pick([120, 1800, 2 * HOUR]);
  for (let t = first; t < length; t += DAY) times.push(t + random.between(0, wobble));
  return times;
}

function fill(random: Random, range: Range): number {
  return range === 'near' ? random.between(60, 300) : random.between(20, 600);
}

/** Sum of bursts so far: a step function that jumps by exponential amounts at exponential times. */
function bursts(random: Random, length: number, aHour: number, size: number): { total: (t: number) => number; first: number } {
  const times: number[] = [];
  const totals: number[] = [];
  let sum = 0;
  for (let t = random.exponential(HOUR / aHour); t < length; t += random.exponential(HOUR / aHour)) {
    times.push(t);
    totals.push((sum += random.exponential(size)));
  }
  const total = (t: number): number => {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : totals[low - 1];
  };
  return { total, first: times[0] ?? 0 };
}

/** Ornstein-Uhlenbeck in steps of five minutes: wanders about 0 with standard deviation 1 and the given memory. */
function wandering(random: Random, length: number, memory: number): (t: number) => number {
  const step = 300;
  const keep = Math.exp(-step / memory);
  const points = [random.normal()];
  for (let t = 0; t < length + step; t += step) points.push(keep * points.at(-1)! + Math.sqrt(1 - keep * keep) * random.normal());
  return (t) => {
    const at = Math.max(0, t) / step;
    const index = Math.min(points.length - 2, Math.floor(at));
    return points[index] + (points[index + 1] - points[index]) * (at - index);
  };
}

function daysFor(random: Random, range: Range, leaking: boolean): number {
  return leaking ? days(random, range, 39, 97) : days(random, range, 12, 72);
}

export const leaky: Readonly<Record<string, Draw>> = {
  linear_with_restarts(random, range) {
    const length = daysFor(random, range, true);
    const level = base(random, range);
    const rate = (level * pace(random, range, length)) / HOUR;
    const restarts = randomTimes(random, length, 1 + Math.floor(random.next() * (range === 'near' ? 4 : 8)));
    return {
      program: program(random, (t, age) => level + rate * Math.min(t, age), { restarts, fill: random.pick([0, fill(random, range)]) }),
      scraping: scraping(random, range, length),
      onset: 0,
    };
  },
  slow_under_diurnal(random, range) {
    const length = days(random, range, 50, 97);
    const level = base(random, range);
    const load = rhythm(random, range, 0.1, 0.6);
    const rate = (level * (range === 'near' ? random.scale(0.04, 0.15) : random.scale(0.02, 0.2))) / HOUR;
    return { program: program(random, (t) => level * load(t) + rate * t), scraping: scraping(random, range, length), onset: 0 };
  },
  proportional_to_load(random, range) {
    const length = days(random, range, 50, 97);
    const level = base(random, range);
    const load = rhythm(random, range, 0.2, range === 'near' ? 0.6 : 0.9);
    const rate = level * (range === 'near' ? random.scale(0.03, 0.12) : random.scale(0.02, 0.2));
    // The integral of the load, by steps of five minutes.
    const leaked = [0];
    for (let t = 0; t < length + 600; t += 300) leaked.push(leaked.at(-1)! + (rate * load(t)) / 12);
    return {
      program: program(random, (t) => {
        const at = Math.max(0, t) / 300;
        const index = Math.min(leaked.length - 2, Math.floor(at));
        return level * load(t) + leaked[index] + (leaked[index + 1] - leaked[index]) * (at - index);
      }),
      scraping: scraping(random, range, length),
      onset: 0,
    };
  },
  starts_midway(random, range) {
    const length = daysFor(random, range, true) + 12 * HOUR;
    const level = base(random, range);
    const onset = length * random.between(0.3, 0.45);
    const rate = (level * pace(random, range, length - onset)) / HOUR;
    return {
      program: program(random, (t) => level + rate * Math.max(0, t - onset)),
      scraping: scraping(random, range, length),
      onset,
    };
  },
  in_bursts(random, range) {
    const length = daysFor(random, range, true);
    const level = base(random, range);
    const aHour = range === 'near' ? random.scale(3, 12) : random.scale(2, 20);
    const { total, first } = bursts(random, length, aHour, (level * pace(random, range, length)) / aHour);
    return { program: program(random, (t) => level + total(t)), scraping: scraping(random, range, length), onset: first };
  },
  gaps_and_jitter(random, range) {
    const length = daysFor(random, range, true);
    const level = base(random, range);
    const rate = (level * pace(random, range, length)) / HOUR;
    return {
      program: program(random, (t) => level + rate * Math.max(0, t)),
      scraping: scraping(random, range, length, { jitter: random.between(0.03, 0.2), gapChance: 0.02, gapLength: random.between(2, 8) }),
      onset: 0,
    };
  },
  fast_and_short(random, range) {
    const length = (range === 'near' ? random.between(0.5, 1) : random.between(0.6, 2.5)) * HOUR;
    const level = range === 'near' ? random.between(1200, 2000) : random.scale(600, 6000);
    const rate = (range === 'near' ? random.between(1800, 3300) : Math.max(1200, level * random.between(0.9, 2.5))) / HOUR;
    return {
      program: program(random, (t) => level + rate * Math.max(0, t)),
      scraping: scraping(random, range, length, { interval: range === 'near' ? 15 : random.pick([10, 15, 30, 60]) }),
      onset: 0,
    };
  },
  leak_and_daily_restart(random, range) {
    const length = days(random, range, 66, 97);
    const level = base(random, range);
    const rate = (level * (range === 'near' ? random.scale(0.1, 0.35) : random.scale(0.05, 0.6))) / HOUR;
    return {
      program: program(random, (t, age) => level + rate * Math.min(t, age), { restarts: nightly(random, range, length), fill: fill(random, range) }),
      scraping: scraping(random, range, length),
      onset: 0,
    };
  },
};

/** Healthy ones are scraped every minute in the given file, where they have no rhythm. */
function minutely(range: Range): Partial<Scraping> {
  return range === 'near' ? { interval: 60 } : {};
}

export const healthy: Readonly<Record<string, Draw>> = {
  flat(random, range) {
    const length = daysFor(random, range, false);
    const level = range === 'near' ? random.scale(40, 700) : random.scale(1, 10_000);
    return { program: program(random, () => level), scraping: scraping(random, range, length, minutely(range)) };
  },
  daily_rhythm(random, range) {
    const length = days(random, range, 48, 72);
    const level = base(random, range);
    const load = rhythm(random, range, 0.2, 0.9);
    return { program: program(random, (t) => level * load(t)), scraping: scraping(random, range, length) };
  },
  warms_up(random, range) {
    const length = daysFor(random, range, false) / 2;
    const level = range === 'near' ? random.scale(200, 800) : random.scale(50, 4000);
    const warm = (range === 'near' ? random.scale(0.2, 1.5) : random.scale(0.1, 4)) * HOUR;
    return {
      program: program(random, (t) => level * (1 - Math.exp(-(Math.max(0, t) + 20) / warm))),
      scraping: scraping(random, range, length, minutely(range)),
    };
  },
  step_after_deploy(random, range) {
    const length = daysFor(random, range, false);
    const level = base(random, range);
    const after = level * (range === 'near' ? random.between(1.4, 2.5) : random.scale(0.3, 5));
    const deploy = length * random.between(0.2, 0.8);
    return {
      program: program(random, (t) => (t < deploy ? level : after), { restarts: [deploy], fill: fill(random, range) }),
      scraping: scraping(random, range, length, minutely(range)),
    };
  },
  burst_then_recovers(random, range) {
    const length = daysFor(random, range, false);
    const level = base(random, range);
    const peaks = randomTimes(random, length, 1 + Math.floor(random.next() * (range === 'near' ? 4 : 10))).map((at) => ({
      at,
      size: level * random.scale(0.5, range === 'near' ? 12 : 30),
      fade: random.scale(0.15, range === 'near' ? 1 : 5) * HOUR,
    }));
    return {
      program: program(random, (t) => {
        let sum = level;
        for (const { at, size, fade } of peaks) if (t >= at) sum += size * Math.exp(-(t - at) / fade);
        return sum;
      }),
      scraping: scraping(random, range, length, minutely(range)),
    };
  },
  idle_pool_sawtooth(random, range) {
    const length = daysFor(random, range, false);
    const level = base(random, range);
    // A pool is bounded: Go's keeps 100 connections, two tasks each, for all hosts together.
    const height = Math.min(range === 'beyond' ? 2000 : 1000, level * (range === 'near' ? random.between(0.5, 1.2) : random.scale(0.2, 2)));
    const period = (range === 'near' ? random.between(0.3, 0.8) : random.scale(0.05, 2)) * HOUR;
    const offset = random.between(0, period);
    return {
      program: program(random, (t) => level + height * (((Math.max(0, t) + offset) % period) / period)),
      scraping: scraping(random, range, length, range === 'near' ? { interval: 30 } : {}),
    };
  },
  flat_with_restarts(random, range) {
    const length = daysFor(random, range, false);
    const level = base(random, range);
    return {
      program: program(random, () => level, {
        restarts: randomTimes(random, length, Math.floor(random.between(4, range === 'near' ? 11 : 60))),
        fill: fill(random, range),
      }),
      scraping: scraping(random, range, length, minutely(range)),
    };
  },
  rhythm_with_deploys(random, range) {
    const length = days(random, range, 60, 105);
    const level = base(random, range);
    const load = rhythm(random, range, 0.2, 0.7);
    return {
      program: program(random, (t) => level * load(t), { restarts: nightly(random, range, length), fill: fill(random, range) }),
      scraping: scraping(random, range, length),
    };
  },
  wanders(random, range) {
    const length = daysFor(random, range, false);
    const level = base(random, range);
    const memory = (range === 'near' ? random.scale(1, 10) : random.scale(0.3, 30)) * HOUR;
    const spread = random.between(0.1, 0.4);
    const wander = wandering(random, length, memory);
    return {
      program: program(random, (t) => level * Math.exp(spread * wander(t))),
      scraping: scraping(random, range, length, minutely(range)),
    };
  },
};

/** One series of the class; the same arguments make the same series. */
export function generate(name: string, range: Range, seed: number): LabelledSeries {
  const draw = leaky[name] ?? healthy[name];
  if (draw === undefined) throw new RangeError(`No class is called "${name}".`);
  let salt = 0;
  for (const letter of `${name} ${range}`) salt = (Math.imul(salt, 31) + letter.charCodeAt(0)) >>> 0;
  const random = new Random((Math.imul(seed + 1, 0x9e3779b1) ^ salt) >>> 0);
  const drawn = draw(random, range);
  const leaking = name in leaky;
  return {
    id: `${name}/${range}/${seed}`,
    class: name,
    leaking,
    onset: leaking ? drawn.scraping.epoch + (drawn.onset ?? 0) : null,
    samples: scrape(random, drawn.scraping, drawn.program),
  };
}
