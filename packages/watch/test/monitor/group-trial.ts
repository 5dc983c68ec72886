// One group series as the watch sees it, from profile to profile, with the real history.
import { DetectorClock, GroupWatch } from '#monitor';
import type { StackSummary } from '#diagnose';
import { History } from '#store';
import type { GroupSeries } from './group-classes.js';
import { BEGIN, PACE } from './group-course.js';

export interface Trial {
  /** When it was first said to leak, ms after the beginning; null if it never was. */
  readonly found: number | null;
  readonly profiles: number;
}

export async function groupTrial({ groups, starts, length }: GroupSeries): Promise<Trial> {
  const history = new History(':memory:');
  const watch = new GroupWatch(history.groups, history.target('http://127.0.0.1:6060'), new DetectorClock(BEGIN, 10_000), 10_000);
  watch.resume();
  let profiles = 0;
  let expired = 0;
  try {
    for (let after = 0; after <= length; after += PACE) {
      const start = starts.filter((each) => each <= after).at(-1) ?? 0;
      await watch.take(Object.entries(groups).map(([name, course]) => stackOf(name, Math.max(0, Math.round(course(after))))), BEGIN + after, Math.round(BEGIN + start));
      profiles++;
      if (watch.leaking.length > 0) return { found: after, profiles };
      if (++expired % 12 === 0) history.expire(1, BEGIN + after);
    }
    return { found: null, profiles };
  } finally {
    history.close();
  }
}

function stackOf(name: string, count: number): StackSummary {
  return { key: name, count, growth: count, top: name, site: null, state: null, waitMs: 0, labels: {}, frames: [{ function: name, file: '/srv/main.go', line: 1, address: '' }], diagnosis: null };
}
