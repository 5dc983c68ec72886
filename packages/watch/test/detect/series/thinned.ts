/**
 * Owns what is left of a series where a monitor sees only some of it: one scrape in several, now and then, not on
 * every day, by day only, once in some hours. The labels stay: nothing heals because nobody looks.
 */
import { Random } from './random.js';
import type { LabelledSeries } from './scrape.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Whether a time, in seconds after the first scrape, is seen; called in order. */
type Seen = (at: number) => boolean;

export const ways: Readonly<Record<string, (random: Random) => Seen>> = {
  one_in_several(random) {
    const share = random.scale(0.02, 0.5);
    return () => random.chance(share);
  },
  now_and_then(random) {
    const [seen, unseen] = [random.scale(0.3, 6) * HOUR, random.scale(1, 24) * HOUR];
    const share = random.scale(0.1, 1);
    let [looks, until] = [true, random.exponential(seen)];
    return (at) => {
      while (at > until) {
        looks = !looks;
        until += random.exponential(looks ? seen : unseen);
      }
      return looks && random.chance(share);
    };
  },
  days_missing(random) {
    const missing = random.between(0.2, 0.7);
    const days = Array.from({ length: 64 }, () => random.chance(missing));
    const [share, offset] = [random.scale(0.05, 1), random.between(0, DAY)];
    return (at) => !days[Math.floor((at + offset) / DAY) % days.length] && random.chance(share);
  },
  by_day_only(random) {
    const [opens, length] = [random.between(0, DAY), random.between(2, 14) * HOUR];
    const share = random.scale(0.05, 1);
    return (at) => (at + opens) % DAY < length && random.chance(share);
  },
  rarely(random) {
    const every = random.scale(0.5, 8) * HOUR;
    let next = 0;
    return (at) => {
      if (at < next) return false;
      next = at + every * random.between(0.5, 1.5);
      return true;
    };
  },
};

/** What is left of a series; the same arguments leave the same. */
export function thinned(series: LabelledSeries, way: string, seed: number): LabelledSeries {
  const isSeen = ways[way]?.(new Random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(way.length + 7, 0x85ebca6b)));
  const begin = series.samples[0]?.[0] ?? 0;
  return { ...series, id: `${series.id}/${way}`, samples: series.samples.filter(([at]) => isSeen?.(at - begin)) };
}
