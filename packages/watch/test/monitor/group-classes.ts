/**
 * Owns the series that stack groups are judged on: those of the detector, seen at the pace of profiles, and what
 * only groups do: pools that are resized, functions that deploys rename, features that are switched on.
 */
import { generate, healthy, leaky } from '../detect/series/classes.js';
import { Random } from '../detect/series/random.js';
import { counted, HOUR, PACE, type Course } from './group-course.js';

/** One group, or the names that it has had, and when its processes began; ms after the beginning. */
export interface GroupSeries {
  readonly id: string;
  readonly class: string;
  /** When it begins to leak; null where it does not. */
  readonly onset: number | null;
  readonly length: number;
  readonly starts: readonly number[];
  readonly groups: Readonly<Record<string, Course>>;
}

/** Longer ones are cut off, and so judged on what matters: the first days. */
const LONGEST = 6 * 24 * HOUR;
const DAY = 24 * HOUR;

type Draw = (random: Random) => Pick<GroupSeries, 'groups'> & Partial<Pick<GroupSeries, 'starts' | 'length'>>;

function traffic(random: Random): Course {
  const [amplitude, phase, second, turn] = [random.between(0.2, 0.9), random.between(0, 24), random.between(-0.2, 0.2), random.between(0, 6)];
  const days = Array.from({ length: 10 }, () => 1 + 0.08 * random.normal());
  return (after) => {
    const angle = (2 * Math.PI * (after / HOUR + phase)) / 24;
    return Math.max(0.03, 1 + amplitude * Math.sin(angle) + second * Math.sin(2 * angle + turn)) * (days[Math.floor(after / DAY) % 10] ?? 1);
  };
}

const OWN: Readonly<Record<string, Draw>> = {
  pool_resized(random) {
    const sizes = Array.from({ length: 5 }, () => random.scale(8, 400));
    const times = sizes.map(() => random.between(0, 4 * DAY)).sort((a, b) => a - b);
    // Hosts or replicas are added within minutes or, one by one, within hours.
    const takes = random.scale(1 / 60, 5) * HOUR;
    const size = (after: number): number => sizes.slice(1).reduce((level, next, i) => level + (next - (sizes[i] ?? 0)) * Math.min(1, Math.max(0, (after - (times[i] ?? 0)) / takes)), sizes[0] ?? 0);
    return { groups: { 'main.pool': random.chance(0.5) ? size : counted(size, 1) } };
  },
  renamed_by_deploys(random) {
    const load = traffic(random);
    const level = random.scale(10, 800);
    const starts = [-HOUR, ...Array.from({ length: 6 }, () => random.between(0, 4 * DAY)).sort((a, b) => a - b)];
    const build = (after: number): number => starts.filter((start) => start <= after).length;
    return { starts, groups: Object.fromEntries(starts.map((_start, i) => [`main.build${'abcdefgh'[i]}`, counted((after) => (build(after) === i + 1 ? level * load(after) : 0), i)])) };
  },
  follows_traffic(random) {
    const load = traffic(random);
    const level = random.scale(6, 2000);
    return { groups: { 'main.handle': counted((after) => level * load(after), 1) } };
  },
  switched_on(random) {
    const load = traffic(random);
    const level = random.scale(10, 800);
    const at = random.between(0.2, 3) * DAY;
    const takes = random.scale(0.01, 5) * HOUR;
    return { groups: { 'main.feature': counted((after) => level * load(after) * Math.min(1, Math.max(0, (after - at) / takes)), 1) } };
  },
  few_and_wandering(random) {
    const level = random.scale(4, 40);
    const periods = [random.between(3, 11), random.between(13, 50), random.between(60, 200)];
    const turns = periods.map(() => random.between(0, 6));
    return { groups: { 'main.work': counted((after) => level * Math.exp(0.25 * periods.reduce((sum, period, i) => sum + Math.sin((2 * Math.PI * after) / HOUR / period + (turns[i] ?? 0)), 0)), 1) } };
  },
  batches(random) {
    const every = random.pick([1, 2, 6, 24]) * HOUR;
    const takes = random.between(0.1, 0.8) * every;
    const level = random.scale(20, 1000);
    return { groups: { 'main.batch': (after) => (after % every < takes ? level * (1 - Math.exp((-4 * (after % every)) / takes)) : 3) } };
  },
};

export const classes: readonly string[] = [...Object.keys(leaky), ...Object.keys(healthy), ...Object.keys(OWN)];

/** One series of a class; the same arguments make the same. */
export function groupSeries(name: string, range: 'near' | 'wide', seed: number): GroupSeries {
  const id = `${name}/${range}/${seed}`;
  const own = OWN[name];
  if (own !== undefined) return { id, class: name, onset: null, length: 4 * DAY, starts: [-HOUR], ...own(new Random(Math.imul(seed + 1, 0x9e3779b1) ^ (name.length + (range === 'near' ? 0 : 0x5bd1e995)))) };
  const { samples, onset } = generate(name, range, seed);
  const begin = samples[0]?.[0] ?? 0;
  const ms = (seconds: number): number => Math.round((seconds - begin) * 1000);
  const starts = [...new Set(samples.map(([, , start]) => Math.min(0, ms(start)) || ms(start)))].sort((a, b) => a - b);
  let at = 0;
  // The latest count; profiles come in the order of time.
  const course: Course = (after) => {
    if (ms(samples[at]?.[0] ?? 0) > after) at = 0;
    while (at + 1 < samples.length && ms(samples[at + 1]?.[0] ?? Infinity) <= after) at++;
    return samples[at]?.[1] ?? 0;
  };
  return { id, class: name, onset: onset === null ? null : ms(onset), length: Math.min(LONGEST, Math.floor(ms(samples.at(-1)?.[0] ?? 0) / PACE) * PACE), starts, groups: { 'main.group': course } };
}
